"""The whole first schema; its text is `0001_schema.sql` beside this file."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        DROP TABLE studio, deliveries, pass_ledger, bookings, commands, training_sessions, passes, pass_types,
                   members, trainings, trainers, spaces;
        DROP FUNCTION count_inserted_bookings, count_updated_bookings, count_deleted_bookings, move_session_counts;
        """
    )
