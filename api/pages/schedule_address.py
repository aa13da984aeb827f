"""What the address of the schedule asks for, and the addresses of what lies beside it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from urllib.parse import urlencode
from uuid import UUID

from flask import request

from api.models.common import Named

YEAR_MIN, YEAR_MAX = 2000, 2100  # far outside any schedule, and far inside what dates can hold
DAYS_MAX = 92  # a quarter of a year, whichever its months
DAY, WEEK = timedelta(days=1), timedelta(days=7)


class View(StrEnum):
    """How the schedule is shown; the value is the path."""

    LIST = "/"
    WEEK = "/week"
    MONTH = "/month"


class Fault(StrEnum):
    """What is wrong with a part of the address; the page has the words."""

    NO_DATE = "no_date"
    FAR = "far"
    BACKWARDS = "backwards"
    LONG = "long"
    UNKNOWN = "unknown"


class BadAddressError(Exception):
    """The address makes no sense; `faults` says which of its parts, and why."""

    def __init__(self, faults: dict[str, Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the studio's calendar, from the first to the last, both among them."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __iter__(self) -> Iterator[date]:
        return (self.first + number * DAY for number in range(self.count))

    @property
    def count(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1

    @property
    def after(self) -> date:
        """The first day that is not among them any more."""
        return self.last + DAY

    def shifted(self, days: int) -> "Days":
        """Return as many days, so much later."""
        return Days(self.first + days * DAY, self.last + days * DAY)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the address asks for: a view, of one trainer, of one training; None is all of them.

    `chosen` are the dates somebody asked for. The list shows exactly these; a week and a month are always whole, so
    there they only say where to begin, and are kept for the way back to the list. `day` is where that is.
    """

    view: View
    day: date
    chosen: Days | None
    trainer: UUID | None
    training: UUID | None

    @property
    def days(self) -> Days:
        """The days that are shown."""
        if self.view is View.LIST and self.chosen:
            return self.chosen
        return _month_of(self.day) if self.view is View.MONTH else _week_of(self.day)

    @property
    def period(self) -> str:
        """What the days are together: the dates that were chosen, a week, or a month."""
        if self.view is View.LIST and self.chosen:
            return "dates"
        return "month" if self.view is View.MONTH else "week"

    @property
    def is_filtered(self) -> bool:
        """Whether only some of the days' sessions are shown."""
        return self.trainer is not None or self.training is not None

    def at(self, day: date | None = None) -> str:
        """Return the address of this view, where the day is, with the same filters."""
        day = day or self.day
        chosen: dict[str, object] = {}
        if self.chosen is None or (self.view is not View.LIST and day != self.chosen.first):
            chosen["day"] = day
        if self.chosen:
            chosen |= {"from": self.chosen.first, "to": self.chosen.last}
        chosen |= {"trainer": self.trainer, "training": self.training}
        return f"{self.view}?{urlencode({name: value for name, value in chosen.items() if value})}"

    def seen_as(self, path: str) -> str:
        """Return the address of another view of the same."""
        return replace(self, view=View(path)).at()

    def before(self) -> str:
        """Return the address of the days before."""
        return self._beside(-1)

    def after(self) -> str:
        """Return the address of the days behind."""
        return self._beside(1)

    def around(self, day: date) -> str:
        """Return the address of the days around, or from, this one, of which there are as many as are shown."""
        if self.view is View.LIST and self.chosen:
            return replace(self, chosen=self.chosen.shifted((day - self.chosen.first).days)).at()
        return self.at(day)

    def on(self, day: date) -> str:
        """Return the address of this one day in the list."""
        return replace(self, view=View.LIST, chosen=Days(day, day)).at()

    def whole_week(self, day: date | None = None) -> str:
        """Return the address of the list without chosen dates: of a week, as it is without them."""
        return replace(self, view=View.LIST, chosen=None).at(day)

    def unfiltered(self) -> str:
        """Return the address of the same days with all that is in them."""
        return replace(self, trainer=None, training=None).at()

    def _beside(self, side: int) -> str:
        days = self.days
        if self.view is View.MONTH:
            return self.at(days.after if side > 0 else _month_of(days.first - DAY).first)
        return self.around(days.first + side * days.count * DAY)


def read_address(view: View, *, today: date, trainers: list[Named], trainings: list[Named]) -> Shown:
    """Return what the address asks for; raise `BadAddressError` where that makes no sense."""
    faults: dict[str, Fault] = {}
    day, chosen = _read_date(faults, "day"), _read_days(faults, today)
    trainer, training = _read_choice(faults, "trainer", trainers), _read_choice(faults, "training", trainings)
    if faults:
        raise BadAddressError(faults)
    if chosen and (view is View.LIST or day is None):
        day = chosen.first
    return Shown(view, day or today, chosen, trainer, training)


def _read_days(faults: dict[str, Fault], today: date) -> Days | None:
    """Return the chosen dates. Without the last they are seven days, without the first those from today on.

    Where the last alone is given and lies behind us, they are the seven days that end with it.
    """
    first, last = _read_date(faults, "from"), _read_date(faults, "to")
    if faults.keys() & {"from", "to"}:
        return None
    if first and last:
        days = Days(first, last)
    elif first:
        days = Days(first, first + WEEK - DAY)
    elif last:
        days = Days(today if last >= today else last - WEEK + DAY, last)
    else:
        return None
    if days.last < days.first:
        faults["to"] = Fault.BACKWARDS
    elif days.count > DAYS_MAX:
        faults["to"] = Fault.LONG
    return days


def _read_date(faults: dict[str, Fault], name: str) -> date | None:
    text = request.args.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        faults[name] = Fault.NO_DATE
    elif not YEAR_MIN < day.year < YEAR_MAX:
        faults[name] = Fault.FAR
    return day


def _read_choice(faults: dict[str, Fault], name: str, choices: list[Named]) -> UUID | None:
    text = request.args.get(name, "")
    if not text:
        return None
    for choice in choices:
        if str(choice.id) == text:
            return choice.id
    faults[name] = Fault.UNKNOWN
    return None


def _week_of(day: date) -> Days:
    monday = day - day.weekday() * DAY
    return Days(monday, monday + WEEK - DAY)


def _month_of(day: date) -> Days:
    first = day.replace(day=1)
    return Days(first, (first + 31 * DAY).replace(day=1) - DAY)
