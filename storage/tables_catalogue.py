"""The tables of the catalogue and of planning; private to `storage`, as `storage.tables` is."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from storage.tables import INSTANT, metadata, policies_column


def _id() -> sa.Column[object]:
    return sa.Column("id", UUID, primary_key=True)


def _named(name: str) -> sa.Table:
    unique = sa.UniqueConstraint("name", name=f"{name}_name")
    # Sessions refer to what is retired; it is only not offered for new ones.
    retired = sa.Column("retired", sa.Boolean, nullable=False, server_default=sa.false())
    return sa.Table(name, metadata, _id(), sa.Column("name", sa.Text, nullable=False), retired, unique)


def _minutes(name: str, usual: int) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default=str(usual))


trainings = _named("trainings")
trainings.append_column(sa.Column("description", sa.Text, nullable=False, server_default=""))
# What a new session of the training begins with; sessions carry values of their own, so these change none.
for _default in (
    _minutes("lasts_minutes", 60),
    sa.Column("capacity", sa.Integer, nullable=False, server_default="10"),
    _minutes("booking_deadline_minutes", 60),
    _minutes("cancellation_deadline_minutes", 720),
    _minutes("promotion_deadline_minutes", 720),
    _minutes("promotion_grace_minutes", 30),
    sa.Column("waitlist_limit", sa.Integer),
    # Policies; sessions carry them as one value, see `domain.policies`.
    sa.Column("booking_window_minutes", sa.Integer),
    sa.Column("upcoming_limit", sa.Integer),
    sa.Column("refund_deadline_minutes", sa.Integer),
    sa.Column("offer_minutes", sa.Integer),
    sa.Column("offer_pause_from", sa.Time),
    sa.Column("offer_pause_until", sa.Time),
):
    trainings.append_column(_default)
for _rule in (
    sa.CheckConstraint("refund_deadline_minutes >= cancellation_deadline_minutes", name="trainings_refund_deadline"),
    sa.CheckConstraint(
        "(offer_pause_from IS NULL) = (offer_pause_until IS NULL)"
        # So long as `domain.policies.PAUSE_MAX`.
        " AND mod(extract(epoch FROM offer_pause_until - offer_pause_from) + 86400, 86400) BETWEEN 1 AND 57600",
        name="trainings_offer_pause",
    ),
):
    trainings.append_constraint(_rule)
trainers = _named("trainers")
spaces = _named("spaces")

series = sa.Table(
    "series",
    metadata,
    _id(),
    sa.Column("training_id", UUID, sa.ForeignKey("trainings.id", name="series_training"), nullable=False),
    sa.Column("trainer_id", UUID, sa.ForeignKey("trainers.id", name="series_trainer"), nullable=False),
    sa.Column("space_id", UUID, sa.ForeignKey("spaces.id", name="series_space"), nullable=False),
    # The days as an RRULE of RFC 5545 without its end; days and times are those of the studio's clocks.
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("times", ARRAY(sa.Time), nullable=False),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("ends_on", sa.Date),
    sa.Column("count", sa.Integer),
    sa.Column("except_on", ARRAY(sa.Date), nullable=False, server_default="{}"),
    # Up to and including which day its sessions are in the schedule; one without an end is planned a year ahead.
    sa.Column("planned_through", sa.Date, nullable=False),
    # When it would take place but has no session, because another one was there; told to staff until it is past.
    sa.Column("left_out", ARRAY(sa.DateTime), nullable=False, server_default="{}"),
    # What its sessions begin with, as they were planned.
    sa.Column("lasts_minutes", sa.Integer, nullable=False),
    sa.Column("capacity", sa.Integer, nullable=False),
    sa.Column("booking_deadline_minutes", sa.Integer, nullable=False),
    sa.Column("cancellation_deadline_minutes", sa.Integer, nullable=False),
    sa.Column("promotion_deadline_minutes", sa.Integer, nullable=False),
    sa.Column("promotion_grace_minutes", sa.Integer, nullable=False),
    sa.Column("waitlist_limit", sa.Integer),
    policies_column(),
    sa.Column("made_at", INSTANT, nullable=False, server_default=sa.func.statement_timestamp()),
)
