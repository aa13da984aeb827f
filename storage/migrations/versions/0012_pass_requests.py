"""Members ask for a pass, and staff answer."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        CREATE TABLE pass_requests (
            id UUID NOT NULL,
            member_id UUID NOT NULL,
            pass_type_id UUID NOT NULL,
            message TEXT DEFAULT '' NOT NULL,
            asked_at TIMESTAMP WITH TIME ZONE DEFAULT statement_timestamp() NOT NULL,
            status TEXT DEFAULT 'open' NOT NULL,
            answered_at TIMESTAMP WITH TIME ZONE,
            answered_by UUID,
            reason TEXT DEFAULT '' NOT NULL,
            pass_id UUID,
            PRIMARY KEY (id),
            CONSTRAINT pass_requests_status CHECK (status IN ('open', 'granted', 'declined', 'withdrawn')),
            CONSTRAINT pass_requests_answered_at CHECK ((status = 'open') = (answered_at IS NULL)),
            CONSTRAINT pass_requests_answered_by
                CHECK ((status IN ('granted', 'declined')) = (answered_by IS NOT NULL)),
            CONSTRAINT pass_requests_granted CHECK ((status = 'granted') = (pass_id IS NOT NULL)),
            CONSTRAINT pass_requests_reason CHECK ((status = 'declined') = (reason <> '')),
            CONSTRAINT pass_requests_member FOREIGN KEY(member_id) REFERENCES members (id),
            CONSTRAINT pass_requests_pass_type FOREIGN KEY(pass_type_id) REFERENCES pass_types (id),
            CONSTRAINT pass_requests_actor FOREIGN KEY(answered_by) REFERENCES members (id),
            CONSTRAINT pass_requests_pass FOREIGN KEY(pass_id) REFERENCES passes (id)
        );
        CREATE UNIQUE INDEX pass_requests_one_open ON pass_requests (member_id, pass_type_id) WHERE status = 'open';
        CREATE INDEX pass_requests_open ON pass_requests (id) WHERE status = 'open';
        CREATE INDEX pass_requests_by_member ON pass_requests (member_id, id);

        ALTER TABLE notices DROP CONSTRAINT notices_about_something;
        ALTER TABLE notices ADD CONSTRAINT notices_about_something CHECK (
            num_nonnulls(booking_id, pass_id, password_link_id) > 0 OR kind = 'pass_request_declined');
        """
    )


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        DELETE FROM notices WHERE kind = 'pass_request_declined';
        ALTER TABLE notices DROP CONSTRAINT notices_about_something;
        ALTER TABLE notices ADD CONSTRAINT notices_about_something CHECK (
            num_nonnulls(booking_id, pass_id, password_link_id) > 0);
        DROP TABLE pass_requests;
        """
    )
