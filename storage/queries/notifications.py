"""What a member was told, or is about to be."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.ids import MemberId
from storage.database import Db


@dataclass(frozen=True, slots=True)
class Notification:
    """One notice on one channel; `settled_at` is None while it is due or being sent."""

    id: int
    kind: str
    channel: str
    status: str
    created_at: datetime
    settled_at: datetime | None
    details: dict[str, Any]
    booking_id: UUID
    training_session_id: UUID
    training_name: str
    starts_at: datetime


def list_notifications(db: Db, member_id: MemberId, *, before: int | None, limit: int) -> list[Notification]:
    """Return the member's notifications, newest first, those with a lower id than `before`."""
    rows = db.execute(
        """
        SELECT deliveries.id, deliveries.kind, deliveries.channel, deliveries.status, deliveries.created_at,
               deliveries.settled_at, deliveries.details, deliveries.booking_id, training_sessions.id,
               trainings.name, training_sessions.starts_at
          FROM deliveries
          JOIN bookings ON bookings.id = deliveries.booking_id
          JOIN training_sessions ON training_sessions.id = bookings.training_session_id
          JOIN trainings ON trainings.id = training_sessions.training_id
         WHERE deliveries.member_id = %(member)s AND deliveries.id < %(before)s
         ORDER BY deliveries.id DESC LIMIT %(limit)s
        """,
        {"member": member_id, "before": before if before is not None else 2**63 - 1, "limit": limit},
    )
    return [Notification(*row) for row in rows]
