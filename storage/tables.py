"""The schema, declared for Alembic; private to `storage`.

Names of constraints are part of the contract: code and messages refer to them. Counts of a session (`booked`,
`waiting`, `skipped`) are kept by database triggers on `bookings` (see the first migration), so that the check
`training_sessions_not_oversold` holds whatever the code believes.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID, ExcludeConstraint

metadata = sa.MetaData()

INSTANT = sa.DateTime(timezone=True)
TEXTS = ARRAY(sa.Text)
IDS = ARRAY(UUID)


def _id() -> sa.Column[object]:
    return sa.Column("id", UUID, primary_key=True)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


def _alone(column: str, name: str) -> ExcludeConstraint:
    """Refuse a session that overlaps another one here, where both are exclusive and none is cancelled."""
    return ExcludeConstraint(
        (sa.Column(column, UUID), "="),
        (sa.text("session_time(starts_at, lasts_minutes)"), "&&"),
        name=name,
        using="gist",
        where=sa.text("exclusive AND NOT cancelled"),
    )


def policies_column() -> sa.Column[object]:
    """What `storage.policies` reads and writes; nothing in it is no rule beyond the deadlines."""
    return sa.Column("policies", JSONB, nullable=False, server_default=sa.text("'{}'"))


studio = sa.Table(
    "studio",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    # How long before a session its reminders go out, in minutes.
    sa.Column("reminder_minutes", ARRAY(sa.Integer), nullable=False, server_default="{1440,120}"),
    sa.CheckConstraint("id = 1", name="studio_only_one"),
)

members = sa.Table(
    "members",
    metadata,
    _id(),
    sa.Column("key", sa.Text),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text),
    sa.Column("password_hash", sa.Text),
    sa.Column("role", sa.Text, nullable=False, server_default="member"),
    sa.Column("created_at", INSTANT, nullable=False, server_default=sa.func.now()),
    # Who is suspended cannot sign in, and no token of theirs lets in; nothing else of theirs changes.
    sa.Column("suspended_at", INSTANT),
    # Who is removed is nobody any more: the row stays for what was booked and paid, without name and address.
    sa.Column("removed_at", INSTANT),
    # A guest is on sessions by name, without an account: choosing a password ends that.
    sa.Column("guest", sa.Boolean, nullable=False, server_default=sa.false()),
    # Signing out everywhere raises it; a token or sign-in of an earlier generation lets nobody in.
    _count("token_generation"),
    sa.CheckConstraint("role IN ('member', 'trainer', 'admin', 'owner')", name="members_role"),
    sa.CheckConstraint(
        "removed_at IS NULL OR (password_hash IS NULL AND role = 'member')", name="members_removed_is_nobody"
    ),
    sa.CheckConstraint("guest OR email IS NOT NULL", name="members_only_guests_lack_email"),
    sa.CheckConstraint("NOT guest OR (password_hash IS NULL AND role = 'member')", name="members_guest_has_no_account"),
    # Beside these, the trigger `keep_an_owner` refuses, as `members_last_owner`, to leave the studio without an owner.
    sa.UniqueConstraint("key", name="members_key"),
    sa.Index("members_email", sa.text("lower(email)"), unique=True),
    sa.Index("members_by_name", sa.text("lower(name)"), "id"),
    sa.Index(
        "members_search",
        sa.literal_column("lower(name)").label("name_searched"),
        sa.literal_column("lower(email)").label("email_searched"),
        postgresql_using="gin",
        postgresql_ops={"name_searched": "gin_trgm_ops", "email_searched": "gin_trgm_ops"},
    ),
)

training_sessions = sa.Table(
    "training_sessions",
    metadata,
    _id(),
    sa.Column("key", sa.Text),
    sa.Column("training_id", UUID, sa.ForeignKey("trainings.id", name="training_sessions_training"), nullable=False),
    sa.Column("trainer_id", UUID, sa.ForeignKey("trainers.id", name="training_sessions_trainer"), nullable=False),
    sa.Column("space_id", UUID, sa.ForeignKey("spaces.id", name="training_sessions_space"), nullable=False),
    sa.Column("starts_at", INSTANT, nullable=False),
    sa.Column("lasts_minutes", sa.Integer, nullable=False),
    sa.Column("capacity", sa.Integer, nullable=False),
    sa.Column("cancelled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("booking_opens_at", INSTANT),
    sa.Column("booking_deadline_minutes", sa.Integer, nullable=False),
    sa.Column("cancellation_deadline_minutes", sa.Integer, nullable=False),
    sa.Column("promotion_deadline_minutes", sa.Integer, nullable=False),
    sa.Column("promotion_grace_minutes", sa.Integer, nullable=False, server_default="30"),
    sa.Column("waitlist_limit", sa.Integer),
    sa.Column("free_cancelling_until", INSTANT),
    _count("booked"),
    _count("waiting"),
    _count("skipped"),
    # How many places stay taken although the capacity was lowered below them: nobody is evicted.
    _count("seats_kept"),
    # The lane: the last position given out, the receipt that goes with it, and the facts the first one stands on.
    sa.Column("position", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("receipt", sa.Text, nullable=False),
    sa.Column("opening", JSONB, nullable=False),
    # How often serving began with this command first in line and the process died before it ended.
    sa.Column("attempts", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("attempted_command_id", UUID),
    # How many commands are still to be applied one by one, so that the one that kills its process stands alone.
    sa.Column("careful_left", sa.SmallInteger, nullable=False, server_default="0"),
    # Whether it has its space and trainer to itself. What staff plan does; imported sessions may overlap as they do in
    # the files they come from.
    sa.Column("exclusive", sa.Boolean, nullable=False, server_default=sa.false()),
    # The series it is part of, and when that takes place there by the studio's clocks; a move changes neither.
    sa.Column("series_id", UUID, sa.ForeignKey("series.id", name="training_sessions_series")),
    sa.Column("occurrence", sa.DateTime(timezone=False)),
    policies_column(),
    sa.CheckConstraint(
        "(policies ->> 'refund_deadline_minutes')::int >= cancellation_deadline_minutes",
        name="training_sessions_refund_deadline",
    ),
    sa.CheckConstraint("(series_id IS NULL) = (occurrence IS NULL)", name="training_sessions_occurrence"),
    sa.CheckConstraint("capacity >= 1", name="training_sessions_capacity"),
    sa.CheckConstraint("lasts_minutes >= 1", name="training_sessions_length"),
    sa.CheckConstraint("booked <= greatest(capacity, seats_kept)", name="training_sessions_not_oversold"),
    sa.CheckConstraint("booked >= 0 AND waiting >= 0 AND skipped >= 0", name="training_sessions_counts"),
    sa.UniqueConstraint("key", name="training_sessions_key"),
    sa.Index("training_sessions_by_start", "starts_at", "id"),
    sa.Index("training_sessions_by_trainer", "trainer_id", "starts_at", "id"),
    sa.Index("training_sessions_by_space", "space_id", "starts_at"),
    sa.Index("training_sessions_by_training", "training_id", "starts_at", "id"),
    sa.Index("training_sessions_by_trainer_and_training", "trainer_id", "training_id", "starts_at", "id"),
    # Planning a part of a series again finds what is there.
    sa.Index(
        "training_sessions_once_in_series",
        "series_id",
        "occurrence",
        unique=True,
        postgresql_where=sa.text("series_id IS NOT NULL"),
    ),
    _alone("space_id", "training_sessions_space_taken"),
    _alone("trainer_id", "training_sessions_trainer_taken"),
    # Every batch updates its session's row; room on the page keeps those updates off the indexes.
    postgresql_with={"fillfactor": 50},
)

commands = sa.Table(
    "commands",
    metadata,
    _id(),
    sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
    sa.Column(
        "training_session_id",
        UUID,
        sa.ForeignKey("training_sessions.id", name="commands_training_session"),
        nullable=False,
    ),
    sa.Column("actor_id", UUID),
    sa.Column("actor_is_staff", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("payload", JSONB, nullable=False),
    sa.Column("idempotency_key", sa.Text),
    sa.Column("accepted_at", INSTANT, nullable=False, server_default=sa.func.clock_timestamp()),
    sa.Column("status", sa.Text, nullable=False, server_default="waiting"),
    sa.Column("position", sa.BigInteger),
    sa.Column("outcome", JSONB),
    sa.Column("witness", JSONB),
    sa.Column("receipt", sa.Text),
    sa.Column("applied_at", INSTANT),
    sa.CheckConstraint("status IN ('waiting', 'applied', 'refused', 'failed')", name="commands_status"),
    sa.CheckConstraint(
        "(status = 'waiting') = (position IS NULL)"
        " AND (status = 'waiting') = (outcome IS NULL)"
        " AND (status = 'waiting') = (receipt IS NULL)"
        " AND (status = 'waiting') = (applied_at IS NULL)",
        name="commands_one_outcome",
    ),
    sa.Index(
        "commands_once_per_key",
        "actor_id",
        "idempotency_key",
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    ),
    sa.Index(
        "commands_one_per_position",
        "training_session_id",
        "position",
        unique=True,
        postgresql_where=sa.text("position IS NOT NULL"),
    ),
    sa.Index("commands_waiting", "training_session_id", "seq", postgresql_where=sa.text("status = 'waiting'")),
    sa.Index("commands_by_actor", "actor_id", "applied_at", postgresql_where=sa.text("applied_at IS NOT NULL")),
)

bookings = sa.Table(
    "bookings",
    metadata,
    sa.Column("id", UUID, sa.ForeignKey("commands.id", name="bookings_command"), primary_key=True),
    sa.Column(
        "training_session_id",
        UUID,
        sa.ForeignKey("training_sessions.id", name="bookings_training_session"),
        nullable=False,
    ),
    sa.Column("member_id", UUID, nullable=False),
    sa.Column("pass_id", UUID, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    # The session's start, kept here too so that "my bookings" is one range of one index.
    sa.Column("starts_at", INSTANT, nullable=False),
    sa.Column("booked_at", INSTANT, nullable=False),
    sa.Column("promoted_at", INSTANT),
    sa.Column("cancelled_at", INSTANT),
    sa.Column("changed_at", INSTANT, nullable=False),
    sa.Column("skipped", TEXTS),
    # When to look next whether a reminder is due; see `domain.reminders`. None when there is none left.
    sa.Column("remind_at", INSTANT),
    # When the last offer of a place ends, or ended.
    sa.Column("offered_until", INSTANT),
    sa.CheckConstraint("status IN ('confirmed', 'offered', 'waitlisted', 'cancelled')", name="bookings_status"),
    sa.CheckConstraint("status <> 'offered' OR offered_until IS NOT NULL", name="bookings_offered"),
    sa.CheckConstraint("skipped IS NULL OR status = 'waitlisted'", name="bookings_only_waiters_are_skipped"),
    sa.CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="bookings_cancelled_at"),
    sa.ForeignKeyConstraint(["pass_id", "member_id"], ["passes.id", "passes.member_id"], name="bookings_own_pass"),
    sa.Index(
        "bookings_one_live_per_member",
        "training_session_id",
        "member_id",
        unique=True,
        postgresql_where=sa.text("status <> 'cancelled'"),
    ),
    sa.Index(
        "bookings_line",
        "training_session_id",
        "position",
        postgresql_where=sa.text("status = 'waitlisted' AND skipped IS NULL"),
    ),
    sa.Index(
        "bookings_skipped_by_pass",
        "pass_id",
        postgresql_where=sa.text("skipped IS NOT NULL"),
    ),
    sa.Index("bookings_offers", "offered_until", postgresql_where=sa.text("status = 'offered'")),
    sa.Index("bookings_by_member", "member_id", "starts_at", "id"),
    sa.Index(
        "bookings_to_remind",
        "remind_at",
        postgresql_where=sa.text("status = 'confirmed' AND remind_at IS NOT NULL"),
    ),
)
