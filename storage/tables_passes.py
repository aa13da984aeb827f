"""The tables of passes: what is sold, what members have, and each session taken or given back; private to `storage`."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from storage.tables import IDS, INSTANT, metadata

pass_types = sa.Table(
    "pass_types",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("training_ids", IDS),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    # In words, for information: nothing is charged here.
    sa.Column("price", sa.Text, nullable=False, server_default=""),
    # The terms new passes of an offered type are granted on: None is unlimited, and without end.
    sa.Column("sessions", sa.Integer),
    sa.Column("days", sa.Integer),
    # Whether staff grant it on its terms, and members may ask for it. Types that an import made have no terms yet.
    sa.Column("offered", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.CheckConstraint("sessions >= 1 AND days >= 1", name="pass_types_terms"),
    sa.UniqueConstraint("name", "training_ids", name="pass_types_name", postgresql_nulls_not_distinct=True),
)

passes = sa.Table(
    "passes",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("key", sa.Text),
    sa.Column("pass_type_id", UUID, sa.ForeignKey("pass_types.id", name="passes_pass_type"), nullable=False),
    sa.Column("member_id", UUID, sa.ForeignKey("members.id", name="passes_member"), nullable=False),
    # Copied from the type when granted: changing a type never changes what was sold.
    sa.Column("training_ids", IDS),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("sessions_granted", sa.Integer),
    sa.Column("sessions_left", sa.Integer),
    sa.Column("expires_at", INSTANT),
    # Whether the member was told that it expires soon; extending it starts anew.
    sa.Column("expiry_told", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.CheckConstraint("sessions_left >= 0", name="passes_never_negative"),
    sa.CheckConstraint("sessions_left <= sessions_granted", name="passes_never_above_granted"),
    sa.CheckConstraint("(sessions_left IS NULL) = (sessions_granted IS NULL)", name="passes_unlimited_or_counted"),
    sa.UniqueConstraint("key", name="passes_key"),
    # The target of the bookings' foreign key: a booking is paid with a pass of its own member.
    sa.UniqueConstraint("id", "member_id", name="passes_id_member"),
    sa.Index("passes_by_member", "member_id"),
    sa.Index("passes_by_type", "pass_type_id"),
    sa.Index("passes_expiring", "expires_at", postgresql_where=sa.text("active AND NOT expiry_told")),
)

pass_ledger = sa.Table(
    "pass_ledger",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("pass_id", UUID, sa.ForeignKey("passes.id", name="pass_ledger_pass"), nullable=False),
    sa.Column("booking_id", UUID, nullable=False),
    sa.Column("command_id", UUID, nullable=False),
    sa.Column("change", sa.SmallInteger, nullable=False),
    sa.Column("written_at", INSTANT, nullable=False),
    sa.CheckConstraint("change IN (-1, 1)", name="pass_ledger_change"),
    # A booking is charged at most once and refunded at most once.
    sa.UniqueConstraint("booking_id", "change", name="pass_ledger_once_per_booking"),
    sa.Index("pass_ledger_by_pass", "pass_id", "id"),
)

pass_requests = sa.Table(
    "pass_requests",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("member_id", UUID, sa.ForeignKey("members.id", name="pass_requests_member"), nullable=False),
    sa.Column("pass_type_id", UUID, sa.ForeignKey("pass_types.id", name="pass_requests_pass_type"), nullable=False),
    sa.Column("message", sa.Text, nullable=False, server_default=""),
    sa.Column("asked_at", INSTANT, nullable=False, server_default=sa.func.statement_timestamp()),
    sa.Column("status", sa.Text, nullable=False, server_default="open"),
    # When it was granted, declined or withdrawn, and which of the staff did the former two.
    sa.Column("answered_at", INSTANT),
    sa.Column("answered_by", UUID, sa.ForeignKey("members.id", name="pass_requests_actor")),
    # Why it was declined, as the member is told.
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("pass_id", UUID, sa.ForeignKey("passes.id", name="pass_requests_pass")),
    sa.CheckConstraint("status IN ('open', 'granted', 'declined', 'withdrawn')", name="pass_requests_status"),
    sa.CheckConstraint("(status = 'open') = (answered_at IS NULL)", name="pass_requests_answered_at"),
    sa.CheckConstraint(
        "(status IN ('granted', 'declined')) = (answered_by IS NOT NULL)", name="pass_requests_answered_by"
    ),
    sa.CheckConstraint("(status = 'granted') = (pass_id IS NOT NULL)", name="pass_requests_granted"),
    sa.CheckConstraint("(status = 'declined') = (reason <> '')", name="pass_requests_reason"),
    sa.Index(
        "pass_requests_one_open", "member_id", "pass_type_id", unique=True, postgresql_where=sa.text("status = 'open'")
    ),
    sa.Index("pass_requests_open", "id", postgresql_where=sa.text("status = 'open'")),
    sa.Index("pass_requests_by_member", "member_id", "id"),
)
