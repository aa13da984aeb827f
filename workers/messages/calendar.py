"""A booking as an event of a calendar, and the calendar part of a mail: a place that begins, changes or ends.

iCalendar (RFC 5545) in the manner of iTIP (RFC 5546), carried as iMIP says (RFC 6047): `REQUEST` puts the session into
the member's calendar or changes it there, `CANCEL` takes it out. Calendars know it again by its UID, and of two states
believe that with the higher SEQUENCE, or at the same SEQUENCE the later DTSTAMP.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from functools import cache
from typing import Literal
from urllib.parse import quote

from icalendar import Calendar, Event, vCalAddress, vDatetime, vInt, vText, vUri

from domain.facts import BookingStatus
from domain.notices import NoticeKind
from storage.deliveries import Delivery
from storage.queries.bookings import MyBooking
from storage.settings import Settings
from storage.told import ToldNotice
from workers.messages.links import host_of, session_url
from workers.messages.plain import plain

PRODUCT = "-//Seatline//Seatline//EN"

_REQUESTS = frozenset(
    {
        NoticeKind.BOOKING_CONFIRMED,
        NoticeKind.PROMOTED,
        NoticeKind.SESSION_RESCHEDULED,
        NoticeKind.SESSION_UPDATED,
    }
)


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """`method` is `REQUEST` or `CANCEL`, and must stand in the part's content type too; `content` is iCalendar."""

    method: str
    content: bytes


def calendar_part_for(
    delivery: Delivery, settings: Settings, *, organizer: Address, attendee: Address
) -> CalendarPart | None:
    """Return what the notice means for the member's calendar; None when it means nothing."""
    notice = delivery.notice
    method = _method(notice)
    if notice.booking is None or method is None:
        return None
    event = event_of_booking(
        notice.booking,
        settings,
        studio_name=notice.studio_name,
        said_at=delivery.now,
        status="CONFIRMED" if method == "REQUEST" else "CANCELLED",
    )
    event["ORGANIZER"] = person(organizer)
    event["ATTENDEE"] = person(attendee, PARTSTAT="ACCEPTED")
    begin, end = _around_event(method)
    return CalendarPart(method, begin + event.to_ical() + end)


def event_of_booking(
    mine: MyBooking,
    settings: Settings,
    *,
    studio_name: str,
    said_at: datetime,
    status: Literal["CONFIRMED", "CANCELLED"],
) -> Event:
    """Return the booking's event, which mails, downloads and feeds share, so that a calendar has it once.

    The UID belongs to the booking, SEQUENCE is the session's position, which grows with every change of the session.
    Times are UTC. What belongs to one way alone, such as who invites whom, is for the caller to add.
    """
    session = mine.session.training_session
    starts_at = session.starts_at.astimezone(UTC)
    return Event(
        {
            "UID": vText(f"{mine.booking.id}@{host_of(settings)}"),
            "SEQUENCE": vInt(mine.session.position),
            "DTSTAMP": vDatetime(said_at.astimezone(UTC)),
            "DTSTART": vDatetime(starts_at),
            "DTEND": vDatetime(starts_at + timedelta(minutes=session.lasts_minutes)),
            "SUMMARY": vText(plain(mine.session.training_name)),
            "LOCATION": vText(f"{plain(mine.session.space_name)}, {plain(studio_name)}"),
            "STATUS": vText(status),
            "URL": vUri(session_url(settings, session.id)),
        }
    )


def person(address: Address, **parameters: str) -> vCalAddress:
    """Return the address as an organizer or attendee, with the name beside it where there is one."""
    mailbox = quote(address.addr_spec, safe="@+!$*'")
    written = vCalAddress(f"mailto:{mailbox}")
    if address.display_name:
        written.params["CN"] = address.display_name
    written.params.update(parameters)
    return written


@cache
def _around_event(method: str) -> tuple[bytes, bytes]:
    """Return the lines of a calendar before and behind its event; they are the same in every mail."""
    calendar = Calendar({"PRODID": vText(PRODUCT), "VERSION": vText("2.0"), "METHOD": vText(method)})
    begin, end, line_end = calendar.to_ical().partition(b"END:VCALENDAR")
    return begin, end + line_end


def _method(notice: ToldNotice) -> str | None:
    if notice.booking is None:
        return None
    if notice.kind in _REQUESTS:
        return "REQUEST" if notice.booking.booking.status is BookingStatus.CONFIRMED else None
    if notice.kind is NoticeKind.BOOKING_CANCELLED:
        return "CANCEL"
    # A cancelled session tells those who waited too; they have nothing in their calendars.
    return "CANCEL" if notice.kind is NoticeKind.SESSION_CANCELLED and notice.refunded else None
