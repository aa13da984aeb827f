"""Sessions that staff plan one at a time."""

from datetime import timedelta

from apiflask import APIBlueprint

from api.auth import caller
from api.models.planning import PlanConflict, SessionPlanBody, SessionPreview
from api.models.sessions import Session
from api.openapi import BODY_PROBLEMS, Access, operation
from api.planning import Plan, read_plan, read_start
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import services
from domain.facts import TrainingSession
from domain.staff_changes import ChangeKind, StaffChange, Subject
from storage.planning import TakenError, add_planned, find_conflicts
from storage.queries.schedule import find_session

_EXAMPLE = {
    "training_id": "0197d6a2-4f5e-7c3b-8a10-2f6f4f1f0c11",
    "trainer_id": "0197d6a2-4f5e-7c3b-8a10-2f6f4f1f0c12",
    "space_id": "0197d6a2-4f5e-7c3b-8a10-2f6f4f1f0c13",
    "starts_at_local": "2031-03-05T18:00",
}

routes = APIBlueprint("staff_planning", __name__, tag="Staff: planning")


@routes.post("/v1/staff/sessions/previews")
@operation(access=Access.ADMIN, problems=[*BODY_PROBLEMS, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(SessionPlanBody, example=_EXAMPLE)
@routes.output(SessionPreview)
def preview_session(json_data: SessionPlanBody) -> SessionPreview:
    """Look what a session would be.

    With what is in its way; nothing is written. For admins and owners.
    """
    plan, planned = _planned(json_data)
    found = services().ask(lambda db: find_conflicts(db, [planned]))
    return SessionPreview(
        starts_at=planned.starts_at,
        ends_at=planned.starts_at + timedelta(minutes=planned.lasts_minutes),
        time_zone=plan.zone.key,
        lasts_minutes=planned.lasts_minutes,
        capacity=planned.capacity,
        conflicts=[PlanConflict.of(one) for one in found],
    )


@routes.post("/v1/staff/sessions")
@operation(
    access=Access.ADMIN,
    problems=[*BODY_PROBLEMS, ProblemCode.SCHEDULE_CONFLICT, ProblemCode.DATABASE_UNAVAILABLE],
)
@routes.input(SessionPlanBody, example=_EXAMPLE)
@routes.output(Session, status_code=201)
def post_staff_session(json_data: SessionPlanBody) -> Session:
    """Put a session into the schedule.

    At a time of the studio's clocks. It has its space and its trainer to itself: where another planned session is, it
    is refused. A time that the clocks show twice is the first of the two. For admins and owners.
    """
    plan, planned = _planned(json_data)
    actor_id = caller().member_id
    change = StaffChange(
        ChangeKind.SESSION_PLANNED,
        Subject.SESSION,
        planned.id,
        after={"starts_at": f"{planned.starts_at.astimezone(plan.zone):%Y-%m-%d %H:%M}"},
    )
    try:
        services().ask(lambda db: add_planned(db, actor_id, planned, change))
    except TakenError:
        raise in_the_way(planned) from None
    scheduled = services().ask(lambda db: find_session(db, planned.id))
    assert scheduled is not None  # noqa: S101 - sessions are never deleted
    return Session.of(scheduled)


def in_the_way(planned: TrainingSession) -> ProblemError:
    """Return the problem that names the sessions in the way of this one."""
    found = services().ask(lambda db: find_conflicts(db, [planned]))
    conflicts = [PlanConflict.of(one).model_dump(mode="json") for one in found if one.blocks]
    return ProblemError(ProblemCode.SCHEDULE_CONFLICT, conflicts=conflicts)


def _planned(body: SessionPlanBody) -> tuple[Plan, TrainingSession]:
    plan = services().ask(lambda db: read_plan(db, body))
    return plan, plan.at(read_start(body.starts_at_local, plan.zone, field="starts_at_local"))
