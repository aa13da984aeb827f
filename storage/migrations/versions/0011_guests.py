"""Guests: people on a session by their name alone, who may have no e-mail address."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        ALTER TABLE members ADD COLUMN guest BOOLEAN DEFAULT false NOT NULL;
        ALTER TABLE members ALTER COLUMN email DROP NOT NULL;
        ALTER TABLE members ADD CONSTRAINT members_only_guests_lack_email CHECK (guest OR email IS NOT NULL);
        ALTER TABLE members ADD CONSTRAINT members_guest_has_no_account
            CHECK (NOT guest OR (password_hash IS NULL AND role = 'member'));
        """
    )


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        ALTER TABLE members DROP CONSTRAINT members_guest_has_no_account;
        ALTER TABLE members DROP CONSTRAINT members_only_guests_lack_email;
        -- No mail goes to .invalid (RFC 2606).
        UPDATE members SET email = 'guest-' || id || '@guest.invalid' WHERE email IS NULL;
        ALTER TABLE members ALTER COLUMN email SET NOT NULL;
        ALTER TABLE members DROP COLUMN guest;
        """
    )
