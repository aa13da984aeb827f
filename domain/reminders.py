"""When a member is reminded of a session.

A reminder belongs to a *lead*, a duration before the start: elapsed time, so a change of the clocks in between moves
nothing. When its moment falls into the member's quiet hours it goes out before them, never after.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.quiet_hours import LONGEST, QuietHours

LEADS_MAX = 5
LEAD_MINUTES_MAX = 14 * 24 * 60


def leads_from(minutes: Sequence[int]) -> tuple[int, ...]:
    """Return these leads, in minutes, longest first; none of them means that nobody is reminded.

    Raises `ValueError` with a sentence for what makes no sense: a lead that is not before the start or more than 14
    days before it, one that comes twice, more than five.
    """
    if len(minutes) > LEADS_MAX:
        raise ValueError(f"At most {LEADS_MAX} reminders are sent for a session, not {len(minutes)}.")
    for one in minutes:
        if not 1 <= one <= LEAD_MINUTES_MAX:
            raise ValueError(
                f"A reminder goes out from 1 to {LEAD_MINUTES_MAX} minutes (14 days) before the start, not {one}."
            )
        if minutes.count(one) > 1:
            raise ValueError(f"{one} minutes before the start come twice; name each reminder once.")
    return tuple(sorted(minutes, reverse=True))


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder: `moment` is the lead before the start, `goes_out_at` that or the begin of the quiet time before."""

    lead: timedelta
    moment: datetime
    goes_out_at: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a booking came to: the reminder to send now, if any, and when to look again (None: never)."""

    reminder: Reminder | None
    again_at: datetime | None


def first_look_at(starts_at: datetime, leads: Iterable[timedelta], *, now: datetime) -> datetime | None:
    """Return when to look first at a booking that has its place from `now` on, whatever its member's quiet hours.

    None when there is nothing to remind of. The look comes early enough for the longest quiet hours there can be.
    """
    longest = max(leads, default=None)
    if longest is None or starts_at <= now:
        return None
    return max(now, starts_at - longest - LONGEST)


def look(
    *,
    starts_at: datetime,
    leads: Iterable[timedelta],
    quiet_hours: QuietHours | None,
    zone: ZoneInfo,
    since: datetime,
    confirmed_at: datetime,
    now: datetime,
) -> Look:
    """Look at `now` at a booking that was to be looked at `since`; the next look is to come at `again_at`.

    Of several reminders that are due at once, after an outage for instance, only the last is sent. One that was to
    go out before the place was confirmed (`confirmed_at`) is not made up for: the member has just been told. One
    whose quiet hours had begun already when its session was moved, or the leads or the quiet hours were changed,
    goes out at once rather than never. A change of these asks for a new look, and a reminder may then be found due a
    second time: whoever writes it down does so once for each lead and start.
    """
    if starts_at <= now:
        return Look(None, None)
    all_ = sorted(
        (_reminder(starts_at, lead, quiet_hours, zone) for lead in leads), key=lambda reminder: reminder.moment
    )
    due = [one for one in all_ if one.goes_out_at <= now and one.moment >= since and one.goes_out_at >= confirmed_at]
    later = [one.goes_out_at for one in all_ if one.goes_out_at > now]
    return Look(due[-1] if due else None, min(later, default=None))


def _reminder(starts_at: datetime, lead: timedelta, quiet_hours: QuietHours | None, zone: ZoneInfo) -> Reminder:
    moment = starts_at - lead
    quiet = quiet_hours.around(moment, zone) if quiet_hours else None
    return Reminder(lead, moment, quiet[0] if quiet else moment)
