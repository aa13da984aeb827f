"""Calendar feeds: a secret address for each member who wants one."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        CREATE TABLE calendar_feeds (
            member_id UUID NOT NULL,
            secret_hash BYTEA NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            PRIMARY KEY (member_id),
            CONSTRAINT calendar_feeds_secret UNIQUE (secret_hash),
            CONSTRAINT calendar_feeds_member FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE
        )
        """
    )


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP TABLE calendar_feeds")
