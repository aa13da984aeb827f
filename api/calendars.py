"""Bookings as iCalendar (RFC 5545): one to take along, or all of a member's as a feed that calendars look at again.

An event is the one that mails speak of, with the same UID and SEQUENCE, so whoever uses several ways has it once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from icalendar import Calendar, vDuration, vText

from domain.facts import BookingStatus
from storage.calendar_feeds import ShownBooking
from storage.queries.bookings import MyBooking
from storage.settings import Settings
from workers.messages.calendar import PRODUCT, event_of_booking, person
from workers.messages.mail import sender_of
from workers.messages.plain import plain

LOOK_AGAIN_AFTER = timedelta(hours=1)

_FRAME = {"PRODID": vText(PRODUCT), "VERSION": vText("2.0")}


def published(mine: MyBooking, settings: Settings, *, studio_name: str, said_at: datetime) -> bytes:
    """Return a calendar with this confirmed booking, to be put into another (`PUBLISH`, RFC 5546, section 3.2.1).

    It names the studio as organizer and, as the RFC asks, nobody as attendee. `said_at` is now.
    """
    event = event_of_booking(mine, settings, studio_name=studio_name, said_at=said_at, status="CONFIRMED")
    event["ORGANIZER"] = person(sender_of(settings, studio_name))
    calendar = Calendar({**_FRAME, "METHOD": vText("PUBLISH")})
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def feed(shown: Sequence[ShownBooking], settings: Settings, *, studio_name: str) -> bytes:
    """Return a calendar with all these bookings; as long as they stand the same, its bytes are the same.

    How often to look again is said as RFC 7986 (section 5.7) has it and as older calendars read it. There is no
    method and no organizer: nobody is invited (RFC 5545, section 3.8.4.3), and DTSTAMP is when an event last changed.
    """
    name = vText(plain(studio_name))
    every = vDuration(LOOK_AGAIN_AFTER, params={"VALUE": "DURATION"})
    about = {
        "NAME": name,
        "X-WR-CALNAME": name,
        "REFRESH-INTERVAL": every,
        "X-PUBLISHED-TTL": vDuration(LOOK_AGAIN_AFTER),
    }
    calendar = Calendar({**_FRAME, **about})
    for one in shown:
        status = one.mine.booking.status
        calendar.add_component(
            event_of_booking(
                one.mine,
                settings,
                studio_name=studio_name,
                said_at=one.changed_at,
                status="CONFIRMED" if status is BookingStatus.CONFIRMED else "CANCELLED",
            )
        )
    content: bytes = calendar.to_ical()
    return content
