"""Who is on a session, for its trainer and the studio's office."""

from uuid import UUID

from apiflask import APIBlueprint

from api.models.roster import Roster
from api.openapi import Access, operation
from api.problems import ProblemCode, ProblemError
from api.services import services
from domain.ids import TrainingSessionId
from storage.queries.roster import find_roster

LISTED_MAX = 1000

routes = APIBlueprint("roster", __name__, tag="Staff")


@routes.get("/v1/staff/sessions/<uuid:session_id>/roster")
@operation(access=Access.TRAINER, problems=[ProblemCode.SESSION_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE])
@routes.output(Roster)
def get_roster(session_id: UUID) -> Roster:
    """Show a session's roster.

    Who has a place, the line in order, and who was passed over and why; all of one instant. For trainers, admins and
    owners.
    """
    found = services().ask(lambda db: find_roster(db, TrainingSessionId(session_id), limit=LISTED_MAX))
    if found is None:
        raise ProblemError(ProblemCode.SESSION_NOT_FOUND)
    return Roster.of(found)
