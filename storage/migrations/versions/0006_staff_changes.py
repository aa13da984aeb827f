"""What staff change, with who, when and why."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        CREATE TABLE staff_changes (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            changed_at TIMESTAMP WITH TIME ZONE DEFAULT statement_timestamp() NOT NULL,
            actor_id UUID NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            subject_id UUID NOT NULL,
            why TEXT DEFAULT '' NOT NULL,
            before JSONB NOT NULL,
            after JSONB NOT NULL,
            PRIMARY KEY (id),
            CONSTRAINT staff_changes_actor FOREIGN KEY(actor_id) REFERENCES members (id)
        );
        CREATE INDEX staff_changes_by_subject ON staff_changes (subject_id, id);
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE staff_changes")
