"""Calendars as their members have them: read by the library, of bookings that a worker has decided on."""

from datetime import datetime, timedelta
from typing import Any

from icalendar import Calendar

from domain.facts import TrainingSession
from domain.ids import BookingId, TrainingSessionId
from storage import catalogue
from storage.catalogue import NewTrainingSession
from storage.identifiers import new_id
from tests.integration.api.conftest import Caller
from tests.integration.studio import Member, Studio


def booked(studio: Studio, member: Member | None, session_id: TrainingSessionId) -> BookingId:
    assert member is not None
    booking_id = studio.book(session_id, member)
    studio.serve(session_id)
    return booking_id


def cancelled(studio: Studio, member: Member | None, session_id: TrainingSessionId, booking_id: BookingId) -> None:
    assert member is not None
    command_id = studio.cancel(session_id, member, booking_id)
    studio.serve(session_id)
    assert studio.status(command_id) == "applied"


def pretend(studio: Studio, session_id: TrainingSessionId, starts_at: datetime) -> None:
    """Let time pass: the session starts then."""
    studio.db.execute("UPDATE training_sessions SET starts_at = %s WHERE id = %s", (starts_at, session_id))
    studio.db.execute("UPDATE bookings SET starts_at = %s WHERE training_session_id = %s", (starts_at, session_id))


def events_of(answer: Any) -> list[Any]:
    """Return the events of a calendar that was found to be without error."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    calendar = Calendar.from_ical(answer.data)
    assert [error for part in calendar.walk() for error in part.errors] == []
    return list(calendar.walk("VEVENT"))


def event_of(answer: Any) -> Any:
    (event,) = events_of(answer)
    return event


def new_feed(me: Caller) -> str:
    """Make the feed and return its path."""
    answer = me.post("/v1/me/calendar-feed")
    assert answer.status_code == 201
    url: str = answer.json["url"]
    assert url.startswith(f"{me.settings.api_url}/calendar/")
    return url.removeprefix(me.settings.api_url)


def taken_along(me: Caller, booking_id: BookingId) -> Any:
    return me.get(f"/v1/me/bookings/{booking_id}/calendar")


def many_bookings(studio: Studio, member: Member, number: int) -> None:
    """Book as many sessions, an hour apart, as the worker would have."""
    first = studio.a_session()
    row = studio.db.execute("SELECT starts_at FROM training_sessions WHERE id = %s", (first,)).fetchone()
    assert row is not None
    hour = timedelta(hours=1)
    sessions = [
        TrainingSession(
            TrainingSessionId(new_id()),
            studio.training_id,
            studio.trainer_id,
            studio.space_id,
            starts_at=row[0] + index * hour,
            lasts_minutes=60,
            capacity=2,
            booking_deadline=hour,
            cancellation_deadline=hour,
            promotion_deadline=hour,
            promotion_grace=hour,
        )
        for index in range(number)
    ]
    catalogue.add_training_sessions(studio.db, [NewTrainingSession(one) for one in sessions])
    ids = [one.id for one in sessions]
    studio.db.execute("UPDATE training_sessions SET position = 1 WHERE id = ANY(%s)", (ids,))
    studio.db.execute(
        """
        INSERT INTO commands (id, training_session_id, actor_id, kind, payload, status, position, outcome, receipt,
                              applied_at)
        SELECT gen_random_uuid(), id, %s, 'book_seat', '{}', 'applied', 1, '{}', '', now()
          FROM unnest(%s::uuid[]) AS id
        """,
        (member.id, ids),
    )
    studio.db.execute(
        """
        INSERT INTO bookings (id, training_session_id, member_id, pass_id, status, position, starts_at, booked_at,
                              changed_at)
        SELECT commands.id, commands.training_session_id, %s, %s, 'confirmed', 1, training_sessions.starts_at, now(),
               now()
          FROM commands JOIN training_sessions ON training_sessions.id = commands.training_session_id
         WHERE training_session_id = ANY(%s)
        """,
        (member.id, member.pass_id, ids),
    )
