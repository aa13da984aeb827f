"""Read single cells: what a cell says, or a complaint about it and None."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from ops.csv_file import Complaints, Row

TEXT_MAX = 200  # characters in a name or key
NUMBER_MAX = 1_000_000
YEARS = range(1970, 3000)

_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@(?:[^\s@.<>()\[\],;:\\\"]+\.)+[^\s@.<>()\[\],;:\\\"]{2,}")
_EMAIL_MAX = 254  # characters, as mail servers have it
_NUMBER = re.compile(r"-?[0-9]{1,12}")
_LOCAL_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?", re.ASCII)
_WITH_OFFSET = re.compile(r".*(Z|[+-]\d{2}:?\d{2})", re.IGNORECASE | re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Value = TypeVar("Value")


class _CellError(Exception):
    """The cell says nothing that can be used; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one row, and where to complain about them. Each reader returns None after complaining."""

    row: Row
    complaints: Complaints

    def complain(self, column: str, reason: str) -> None:
        """Complain about this cell."""
        self.complaints.add(self.row.file, self.row.line, column, reason)

    def text(self, column: str) -> str | None:
        """Read a name or a key: not empty, not long, no control characters."""
        return self._read(column, _text)

    def email(self, column: str) -> str | None:
        """Read an e-mail address."""
        return self._read(column, _email)

    def number(self, column: str, *, least: int) -> int | None:
        """Read a whole number from `least` to a million."""
        return self._read(column, lambda value: _number(value, least))

    def local_time(self, column: str, zone: ZoneInfo) -> datetime | None:
        """Read a wall-clock time of the zone and return the instant in UTC.

        A time that the clocks skip is refused. Of a time that they show twice the first is taken, with a warning.
        """
        instant = self._read(column, lambda value: _local_time(value, zone))
        if instant is not None and _comes_twice(instant, zone):
            wall = self.row.cells[column]
            reason = f"{wall} comes twice in {zone.key} as the clocks are put back; the first of the two is taken"
            self.complaints.warn(self.row.file, self.row.line, column, reason)
        return instant

    def end_of_day(self, column: str, zone: ZoneInfo) -> datetime | None:
        """Read a date and return the instant at which that day of the zone is over."""
        return self._read(column, lambda value: _end_of_day(value, zone))

    def _read(self, column: str, reader: Callable[[str], Value]) -> Value | None:
        try:
            return reader(self.row.cells[column])
        except _CellError as error:
            self.complain(column, str(error))
            return None


def _text(value: str) -> str:
    if not value:
        raise _CellError("must not be empty")
    if len(value) > TEXT_MAX:
        raise _CellError(f"has {len(value)} characters, at most {TEXT_MAX} are allowed")
    if not value.isprintable():
        raise _CellError("contains a line break or another control character")
    return value


def _email(value: str) -> str:
    if len(value) > _EMAIL_MAX or not value.isprintable() or not _EMAIL.fullmatch(value):
        raise _CellError(f"{value[:TEXT_MAX]!r} is not an e-mail address")
    return value


def _number(value: str, least: int) -> int:
    if not _NUMBER.fullmatch(value):
        raise _CellError(f"{value[:TEXT_MAX]!r} is not a whole number")
    if not least <= int(value) <= NUMBER_MAX:
        raise _CellError(f"must be from {least} to {NUMBER_MAX}, not {value}")
    return int(value)


def _local_time(value: str, zone: ZoneInfo) -> datetime:
    if not _LOCAL_TIME.fullmatch(value):
        hint = "it must be like 2030-06-03T18:30:00"
        if _WITH_OFFSET.fullmatch(value):
            hint += f", in the time of {zone.key} and without an offset"
        raise _CellError(f"{value[:TEXT_MAX]!r} is not a local time; {hint}")
    wall = _existing(value)
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != wall:
        reason = f"{value} does not exist in {zone.key}: the clocks are put forward over it"
        raise _CellError(f"{reason}; choose another time")
    return instant


def _comes_twice(first: datetime, zone: ZoneInfo) -> bool:
    """Whether the zone's clocks, which show this time first at `first`, show it again later."""
    return first.astimezone(zone).replace(fold=1).astimezone(UTC) != first


def _end_of_day(value: str, zone: ZoneInfo) -> datetime:
    if not _DATE.fullmatch(value):
        raise _CellError(f"{value[:TEXT_MAX]!r} is not a date; it must be like 2030-12-31")
    day = _existing(value).date()
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def _existing(value: str) -> datetime:
    try:
        read = datetime.fromisoformat(value)
    except ValueError as error:
        raise _CellError(f"{value!r} does not exist ({error})") from None
    if read.year not in YEARS:
        raise _CellError(f"the year must be from {YEARS.start} to {YEARS.stop - 1}")
    return read
