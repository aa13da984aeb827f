"""Links by which a member chooses a password, and the notices that carry them."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        CREATE TABLE password_links (
            id UUID NOT NULL,
            member_id UUID NOT NULL,
            purpose TEXT NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
            ended_at TIMESTAMP WITH TIME ZONE,
            ended TEXT,
            PRIMARY KEY (id),
            CONSTRAINT password_links_purpose CHECK (purpose IN ('reset', 'invitation')),
            CONSTRAINT password_links_ended CHECK (ended IN ('used', 'replaced', 'password_changed')),
            CONSTRAINT password_links_ended_at CHECK ((ended_at IS NULL) = (ended IS NULL)),
            CONSTRAINT password_links_expires CHECK (expires_at > created_at),
            CONSTRAINT password_links_member FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE
        );
        CREATE INDEX password_links_by_member ON password_links (member_id);

        ALTER TABLE notices ADD COLUMN password_link_id UUID;
        ALTER TABLE notices DROP CONSTRAINT notices_about_something;
        ALTER TABLE notices ADD CONSTRAINT notices_about_something
            CHECK (num_nonnulls(booking_id, pass_id, password_link_id) > 0);
        ALTER TABLE notices ADD CONSTRAINT notices_links_apart
            CHECK (password_link_id IS NULL OR number IS NULL AND num_nonnulls(booking_id, pass_id) = 0);
        DROP INDEX notices_to_relay;
        CREATE INDEX notices_to_relay ON notices (id) WHERE number IS NULL AND password_link_id IS NULL;
        """
    )


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        DELETE FROM notices WHERE password_link_id IS NOT NULL;
        DROP INDEX notices_to_relay;
        CREATE INDEX notices_to_relay ON notices (id) WHERE number IS NULL;
        ALTER TABLE notices DROP CONSTRAINT notices_links_apart;
        ALTER TABLE notices DROP CONSTRAINT notices_about_something;
        ALTER TABLE notices ADD CONSTRAINT notices_about_something CHECK (num_nonnulls(booking_id, pass_id) > 0);
        ALTER TABLE notices DROP COLUMN password_link_id;
        DROP TABLE password_links;
        """
    )
