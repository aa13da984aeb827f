"""How the system runs: what `/ops` shows, in one answer."""

from apiflask import APIBlueprint

from api.models.operations import Operations
from api.openapi import Access, operation
from api.operations import look
from api.problem_codes import ProblemCode
from api.services import services

routes = APIBlueprint("operations", __name__, tag="Operating")


@routes.get("/v1/staff/operations")
@operation(access=Access.ADMIN, problems=[ProblemCode.DATABASE_UNAVAILABLE])
@routes.output(Operations)
def get_operations() -> Operations:
    """Tell how the system runs.

    Rates, what waits, workers, deliveries, servers and the last hour; `wrong` names what needs somebody's hand. It
    answers without Redis, too. For admins and owners.
    """
    return look(services())
