"""The one door for noting who came: note it, then have everybody who looks at the roster see it."""

import json

from redis import Redis

from domain.attendance import Attendance
from domain.ids import BookingId, MemberId
from storage import attendances
from storage.attendances import Noted
from storage.command_log import training_session_of_booking
from storage.database import Db
from storage.queries.changes import database_now, session_states
from workers.hints import hint
from workers.outcomes import CHANNEL


def note(db: Db, redis: Redis, booking_id: BookingId, attendance: Attendance | None, *, actor_id: MemberId) -> Noted:
    """Note who came as `storage.attendances` does, and tell those who watch the session; telling may be lost."""
    noted = attendances.note_attendance(db, booking_id, attendance, actor_id=actor_id)
    if noted is Noted.CHANGED:
        with hint("tell of an attendance"):
            _announce(db, redis, booking_id)
    return noted


def _announce(db: Db, redis: Redis, booking_id: BookingId) -> None:
    """Publish the session as it stands, which is what those who look at a page of it hear."""
    training_session_id = training_session_of_booking(db, booking_id)
    states = [] if training_session_id is None else session_states(db, [training_session_id])
    for state in states:
        session = {
            "id": str(state.id),
            "status": state.status,
            "starts_at": state.starts_at.isoformat(),
            "capacity": state.capacity,
            "booked": state.booked,
            "spots_left": max(state.capacity - state.booked, 0),
            "waitlisted": state.waitlisted,
            "position": state.position,
        }
        message = {"applied_at": database_now(db).isoformat(), "session": session}
        redis.publish(CHANNEL, json.dumps(message, separators=(",", ":")))
