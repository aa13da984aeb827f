"""My bookings in my own calendar: one to take along, or all of them at a secret address that calendars look at."""

import hashlib
from datetime import UTC, datetime
from types import ModuleType
from uuid import UUID

import psycopg
from apiflask import APIBlueprint
from flask import Response, request
from structlog import get_logger

from api.auth import caller, no_such_member
from api.bearer_secrets import hash_of, new_secret
from api.models.calendar import CalendarFeed, NewCalendarFeed
from api.openapi import Access, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import services
from domain.facts import BookingStatus
from domain.ids import BookingId
from storage.calendar_feeds import (
    FeedOwner,
    ShownBooking,
    calendar_feed_made_at,
    end_calendar_feed,
    find_calendar_feed,
    list_shown_bookings,
    open_calendar_feed,
)
from storage.database import Db
from storage.queries.bookings import MyBooking, find_booking
from storage.queries.schedule import Studio, find_studio

SHOWN_MAX = 500

_CALENDAR = "text/calendar; charset=utf-8"
_NO_PLACE = {
    BookingStatus.OFFERED: "A place is offered to you; accept it first, then there is something for your calendar.",
    BookingStatus.WAITLISTED: "This booking waits in line; there is something for your calendar once you have a place.",
    BookingStatus.CANCELLED: "This booking is cancelled; take its session out of your calendar if it is still there.",
}


log = get_logger()

routes = APIBlueprint("calendar", __name__, tag="Calendar")


def _calendars() -> ModuleType:
    """Return what writes calendars: seldom needed, and 3 MB in every process that loads it."""
    from api import calendars  # noqa: PLC0415

    return calendars


def _calendar_answer(description: str) -> dict[str, object]:
    return {"description": description, "content": {"text/calendar": {"schema": {"type": "string"}}}}


@routes.get("/v1/me/bookings/<uuid:booking_id>/calendar")
@operation(
    access=Access.MEMBER,
    problems=[ProblemCode.BOOKING_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE],
    answers={200: _calendar_answer("One event, to be put into a calendar")},
)
def get_booking_calendar(booking_id: UUID) -> Response:
    """Take a booking along.

    As iCalendar, the same event that the mails about it speak of. Only a confirmed booking has one; one that waits
    or is cancelled is not found here, and the problem says why.
    """
    made, member_id = services(), caller().member_id

    def question(db: Db) -> tuple[MyBooking | None, Studio | None]:
        return find_booking(db, BookingId(booking_id)), find_studio(db)

    found, studio = made.ask(question)
    if found is None or studio is None or found.booking.member_id != member_id:
        raise ProblemError(ProblemCode.BOOKING_NOT_FOUND)
    if found.booking.status is not BookingStatus.CONFIRMED:
        raise ProblemError(ProblemCode.BOOKING_NOT_FOUND, _NO_PLACE[found.booking.status])
    content = _calendars().published(found, made.settings, studio_name=studio.name, said_at=datetime.now(UTC))
    headers = {"Content-Disposition": 'attachment; filename="booking.ics"'}
    return Response(content, 200, headers, content_type=f"{_CALENDAR}; method=PUBLISH")


@routes.get("/v1/me/calendar-feed")
@operation(access=Access.MEMBER, problems=[ProblemCode.DATABASE_UNAVAILABLE])
@routes.output(CalendarFeed)
def get_calendar_feed() -> CalendarFeed:
    """Show whether my calendar has an address.

    The address itself is shown only when it is made.
    """
    member_id = caller().member_id
    made_at = services().ask(lambda db: calendar_feed_made_at(db, member_id))
    return CalendarFeed(exists=made_at is not None, created_at=made_at)


@routes.post("/v1/me/calendar-feed")
@operation(access=Access.MEMBER, problems=[ProblemCode.DATABASE_UNAVAILABLE])
@routes.output(NewCalendarFeed, status_code=201)
def make_calendar_feed() -> NewCalendarFeed:
    """Make an address for my calendar.

    Subscribe to it in a calendar program. Whoever knows the address sees my bookings, so it is shown this once and
    only its SHA-256 is kept. An address made before ends. Neither a new password nor signing out ends it.
    """
    made, member_id, secret = services(), caller().member_id, new_secret()
    made_at = made.ask(lambda db: open_calendar_feed(db, member_id, secret_hash=hash_of(secret)))
    if made_at is None:
        raise no_such_member()
    return NewCalendarFeed(url=f"{made.settings.api_url}/calendar/{secret}.ics", created_at=made_at)


@routes.delete("/v1/me/calendar-feed")
@operation(
    access=Access.MEMBER,
    problems=[ProblemCode.DATABASE_UNAVAILABLE],
    answers={204: {"description": "There is no address any more"}},
)
def delete_calendar_feed() -> Response:
    """End the address of my calendar.

    Without one nothing is done.
    """
    member_id = caller().member_id
    services().ask(lambda db: end_calendar_feed(db, member_id))
    answer = Response(status=204)
    del answer.headers["Content-Type"]
    return answer


@routes.get("/calendar/<secret>.ics")
@operation(
    access=Access.PUBLIC,
    problems=[ProblemCode.NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE],
    answers={
        200: _calendar_answer("The member's places"),
        304: {"description": "Nothing has changed since the answer with the `ETag` in `If-None-Match`"},
    },
)
def get_calendar(secret: str) -> Response:
    """Read a member's calendar.

    As iCalendar, for calendar programs: the address is the right to it, and comes from POST /v1/me/calendar-feed.
    Confirmed bookings from 30 days back on and those cancelled since, at most 500, earliest first. It asks to be
    looked at again after an hour, and has an `ETag`.
    """
    made = services()

    def question(db: Db) -> tuple[FeedOwner, list[ShownBooking]] | None:
        found = find_calendar_feed(db, hash_of(secret))
        return None if found is None else (found, list_shown_bookings(db, found.member_id, limit=SHOWN_MAX))

    try:
        answered = made.ask(question)
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        # Said here, because the address must not stand in the log.
        log.warning("a calendar cannot be read", error=str(error))
        raise ProblemError(ProblemCode.DATABASE_UNAVAILABLE) from None
    if answered is None:
        raise ProblemError(ProblemCode.NOT_FOUND, "There is no calendar at this address; make a new one.")
    found, shown = answered
    content = _calendars().feed(shown, made.settings, studio_name=found.studio_name)
    answer = Response(content, content_type=_CALENDAR)
    answer.headers["Cache-Control"] = "private, no-cache"  # to be kept by the calendar alone, and asked about each time
    answer.set_etag(hashlib.sha256(content).hexdigest())
    answer.make_conditional(request)
    return answer
