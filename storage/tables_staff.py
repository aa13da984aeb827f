"""The tables of what staff do; private to `storage`."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from storage.tables import INSTANT, metadata

staff_changes = sa.Table(
    "staff_changes",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("changed_at", INSTANT, nullable=False, server_default=sa.func.statement_timestamp()),
    sa.Column("actor_id", UUID, sa.ForeignKey("members.id", name="staff_changes_actor"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("subject_id", UUID, nullable=False),
    sa.Column("why", sa.Text, nullable=False, server_default=""),
    sa.Column("before", JSONB, nullable=False),
    sa.Column("after", JSONB, nullable=False),
    # Of a change that done twice would do more: the same key is noted once.
    sa.Column("idempotency_key", sa.Text),
    sa.Index(
        "staff_changes_once_per_key",
        "actor_id",
        "idempotency_key",
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    ),
    sa.Index("staff_changes_by_subject", "subject_id", "id"),
)

attendances = sa.Table(
    "attendances",
    metadata,
    sa.Column(
        "booking_id",
        UUID,
        sa.ForeignKey("bookings.id", name="attendances_booking", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("attendance", sa.Text, nullable=False),
    sa.Column("noted_by", UUID, sa.ForeignKey("members.id", name="attendances_noted_by"), nullable=False),
    sa.Column("noted_at", INSTANT, nullable=False, server_default=sa.func.statement_timestamp()),
    sa.CheckConstraint("attendance IN ('present', 'late', 'no_show')", name="attendances_attendance"),
)
