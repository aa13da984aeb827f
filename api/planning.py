"""From what staff wrote to a session that can be planned: a training's defaults, the studio's clocks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from api.language import N_, gettext
from api.models.planning import PlanBody
from api.models.policies import policies_of, policy_errors
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from domain.facts import TrainingSession
from domain.ids import SpaceId, TrainerId, TrainingId, TrainingSessionId
from domain.wall_clock import Shown, instant_of
from storage.database import Db
from storage.identifiers import new_id
from storage.named import Named
from storage.queries.schedule import find_studio
from storage.queries.staff_catalogue import DEFAULTS, find_entry, find_training

AHEAD_MAX = timedelta(days=5 * 366)
"""How far ahead a session may be planned; farther is a slip of the pen."""

_UNKNOWN = N_("There is no such thing in the catalogue; choose one of its list.")
_RETIRED = N_("This is retired; choose another one, or bring it back in the catalogue.")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a session is made of, wherever in time it will be."""

    at: Callable[[datetime], TrainingSession]
    zone: ZoneInfo


def read_plan(db: Db, body: PlanBody) -> Plan:
    """Return the plan with the training's defaults of this moment; what is unknown or retired is a bad field."""
    training = find_training(db, body.training_id)
    found = {
        "training_id": training,
        "trainer_id": find_entry(db, Named.TRAINER, body.trainer_id),
        "space_id": find_entry(db, Named.SPACE, body.space_id),
    }
    errors = {name: gettext(_UNKNOWN) for name, one in found.items() if one is None}
    errors |= {name: gettext(_RETIRED) for name, one in found.items() if one is not None and one.retired}
    if errors or training is None:
        raise ProblemError(ProblemCode.INVALID_INPUT, errors=errors)
    chosen = {name: getattr(training, name) for name in DEFAULTS}
    chosen |= {name: getattr(body, name) for name in DEFAULTS if name in body.model_fields_set}
    if clashes := policy_errors(chosen):
        raise ProblemError(ProblemCode.INVALID_INPUT, errors=clashes)
    studio = find_studio(db)
    zone = ZoneInfo("UTC" if studio is None else studio.time_zone)
    policies = policies_of(chosen, zone.key)
    booking, cancelling, promotion, grace = (
        timedelta(minutes=chosen[name])
        for name in (
            "booking_deadline_minutes",
            "cancellation_deadline_minutes",
            "promotion_deadline_minutes",
            "promotion_grace_minutes",
        )
    )

    def at(starts_at: datetime) -> TrainingSession:
        return TrainingSession(
            TrainingSessionId(new_id()),
            TrainingId(body.training_id),
            TrainerId(body.trainer_id),
            SpaceId(body.space_id),
            starts_at,
            chosen["lasts_minutes"],
            chosen["capacity"],
            booking,
            cancelling,
            promotion,
            grace,
            waitlist_limit=chosen["waitlist_limit"],
            booking_opens_at=policies.opens_at(starts_at),
            policies=policies,
        )

    return Plan(at, zone)


def refuse_unknown(db: Db, *, trainer_id: UUID | None, space_id: UUID | None) -> None:
    """End the request with a problem where one of these is unknown or retired; None is not looked at."""
    wanted = {"trainer_id": (Named.TRAINER, trainer_id), "space_id": (Named.SPACE, space_id)}
    found = {name: find_entry(db, table, id_) for name, (table, id_) in wanted.items() if id_ is not None}
    errors = {name: gettext(_UNKNOWN) for name, one in found.items() if one is None}
    errors |= {name: gettext(_RETIRED) for name, one in found.items() if one is not None and one.retired}
    if errors:
        raise ProblemError(ProblemCode.INVALID_INPUT, errors=errors)


def read_start(local: datetime, zone: ZoneInfo, *, field: str) -> datetime:
    """Return the instant of a start on the studio's clocks; one that cannot be is a bad field of this name."""
    starts_at, shown = _instant(local, zone)
    now = datetime.now(UTC)
    said = None
    if starts_at is None or starts_at > now + AHEAD_MAX:
        said = gettext(N_("This is more than five years ahead; choose a day that comes sooner."))
    elif starts_at <= now:
        said = gettext(N_("This is past; choose a time that is still to come."))
    elif shown is Shown.NEVER:
        said = gettext(N_("The clocks are put forward then and never show this time; choose another one."))
    if said is not None or starts_at is None:
        raise ProblemError(ProblemCode.INVALID_INPUT, errors={field: said or ""})
    return starts_at


def _instant(local: datetime, zone: ZoneInfo) -> tuple[datetime | None, Shown]:
    try:
        return instant_of(local, zone)
    except OverflowError:
        # Within a day of the ends of time; the first year is past by the calendar alone.
        return (datetime.min.replace(tzinfo=UTC) if local.year == 1 else None), Shown.ONCE
