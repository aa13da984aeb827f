"""Series as staff plan and see them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, model_validator

from api.language import N_, gettext
from api.models.common import Answer, Cursor, Input, Instant, Named, NextCursor
from api.models.planning import PlanBody, PlanConflict, conflict_values
from api.models.wall_times import Day, ShownLocal, ShownTime, WallTime
from domain.series import OCCURRENCES_MAX, WEEKDAYS, Frequency, Recurrence
from storage.planning import Conflict
from storage.queries.series import SeriesRow

Weekday = Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
INTERVAL_MAX = 52
TIMES_MAX = 48
EXCEPTIONS_MAX = 400


class SeriesBody(PlanBody):
    """A series to plan. Days and times are those of the studio's clocks."""

    frequency: Frequency
    interval: Annotated[int, Field(strict=True, ge=1, le=INTERVAL_MAX)] = 1
    weekdays: list[Weekday] = Field([], max_length=7, description="Weekly: the days. Monthly with `nth`: one day.")
    month_day: Annotated[int, Field(strict=True, ge=1, le=31)] | None = Field(None, description="Monthly, on this day.")
    nth: Literal[1, 2, 3, 4, -1] | None = Field(
        None, description="Monthly, on this one of its weekday; -1 is the last."
    )
    times: list[WallTime] = Field(min_length=1, max_length=TIMES_MAX, description="When it begins on each of its days.")
    starts_on: Day
    ends_on: Day | None = Field(None, description="The last day it may take place on.")
    count: Annotated[int, Field(strict=True, ge=1, le=OCCURRENCES_MAX)] | None = Field(
        None, description="How many sessions; exceptions count. Without this and `ends_on` it is planned a year ahead."
    )
    except_on: list[Day] = Field([], max_length=EXCEPTIONS_MAX, description="Days that are left out.")
    leave_out_conflicts: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="Make what is not in the way of anything; otherwise all or nothing is made."
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> "SeriesBody":
        said = None
        if self.frequency is Frequency.WEEKLY and not self.weekdays:
            said = N_("A weekly series needs the days of the week it takes place on")
        if self.frequency is Frequency.MONTHLY and (self.month_day is None) == (self.nth is None):
            said = N_("A monthly series takes place either on a day of the month or on an nth day of the week")
        if self.frequency is Frequency.MONTHLY and self.nth is not None and len(self.weekdays) != 1:
            said = N_("An nth day of the week needs exactly one day of the week")
        if self.ends_on is not None and self.ends_on < self.starts_on:
            said = N_("The series ends before it begins; choose a later last day")
        if self.ends_on is not None and self.count is not None:
            said = N_("Give a last day or a number of sessions, not both")
        if said:
            raise ValueError(gettext(said))
        return self

    def recurrence(self) -> Recurrence:
        """Return when it takes place; what its frequency has no use for is passed over."""
        by_weekday = self.frequency is Frequency.WEEKLY or self.nth is not None
        monthly = self.frequency is Frequency.MONTHLY
        return Recurrence(
            self.frequency,
            self.starts_on,
            tuple(sorted(set(self.times))),
            self.interval,
            weekdays=tuple(sorted({WEEKDAYS.index(day) for day in self.weekdays})) if by_weekday else (),
            month_day=self.month_day if monthly else None,
            nth=self.nth if monthly else None,
            ends_on=self.ends_on,
            count=self.count,
            except_on=frozenset(self.except_on),
        )


class SeriesOccurrence(Answer):
    """One session of a series that is about to be made."""

    starts_at: Instant
    ends_at: Instant
    moved: bool = Field(description="The clocks skip its time on this day, so it begins an hour later by them.")


class SeriesConflict(PlanConflict):
    """A session in the way, with when the series would be there."""

    planned_at: Instant

    @classmethod
    def at(cls, found: Conflict, planned_at: datetime) -> "SeriesConflict":
        """Return the conflict as staff see it."""
        return cls(**conflict_values(found), planned_at=planned_at)


class SeriesPreview(Answer):
    """What a series would be, and what is in its way."""

    sessions: int = Field(description="How many sessions it has, those included that are blocked.")
    blocked: int = Field(description="How many of them cannot be, because a planned session is there.")
    first: list[SeriesOccurrence] = Field(description="The first ten, and any that the clocks move.")
    last_starts_at: Instant
    conflicts: list[SeriesConflict] = Field(description="At most 200 of them, the blocking ones first.")
    conflicts_count: int
    time_zone: str


class SeriesQuery(Input):
    """Which series are wanted."""

    cursor: Cursor | None = None
    limit: int | None = Field(None, ge=1, description="How many at most; never more than the server's page size.")


class Series(Answer):
    """A series of sessions."""

    id: UUID
    training: Named
    trainer: Named
    space: Named
    rule: str = Field(description="The days it takes place on, as an RRULE (RFC 5545).")
    times: list[ShownTime]
    starts_on: date
    ends_on: date | None
    count: int | None
    except_on: list[date]
    planned_through: date = Field(description="Up to and including which day its sessions are in the schedule.")
    lasts_minutes: int
    capacity: int
    goes_on: bool = Field(
        description="Whether it is planned further, day by day, a year ahead: it has no end, and nothing it is made of "
        "is retired."
    )
    left_out_at: list[ShownLocal] = Field(
        description="When it is to come without a session, because another one was there; by the studio's clocks."
    )
    coming: int = Field(description="How many of its sessions are still to begin.")

    @classmethod
    def of(cls, row: SeriesRow) -> "Series":
        """Return the series as staff see it."""
        return cls(**series_values(row))


def series_values(row: SeriesRow) -> dict[str, Any]:
    """Return what is shown of a series, just planned or not."""
    return {
        **{name: getattr(row, name) for name in Series.model_fields.keys() - {"training", "trainer", "space"}},
        "training": Named(id=row.training_id, name=row.training_name),
        "trainer": Named(id=row.trainer_id, name=row.trainer_name),
        "space": Named(id=row.space_id, name=row.space_name),
    }


class SeriesMade(Series):
    """A series that was just planned."""

    made: int = Field(description="How many sessions were put into the schedule.")
    left_out: int = Field(description="How many were left out, because a planned session is there.")


class SeriesPage(Answer):
    """Series, the newest first."""

    items: list[Series]
    next_cursor: NextCursor


class SeriesSessionEntry(Answer):
    """One session of a series as it stands now."""

    id: UUID
    starts_at: Instant
    lasts_minutes: int
    capacity: int
    trainer_name: str
    space_name: str
    cancelled: bool


class SeriesSessions(Answer):
    """The sessions of a series that are still to begin, in order."""

    items: list[SeriesSessionEntry]
    next_cursor: NextCursor
