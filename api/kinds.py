"""What each kind of notification is called and says, in a few words: for lists of kinds and the unsubscribe page.

Kinds that carry a secret link are none of them: nobody reads those in the app or chooses about them.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import WithJsonSchema

from api.language import gettext
from domain.notices import OPEN_KINDS, NoticeKind

OpenKind = Annotated[NoticeKind, WithJsonSchema({"type": "string", "enum": [str(kind) for kind in OPEN_KINDS]})]
"""A kind as answers show it."""


@dataclass(frozen=True, slots=True)
class KindWords:
    """A short name, and one sentence that tells what has happened."""

    title: str
    description: str


KIND_WORDS: dict[NoticeKind, KindWords] = {
    NoticeKind.BOOKING_CONFIRMED: KindWords("Booking confirmed", "You have a place in a session you booked."),
    NoticeKind.WAITLISTED: KindWords("On the waitlist", "A session was full, and you are in line for a place."),
    NoticeKind.PROMOTED: KindWords("A place from the waitlist", "You waited in line and have a place now."),
    NoticeKind.PLACE_OFFERED: KindWords("A place is offered", "You waited in line and can accept a place in time."),
    NoticeKind.OFFER_EXPIRED: KindWords("An offer has ended", "A place offered to you was not accepted in time."),
    NoticeKind.SKIPPED: KindWords("Passed over in line", "A place was free, but your pass could not pay for it."),
    NoticeKind.BOOKING_CANCELLED: KindWords("Booking cancelled", "A place of yours was given back."),
    NoticeKind.LEFT_WAITLIST: KindWords("Off the waitlist", "You no longer wait for a place in a session."),
    NoticeKind.SESSION_RESCHEDULED: KindWords("Session moved", "A session of yours takes place at another time."),
    NoticeKind.SESSION_UPDATED: KindWords("Session changed", "A session of yours has another trainer or space."),
    NoticeKind.SESSION_CANCELLED: KindWords("Session cancelled", "A session of yours does not take place."),
    NoticeKind.REMINDER: KindWords("Reminder", "A session of yours begins soon."),
    NoticeKind.PASS_RUNNING_LOW: KindWords("Pass running low", "Few sessions are left on a pass of yours."),
    NoticeKind.PASS_EXPIRING: KindWords("Pass expiring", "A pass of yours expires soon."),
    NoticeKind.PASS_GRANTED: KindWords("New pass", "The studio gave you a pass."),
    NoticeKind.PASS_EXTENDED: KindWords("Pass extended", "The studio added to a pass of yours."),
    NoticeKind.PASS_DEACTIVATED: KindWords("Pass turned off", "A pass of yours pays for nothing more for now."),
    NoticeKind.PASS_ACTIVATED: KindWords("Pass turned on", "A pass of yours pays again."),
    NoticeKind.PASS_CHANGED: KindWords("Pass changed", "A pass of yours pays for other trainings than before."),
    NoticeKind.PASS_REQUEST_DECLINED: KindWords("Request declined", "A pass that you asked for was not granted."),
}


def kind_words(kind: NoticeKind) -> KindWords:
    """Return what a kind is called and says, in the language of this request."""
    words = KIND_WORDS[kind]
    return KindWords(gettext(words.title), gettext(words.description))
