"""Sign-ins of browsers, each of which can be ended."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        CREATE TABLE sign_ins (
            id UUID NOT NULL,
            member_id UUID NOT NULL,
            secret_hash BYTEA NOT NULL,
            device TEXT NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
            PRIMARY KEY (id),
            CONSTRAINT sign_ins_secret UNIQUE (secret_hash),
            CONSTRAINT sign_ins_member FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE
        );
        CREATE INDEX sign_ins_by_member ON sign_ins (member_id);
        """
    )


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP TABLE sign_ins")
