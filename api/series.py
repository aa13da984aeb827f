"""From what staff wrote to a series that can be planned, and what would come of it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from api.language import N_, gettext
from api.models.series import SeriesBody, SeriesConflict, SeriesOccurrence, SeriesPreview
from api.planning import AHEAD_MAX, read_plan
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from domain.facts import TrainingSession
from domain.series import AHEAD, OCCURRENCES_MAX, Occurrence, Recurrence, first_overlap
from domain.wall_clock import Shown
from storage.database import Db
from storage.identifiers import new_id
from storage.planning import Conflict
from storage.series import Planned, Series
from workers.recurrence import TooManyError, occurrences, reaches_its_count

FIRST_MAX = 10
CONFLICTS_MAX = 200


@dataclass(frozen=True, slots=True)
class SeriesPlan:
    """A series about to be made; `found` and `planned` go side by side."""

    series: Series
    found: list[Occurrence]
    planned: list[Planned]
    time_zone: str


def read_series(db: Db, body: SeriesBody) -> SeriesPlan:
    """Return the series with each of its sessions; one that makes no sense is a problem that names the field."""
    plan, now = read_plan(db, body), datetime.now(UTC)
    today = now.astimezone(plan.zone).date()
    recurrence = body.recurrence()
    through = _through(recurrence, today)
    try:
        found = occurrences(recurrence, plan.zone, through=through, after=now)
    except TooManyError:
        said = gettext(N_("This makes more than %(number)s sessions; choose an earlier end, or plan it in parts."))
        raise _wrong("ends_on", said % {"number": OCCURRENCES_MAX}) from None
    if recurrence.count is not None and not reaches_its_count(recurrence, through=through):
        said = gettext(N_("These reach more than five years ahead; choose fewer sessions, or plan them in parts."))
        raise _wrong("count", said)
    if not found:
        raise _wrong("starts_on", gettext(N_("This makes no session at all; choose other days, or a later end.")))
    pattern = plan.at(found[0].starts_at)
    if overlap := first_overlap(found, pattern.lasts_minutes):
        said = gettext(
            N_("Its own sessions run into each other at %(moment)s; choose other times or a shorter duration.")
        )
        raise _wrong("times", said % {"moment": f"{overlap.local:%Y-%m-%d %H:%M}"})
    series = Series(
        new_id(), pattern, recurrence.rule, recurrence.times, recurrence.starts_on, recurrence.ends_on,
        recurrence.count, tuple(sorted(recurrence.except_on)),
        found[-1].local.date() if recurrence.count is not None else through,
    )  # fmt: skip
    planned = [Planned(plan.at(one.starts_at), one.local) for one in found]
    return SeriesPlan(series, found, planned, plan.zone.key)


def preview_of(plan: SeriesPlan, conflicts: list[Conflict]) -> SeriesPreview:
    """Return what would come of the plan."""
    shown = [
        occurrence(found, one.training_session)
        for number, (found, one) in enumerate(zip(plan.found, plan.planned, strict=True))
        if number < FIRST_MAX or found.shown is Shown.NEVER
    ]
    return SeriesPreview(
        sessions=len(plan.planned),
        blocked=len({one.number for one in conflicts if one.blocks}),
        first=shown,
        last_starts_at=plan.planned[-1].training_session.starts_at,
        conflicts=told(plan, conflicts),
        conflicts_count=len(conflicts),
        time_zone=plan.time_zone,
    )


def told(plan: SeriesPlan, conflicts: list[Conflict]) -> list[SeriesConflict]:
    """Return the conflicts as staff see them, the blocking ones first, and not too many."""
    first = sorted(conflicts, key=lambda one: not one.blocks)[:CONFLICTS_MAX]
    return [SeriesConflict.at(one, plan.planned[one.number].training_session.starts_at) for one in first]


def occurrence(found: Occurrence, session: TrainingSession) -> SeriesOccurrence:
    """Return an occurrence as staff see it."""
    ends_at = session.starts_at + timedelta(minutes=session.lasts_minutes)
    return SeriesOccurrence(starts_at=session.starts_at, ends_at=ends_at, moved=found.shown is Shown.NEVER)


def day_before(day: date) -> date:
    """Return the day before; the first day there is has none before it."""
    return day if day == date.min else day - timedelta(days=1)


def _through(recurrence: Recurrence, today: date) -> date:
    """Return the last day to plan; a series that begins or ends out of reach is a problem."""
    farthest = today + AHEAD_MAX
    if recurrence.starts_on < today:
        raise _wrong("starts_on", gettext(N_("This day is past; begin today or later.")))
    for field, day in (("starts_on", recurrence.starts_on), ("ends_on", recurrence.ends_on)):
        if day is not None and day > farthest:
            raise _wrong(field, gettext(N_("This is more than five years ahead; choose a day that comes sooner.")))
    if recurrence.ends_on is not None:
        return recurrence.ends_on
    return farthest if recurrence.count is not None else recurrence.starts_on + AHEAD


def _wrong(field: str, said: str) -> ProblemError:
    return ProblemError(ProblemCode.INVALID_INPUT, errors={field: said})
