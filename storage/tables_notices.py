"""The tables of what members are told, and of how it reaches them; private to `storage`, as `storage.tables` is."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from storage.tables import INSTANT, TEXTS, metadata

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    # Given by the relay, without gaps and in the order of commits: who has read up to N misses nothing below it.
    sa.Column("number", sa.BigInteger),
    # What caused it: the id of the command, or one made of the occasion, such as a reminder's lead and start.
    sa.Column("cause", UUID, nullable=False),
    sa.Column("member_id", UUID, sa.ForeignKey("members.id", name="notices_member"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("booking_id", UUID),
    sa.Column("pass_id", UUID),
    # The link that it carries: such a notice goes by e-mail alone, gets no number and is in no inbox.
    sa.Column("password_link_id", UUID),
    # The session's start when this was written: one that speaks of an old start is not sent.
    sa.Column("starts_at", INSTANT),
    sa.Column("details", JSONB, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("read_at", INSTANT),
    # A request that was declined has led to no pass: its notice says in its details what it was for.
    sa.CheckConstraint(
        "num_nonnulls(booking_id, pass_id, password_link_id) > 0 OR kind = 'pass_request_declined'",
        name="notices_about_something",
    ),
    sa.CheckConstraint(
        "password_link_id IS NULL OR number IS NULL AND num_nonnulls(booking_id, pass_id) = 0",
        name="notices_links_apart",
    ),
    sa.UniqueConstraint(
        "cause", "booking_id", "pass_id", "kind", name="notices_once", postgresql_nulls_not_distinct=True
    ),
    # Partial, so that writing a notice costs no entry for a number it has not got yet.
    sa.Index("notices_number", "number", unique=True, postgresql_where=sa.text("number IS NOT NULL")),
    sa.Index("notices_to_relay", "id", postgresql_where=sa.text("number IS NULL AND password_link_id IS NULL")),
    sa.Index("notices_by_member", "member_id", "id"),
    sa.Index("notices_unread", "member_id", postgresql_where=sa.text("read_at IS NULL")),
    sa.Index("notices_of_pass", "pass_id", "id", postgresql_where=sa.text("pass_id IS NOT NULL")),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column(
        "notice_id",
        sa.BigInteger,
        sa.ForeignKey("notices.id", name="deliveries_notice", ondelete="CASCADE"),
        nullable=False,
    ),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    # Where it goes, for people to read; `address_id` is the push subscription or the webhook, None for an e-mail.
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("address_id", UUID),
    sa.Column("status", sa.Text, nullable=False, server_default="due"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    # Grows when an operator has it tried again; attempts count on, so that each keeps a number of its own.
    sa.Column("attempts_allowed", sa.Integer, nullable=False, server_default="12"),
    # When the next attempt may begin; while sending, when the lease of the sending worker ends.
    sa.Column("due_at", INSTANT, nullable=False),
    sa.Column("settled_at", INSTANT),
    # Why it failed, was dropped, waits or is tried again.
    sa.Column("reason", sa.Text),
    sa.CheckConstraint("status IN ('due', 'sending', 'sent', 'failed', 'dropped')", name="deliveries_status"),
    sa.UniqueConstraint(
        "notice_id", "channel", "address_id", name="deliveries_once", postgresql_nulls_not_distinct=True
    ),
    sa.Index("deliveries_due", "channel", "due_at", postgresql_where=sa.text("status IN ('due', 'sending')")),
    sa.Index(
        "deliveries_open",
        "status",
        "channel",
        "kind",
        postgresql_where=sa.text("status IN ('due', 'sending', 'failed')"),
    ),
)

delivery_attempts = sa.Table(
    "delivery_attempts",
    metadata,
    sa.Column(
        "delivery_id",
        sa.BigInteger,
        sa.ForeignKey("deliveries.id", name="delivery_attempts_delivery", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("said", sa.Text),
    sa.Column("ended_at", INSTANT, nullable=False),
    sa.Column("took_ms", sa.Integer, nullable=False),
    sa.CheckConstraint("outcome IN ('sent', 'try_again', 'give_up')", name="delivery_attempts_outcome"),
)

notification_preferences = sa.Table(
    "notification_preferences",
    metadata,
    sa.Column(
        "member_id",
        UUID,
        sa.ForeignKey("members.id", name="notification_preferences_member", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("switched_off", TEXTS, nullable=False, server_default="{}"),
    # {"reminder": {"push": false}}: only what differs from the defaults in `domain.channels`.
    sa.Column("choices", JSONB, nullable=False, server_default="{}"),
    # Wall-clock times of the studio's zone; both None for a member who wants no quiet hours.
    sa.Column("quiet_from", sa.Time),
    sa.Column("quiet_until", sa.Time),
    sa.CheckConstraint(
        "(quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from <> quiet_until",
        name="notification_preferences_quiet",
    ),
)

push_subscriptions = sa.Table(
    "push_subscriptions",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column(
        "member_id",
        UUID,
        sa.ForeignKey("members.id", name="push_subscriptions_member", ondelete="CASCADE"),
        nullable=False,
    ),
    sa.Column("endpoint", sa.Text, nullable=False),
    sa.Column("p256dh", sa.Text, nullable=False),
    sa.Column("auth", sa.Text, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False, server_default=sa.func.now()),
    sa.UniqueConstraint("endpoint", name="push_subscriptions_endpoint"),
    sa.Index("push_subscriptions_by_member", "member_id"),
)

webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("secret", sa.Text, nullable=False),
    # None for every kind of notice.
    sa.Column("kinds", TEXTS),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("created_at", INSTANT, nullable=False, server_default=sa.func.now()),
    sa.UniqueConstraint("url", name="webhooks_url"),
)
