"""What staff changed, in words: what was done to what, and each value before and after."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from api.language import N_, gettext, pgettext
from api.models.staff import NotedChange
from api.pages.queries import names
from api.pages.rendering import say_day
from api.pages.staff.attendance_words import ATTENDANCE_NAMES
from api.pages.staff.role_words import ROLE_NAMES
from api.pages.staff.rule_words import say_rule
from api.routes.catalogue import get_spaces, get_trainers, get_trainings
from domain.attendance import Attendance
from domain.roles import Role
from domain.staff_changes import ChangeKind, Subject

DONE = {
    ChangeKind.MEMBER_ROLE_CHANGED: N_("Role changed"),
    ChangeKind.MEMBER_CREATED: N_("Member made"),
    ChangeKind.MEMBER_INVITED: N_("Member invited"),
    ChangeKind.GUEST_ADDED: N_("Guest added"),
    ChangeKind.MEMBER_EDITED: N_("Name or address changed"),
    ChangeKind.MEMBER_SUSPENDED: N_("Member suspended"),
    ChangeKind.MEMBER_REACTIVATED: N_("Member let in again"),
    ChangeKind.MEMBER_REMOVED: N_("Member removed"),
    ChangeKind.PASS_GRANTED: N_("Pass granted"),
    ChangeKind.PASS_EXTENDED: N_("Pass extended"),
    ChangeKind.PASS_DEACTIVATED: N_("Pass turned off"),
    ChangeKind.PASS_ACTIVATED: N_("Pass turned on"),
    ChangeKind.PASS_REQUEST_GRANTED: N_("Request for a pass granted"),
    ChangeKind.PASS_REQUEST_DECLINED: N_("Request for a pass declined"),
    ChangeKind.PASS_TYPE_CREATED: N_("Type of pass made"),
    ChangeKind.PASS_TYPE_CHANGED: N_("Type of pass changed"),
    ChangeKind.ATTENDANCE_NOTED: N_("Attendance noted"),
    ChangeKind.TRAINING_ADDED: N_("Training added"),
    ChangeKind.TRAINING_CHANGED: N_("Training changed"),
    ChangeKind.TRAINER_ADDED: N_("Trainer added"),
    ChangeKind.TRAINER_CHANGED: N_("Trainer changed"),
    ChangeKind.SPACE_ADDED: N_("Space added"),
    ChangeKind.SPACE_CHANGED: N_("Space changed"),
    ChangeKind.SESSION_PLANNED: N_("Session planned"),
    ChangeKind.SERIES_PLANNED: N_("Series planned"),
    ChangeKind.SERIES_CHANGED: N_("Rest of a series changed"),
    ChangeKind.SERIES_ENDED: N_("Series ended"),
}
"""What each kind of change is called."""

FIELDS = {
    "active": N_("Pays"),
    "attendance": N_("Came"),
    "booking_window_minutes": N_("Booking opens, minutes before"),
    "booking_deadline_minutes": N_("Booking ends, minutes before"),
    "cancellation_deadline_minutes": N_("Cancelling ends, minutes before"),
    "capacity": N_("Places"),
    "days": N_("Days"),
    "days_added": N_("Days added"),
    "description": N_("Description"),
    "email": N_("E-mail"),
    "from_on": N_("From this day on"),
    "lasts_minutes": N_("Duration in minutes"),
    "name": N_("Name"),
    "offer_minutes": N_("Minutes to accept a free place"),
    "offer_pause_from": N_("Time to accept stands still from"),
    "offer_pause_until": N_("Time to accept stands still until"),
    "offered": N_("Offered"),
    "passes": N_("Passes granted before"),
    "price": N_("Price"),
    "promotion_deadline_minutes": N_("Places go to the line until, minutes before"),
    "promotion_grace_minutes": N_("Grace after a promotion, minutes"),
    "refund_deadline_minutes": N_("Refund ends, minutes before"),
    "retired": N_("Retired"),
    "role": N_("Role"),
    "rule": N_("Repeats"),
    "sessions": N_("Sessions"),
    "sessions_added": N_("Sessions added"),
    "space_id": N_("Space"),
    "starts_at": N_("Start"),
    "starts_on": N_("First day"),
    "time": N_("Time"),
    "trainer_id": N_("Trainer"),
    "trainings": N_("Trainings"),
    "type": N_("Type"),
    "upcoming_limit": N_("Upcoming bookings of a member"),
    "waitlist_limit": N_("Longest line"),
}
"""What each value is called that a change keeps."""

UNSAID = frozenset({"member_id", "session_id"})
"""Values that only say whom or what a change was about."""

PATHS = {
    Subject.MEMBER: "/staff/members/",
    Subject.PASS: "/staff/passes/",
    Subject.PASS_REQUEST: "/staff/pass-requests/",
    Subject.PASS_TYPE: "/staff/passes/types/",
    Subject.TRAINING: "/staff/trainings/",
    Subject.TRAINER: "/staff/trainers/",
    Subject.SPACE: "/staff/spaces/",
    Subject.SESSION: "/staff/sessions/",
    Subject.SERIES: "/staff/series/",
}
"""Where each kind of thing has a page of its own."""

_LISTS = {"trainer_id": get_trainers, "space_id": get_spaces, "trainings": get_trainings}


@dataclass(frozen=True, slots=True)
class SaidChange:
    """A change for the list: what was done to what, and each value as `Places: 8 → 10`."""

    noted: NotedChange
    done: str
    path: str | None
    values_said: list[tuple[str, str]]


def say_changes(noted: Iterable[NotedChange]) -> list[SaidChange]:
    """Return the changes in the visitor's language."""
    changes = list(noted)
    called = _names_in(changes)
    return [_said(one, called) for one in changes]


def _said(noted: NotedChange, called: Mapping[str, str]) -> SaidChange:
    path = PATHS.get(noted.subject)
    values = [
        (gettext(FIELDS.get(name, name)), _from_to(name, noted, called))
        for name in [*noted.before, *(name for name in noted.after if name not in noted.before)]
        if name not in UNSAID
    ]
    return SaidChange(noted, gettext(DONE[noted.kind]), path and f"{path}{noted.subject_id}", values)


def _from_to(name: str, noted: NotedChange, called: Mapping[str, str]) -> str:
    there = [values[name] for values in (noted.before, noted.after) if name in values]
    return " → ".join(_say_value(name, value, called) for value in there)


def _say_value(name: str, value: Any, called: Mapping[str, str]) -> str:
    if name == "trainings" and value is None:
        return gettext("every training")
    if value is None or value == "":
        return pgettext("value", "none")
    if isinstance(value, bool):
        return pgettext("value", "yes") if value else pgettext("value", "no")
    if isinstance(value, list):
        return ", ".join(called.get(one, one) for one in value)
    say = _SAY.get(name)
    return called.get(str(value), str(value)) if say is None else say(str(value))


def _names_in(changes: Iterable[NotedChange]) -> dict[str, str]:
    """Return what the things are called whose ids the changes hold; lists that none speaks of are not read."""
    spoken_of = {name for one in changes for name in (*one.before, *one.after)}
    lists = [names(listing) for name, listing in _LISTS.items() if name in spoken_of]
    return {str(one.id): one.name for found in lists for one in found}


def _say_day(text: str) -> str:
    return say_day(date.fromisoformat(text))


def _say_start(text: str) -> str:
    # As the studio's clocks show it, without a zone.
    local = datetime.fromisoformat(text)
    return f"{say_day(local.date())}, {local:%H:%M}"


_SAY: dict[str, Callable[[str], str]] = {
    "role": lambda text: gettext(ROLE_NAMES[Role(text)]),
    "attendance": lambda text: gettext(ATTENDANCE_NAMES[Attendance(text)]),
    "rule": say_rule,
    "starts_at": _say_start,
    "starts_on": _say_day,
    "from_on": _say_day,
    "time": lambda text: text[:5],
    "offer_pause_from": lambda text: text[:5],
    "offer_pause_until": lambda text: text[:5],
}
