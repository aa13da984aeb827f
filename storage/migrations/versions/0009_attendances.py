"""Who came to a session, as staff note it."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        CREATE TABLE attendances (
            booking_id UUID NOT NULL,
            attendance TEXT NOT NULL,
            noted_by UUID NOT NULL,
            noted_at TIMESTAMP WITH TIME ZONE DEFAULT statement_timestamp() NOT NULL,
            PRIMARY KEY (booking_id),
            CONSTRAINT attendances_attendance CHECK (attendance IN ('present', 'late', 'no_show')),
            CONSTRAINT attendances_booking FOREIGN KEY(booking_id) REFERENCES bookings (id) ON DELETE CASCADE,
            CONSTRAINT attendances_noted_by FOREIGN KEY(noted_by) REFERENCES members (id)
        );
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE attendances")
