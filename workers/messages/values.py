"""What the templates are filled with: everything about a notice, on one line each and in the studio's time."""

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from domain.booking import cancelling_closes_at, refunding_closes_at
from domain.events import CancelledBy
from domain.facts import BookingStatus
from domain.notices import WITH_A_LINK, NoticeKind
from domain.refusals import SENTENCES, RefusalReason
from storage.queries.bookings import MyBooking
from storage.told import ToldNotice
from workers.messages.errors import MessageError
from workers.messages.plain import plain, plain_value
from workers.messages.rendering import FAULTS, TEMPLATES, unwritten
from workers.messages.times import StudioTime

Values = dict[str, object]

_ABOUT_A_PASS = frozenset(
    {
        NoticeKind.PASS_RUNNING_LOW,
        NoticeKind.PASS_EXPIRING,
        NoticeKind.PASS_GRANTED,
        NoticeKind.PASS_EXTENDED,
        NoticeKind.PASS_DEACTIVATED,
        NoticeKind.PASS_ACTIVATED,
        NoticeKind.PASS_CHANGED,
        NoticeKind.PASS_REQUEST_DECLINED,
    }
)


def speaks_of_a_pass(kind: NoticeKind) -> bool:
    """Whether this kind speaks of the notice's own pass, or of one that was asked for.

    Those that do not, and carry no link, speak of its booking.
    """
    return kind in _ABOUT_A_PASS


def values_of(notice: ToldNotice, *, said_at: datetime | None = None) -> Values:
    """Return the values a template may use; what a notice has not is left out, so that using it is an error.

    "Tomorrow", and whether it is too late to cancel, are seen from `said_at`, or else from when the notice was written.
    Raises `MessageError` when the booking, pass or link that the kind speaks of is missing, or a detail is not what it
    should be.
    """
    if missing := _missing(notice):
        raise MessageError(f"notice {notice.id} ({notice.kind}) cannot be written: there is no {missing}")
    try:
        return _values(notice, StudioTime(ZoneInfo(notice.time_zone), said_at or notice.created_at))
    except FAULTS as error:
        raise unwritten(notice, template_of(notice.kind), error) from error


@cache
def template_of(kind: NoticeKind, language: str = "en") -> str:
    """Return the name of the template that holds this kind's words; the English one where this language has none."""
    translated = f"{language}/{kind}.txt"
    return translated if (TEMPLATES / translated).is_file() else f"{kind}.txt"


def _missing(notice: ToldNotice) -> str | None:
    if notice.kind in WITH_A_LINK:
        return "link to a password" if notice.link is None else None
    if notice.kind is NoticeKind.PASS_REQUEST_DECLINED:
        return None
    if speaks_of_a_pass(notice.kind):
        return f"pass {notice.pass_id}" if notice.pass_ is None else None
    return f"booking {notice.booking_id}" if notice.booking is None else None


def _values(notice: ToldNotice, time: StudioTime) -> Values:
    values: Values = {
        "speaks_of_a_pass": speaks_of_a_pass(notice.kind),
        "carries_a_link": notice.kind in WITH_A_LINK,
        "is_guest": notice.is_guest,
        "to_a_password": notice.kind in WITH_A_LINK or (notice.is_guest and speaks_of_a_pass(notice.kind)),
        "studio": plain(notice.studio_name),
        "member": plain(notice.member_name),
        "refunded": notice.refunded,
        "details": plain_value(notice.details),
        "at": time.at,
        **_of_details(notice),
    }
    if notice.booking is not None:
        values |= _of_booking(notice, notice.booking, time)
    if notice.pass_ is not None:
        values |= _of_pass(notice, time)
    if notice.kind is NoticeKind.PASS_REQUEST_DECLINED:
        values |= {"pass_name": plain(notice.details["type"]), "last_valid": None, "whole_day": False}
    if notice.link is not None:
        values["link_holds_until"] = time.at(notice.link.expires_at)
    return values


def _of_details(notice: ToldNotice) -> Values:
    values: Values = {}
    if "by" in notice.details:
        values["by"] = str(CancelledBy(notice.details["by"]))
    if "reasons" in notice.details:
        values["reasons"] = [SENTENCES[RefusalReason(reason)] for reason in notice.details["reasons"]]
    return values


def _of_booking(notice: ToldNotice, mine: MyBooking, time: StudioTime) -> Values:
    session, facts = mine.session, mine.session.training_session
    starts_at = notice.starts_at or facts.starts_at
    return {
        "session": plain(session.training_name),
        "trainer": plain(session.trainer_name),
        "space": plain(session.space_name),
        "starts": time.at(starts_at),
        "ends": time.at(starts_at + timedelta(minutes=facts.lasts_minutes)),
        "line_moves_until": time.at(starts_at - facts.promotion_deadline) if facts.promotes_at(time.said_at) else None,
        "status": str(mine.booking.status),
        "offer_minutes": facts.policies.offer.minutes if facts.policies.offer else None,
        "place_in_line": mine.place_in_line or notice.details.get("place_in_line"),
        "pass_name": plain(mine.pass_name),
        **_offered(notice, mine, time),
        **_cancelling(notice, mine, time),
    }


def _offered(notice: ToldNotice, mine: MyBooking, time: StudioTime) -> Values:
    """Say until when an offer stands: the one the notice tells of, or else the booking's own."""
    until = notice.details.get("until")
    offered_until = datetime.fromisoformat(until) if until else mine.booking.offered_until
    return {} if offered_until is None else {"offered_until": time.at(offered_until)}


def _cancelling(notice: ToldNotice, mine: MyBooking, time: StudioTime) -> Values:
    """Say until when the place can be given back, and until when with a refund: None when that is over as it is said.

    Left out when nothing can be said: without a place, or when the session has moved since.
    """
    session, booking = mine.session.training_session, mine.booking
    if booking.status is not BookingStatus.CONFIRMED or notice.starts_at not in {None, session.starts_at}:
        return {}
    closing = {
        "cancel_until": cancelling_closes_at(session, booking),
        "refund_until": refunding_closes_at(session, booking),
    }
    if free_until := notice.details.get("free_cancelling_until"):
        free = min(datetime.fromisoformat(free_until), session.starts_at)
        closing = {name: max(at, free) for name, at in closing.items()}
    return {name: time.at(at) if at > time.said_at else None for name, at in closing.items()}


def _of_pass(notice: ToldNotice, time: StudioTime) -> Values:
    """Say what the notice says of its pass, and where it is silent, how the pass stands."""
    pass_ = notice.pass_
    if pass_ is None:
        return {}
    expires_at = notice.details.get("expires_at", pass_.expires_at)
    last, whole_day = time.last_valid(expires_at) if expires_at else (None, False)
    return {
        "pass_name": plain(notice.pass_name or ""),
        "sessions_left": notice.details.get("sessions_left", pass_.sessions_left),
        "last_valid": last,
        "whole_day": whole_day,
    }
