"""The tables of what lets a member in: sign-ins, addresses of calendars, links to a password; private to `storage`."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, UUID

from storage.tables import INSTANT, metadata

sign_ins = sa.Table(
    "sign_ins",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column(
        "member_id", UUID, sa.ForeignKey("members.id", name="sign_ins_member", ondelete="CASCADE"), nullable=False
    ),
    # SHA-256 of what the browser's cookie holds: whoever reads this table can sign in nowhere.
    sa.Column("secret_hash", BYTEA, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False, server_default=sa.func.now()),
    sa.Column("expires_at", INSTANT, nullable=False),
    sa.UniqueConstraint("secret_hash", name="sign_ins_secret"),
    sa.Index("sign_ins_by_member", "member_id"),
)

calendar_feeds = sa.Table(
    "calendar_feeds",
    metadata,
    # One of each member: a new address takes the place of the one before.
    sa.Column(
        "member_id",
        UUID,
        sa.ForeignKey("members.id", name="calendar_feeds_member", ondelete="CASCADE"),
        primary_key=True,
    ),
    # SHA-256 of what the address holds: whoever reads this table can read no calendar.
    sa.Column("secret_hash", BYTEA, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.UniqueConstraint("secret_hash", name="calendar_feeds_secret"),
)

password_links = sa.Table(
    "password_links",
    metadata,
    # The secret in the link's address is made of this id and the secret key; nothing here opens anything.
    sa.Column("id", UUID, primary_key=True),
    sa.Column(
        "member_id", UUID, sa.ForeignKey("members.id", name="password_links_member", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("expires_at", INSTANT, nullable=False),
    # When and why it ended before its time.
    sa.Column("ended_at", INSTANT),
    sa.Column("ended", sa.Text),
    sa.CheckConstraint("purpose IN ('reset', 'invitation')", name="password_links_purpose"),
    sa.CheckConstraint("ended IN ('used', 'replaced', 'password_changed')", name="password_links_ended"),
    sa.CheckConstraint("(ended_at IS NULL) = (ended IS NULL)", name="password_links_ended_at"),
    sa.CheckConstraint("expires_at > created_at", name="password_links_expires"),
    sa.Index("password_links_by_member", "member_id"),
)
