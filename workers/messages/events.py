"""A notice as an event: plain JSON for machines, in webhooks and in the list of events that staff catch up from."""

from datetime import UTC, datetime
from typing import Any

from storage.queries.bookings import MyBooking
from storage.queries.schedule import ScheduledSession
from storage.told import ToldNotice


def event_of(notice: ToldNotice) -> dict[str, Any]:
    """Return the event of this notice: plain JSON values; instants are RFC 3339 in UTC, ids are texts.

    `number` grows without gaps and is null until the relay has given it; `id` names the event for ever, so whoever
    hears it twice can tell. `details` are as they were when the notice was written; member, booking, session and pass
    are as they stand now, and null where the notice speaks of none. Texts are as people typed them: escape them
    before showing them.
    """
    mine = notice.booking
    return {
        "number": notice.number,
        "id": f"notice-{notice.id}",
        "kind": str(notice.kind),
        "occurred_at": _plain_instant(notice.created_at),
        "member": {"id": str(notice.member_id), "name": notice.member_name, "email": notice.email},
        "booking": None if mine is None else _booking(mine),
        "session": None if mine is None else _session(mine.session),
        "pass": _pass(notice),
        "details": notice.details,
    }


def _booking(mine: MyBooking) -> dict[str, Any]:
    return {
        "id": str(mine.booking.id),
        "status": str(mine.booking.status),
        "place_in_line": mine.place_in_line,
        "pass_id": str(mine.booking.pass_id),
    }


def _session(session: ScheduledSession) -> dict[str, Any]:
    facts = session.training_session
    return {
        "id": str(facts.id),
        "name": session.training_name,
        "starts_at": _plain_instant(facts.starts_at),
        "lasts_minutes": facts.lasts_minutes,
        "trainer": session.trainer_name,
        "space": session.space_name,
        "status": "cancelled" if facts.cancelled else "scheduled",
    }


def _pass(notice: ToldNotice) -> dict[str, Any] | None:
    pass_ = notice.pass_
    if pass_ is None:
        return None
    return {
        "id": str(pass_.id),
        "name": notice.pass_name,
        "active": pass_.active,
        "sessions_left": pass_.sessions_left,
        "expires_at": None if pass_.expires_at is None else _plain_instant(pass_.expires_at),
    }


def _plain_instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
