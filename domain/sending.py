"""Whether a notice is sent now: does it still hold, is it wanted here, may it disturb at this hour?"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.channels import Channel, Preferences
from domain.facts import Booking, BookingStatus, Pass, TrainingSession
from domain.notices import RUNNING_LOW_AT, WITH_A_LINK, NoticeKind
from domain.password_links import PasswordLink

_ENDINGS = frozenset(
    {
        NoticeKind.BOOKING_CANCELLED,
        NoticeKind.LEFT_WAITLIST,
        NoticeKind.OFFER_EXPIRED,
        NoticeKind.SESSION_CANCELLED,
    }
)
"""What these tell stays true whatever comes after."""

CAN_WAIT = frozenset(
    {
        NoticeKind.SESSION_UPDATED,
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
"""What may lie until the morning. Reminders are no part of it: they go out before the quiet hours."""

_PASS_STANDS_SO = frozenset(
    {
        NoticeKind.PASS_RUNNING_LOW,
        NoticeKind.PASS_EXPIRING,
        NoticeKind.PASS_DEACTIVATED,
        NoticeKind.PASS_ACTIVATED,
        NoticeKind.PASS_CHANGED,
    }
)
"""What these tell of a pass is true only while it stands so."""

BEFORE_THE_START = timedelta(hours=1)  # nothing about a session waits until later than this before it


@dataclass(frozen=True, slots=True)
class Told:
    """What a notice says, beside what it speaks of as that stands now.

    `starts_at` is the session's start when the notice was written (None: unknown or no session), `expires_at` the
    pass's expiry that it speaks of. `told_before` says that the member was told the same of the same pass shortly
    before. `link` is the one it carries.
    """

    kind: NoticeKind
    starts_at: datetime | None
    expires_at: datetime | None
    booking: Booking | None
    training_session: TrainingSession | None
    pass_: Pass | None
    told_before: bool = False
    link: PasswordLink | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Send it now."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Not before `until`."""

    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Drop:
    """Never send it."""

    why: str


def before_sending(
    told: Told, channel: Channel, preferences: Preferences, *, zone: ZoneInfo, now: datetime
) -> Send | Hold | Drop:
    """Decide right before a notice is sent on this channel. The webhook is told everything but links, at once."""
    if told.kind in WITH_A_LINK and channel is not Channel.EMAIL:
        return Drop("a secret link goes by e-mail alone")
    if channel is Channel.WEBHOOK:
        return Send()
    if not preferences.wants(told.kind, channel):
        return Drop(f"the member does not want this by {channel}")
    if why := moved_on(told, now=now):
        return Drop(why)
    if until := _quiet_until(told, preferences, zone, now):
        return Hold(until, "quiet hours")
    return Send()


def moved_on(told: Told, *, now: datetime) -> str | None:
    """Return why the notice no longer says the right thing; None when it does."""
    if told.kind in _ENDINGS:
        return None
    if told.kind in WITH_A_LINK:
        return "the link is gone" if told.link is None else told.link.why_dead(now)
    if told.kind in _PASS_STANDS_SO:
        return _pass_moved_on(told, now)
    if told.booking is None or told.training_session is None:
        return None
    if told.booking.status is BookingStatus.CANCELLED:
        return "the session is cancelled" if told.training_session.cancelled else "the booking is cancelled"
    if told.starts_at is not None and told.starts_at != told.training_session.starts_at:
        return "the session was rescheduled"
    if now >= told.training_session.starts_at:
        return "the session has started"
    return _booking_moved_on(told.kind, told.booking, now)


def _booking_moved_on(kind: NoticeKind, booking: Booking, now: datetime) -> str | None:
    waits = {NoticeKind.WAITLISTED, NoticeKind.SKIPPED}
    if kind in {*waits, NoticeKind.PLACE_OFFERED} and booking.status is BookingStatus.CONFIRMED:
        return "the member has a place now"
    if kind in waits and booking.status is BookingStatus.OFFERED:
        return "a place is offered to the member"
    if kind is NoticeKind.PLACE_OFFERED and booking.offer_ended_at(now):
        return "the offer has ended"
    if kind is NoticeKind.SKIPPED and not booking.skipped:
        return "the waiter is back in line"
    return None


def _pass_moved_on(told: Told, now: datetime) -> str | None:
    pass_ = told.pass_
    if told.kind is NoticeKind.PASS_DEACTIVATED:
        return "the pass is active again" if pass_ is not None and pass_.active else None
    if pass_ is None or not pass_.active:
        return "the pass is not active"
    if told.kind is NoticeKind.PASS_ACTIVATED:
        return None
    if pass_.expires_at is not None and now >= pass_.expires_at:
        return "the pass has expired"
    if told.kind is NoticeKind.PASS_CHANGED:
        return None
    if told.kind is NoticeKind.PASS_EXPIRING:
        if told.expires_at != pass_.expires_at:
            return "the pass was extended"
        return "nothing is left on the pass" if pass_.sessions_left == 0 else None
    if pass_.sessions_left is None or pass_.sessions_left > RUNNING_LOW_AT:
        return "the pass has more sessions again"
    return "told a short while ago" if told.told_before else None


def _quiet_until(told: Told, preferences: Preferences, zone: ZoneInfo, now: datetime) -> datetime | None:
    if told.kind not in CAN_WAIT or preferences.quiet_hours is None:
        return None
    quiet = preferences.quiet_hours.around(now, zone)
    if quiet is None:
        return None
    _, end = quiet
    session = told.training_session
    if told.kind is NoticeKind.SESSION_UPDATED and session and end > session.starts_at - BEFORE_THE_START:
        return None
    return end
