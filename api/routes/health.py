"""For operators: alive, ready, and figures."""

from apiflask import APIBlueprint
from flask import Response
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from api.metrics import render
from api.models.health import Alive, Ready
from api.openapi import Access, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.readiness import unready_parts
from api.services import services

routes = APIBlueprint("health", __name__, tag="Operating")


@routes.get("/live")
@operation(access=Access.PUBLIC)
@routes.output(Alive)
def get_live() -> Alive:
    """Tell whether the process answers.

    Says nothing about the servers it needs; restart the process when this fails.
    """
    return Alive(status="live")


@routes.get("/ready")
@operation(access=Access.PUBLIC, problems=[ProblemCode.NOT_READY])
@routes.output(Ready)
def get_ready() -> Ready:
    """Tell whether requests should be sent here.

    Not ready when Postgres or Redis does not answer within 2 seconds; `errors` names which.
    """
    errors = unready_parts(services())
    if errors:
        raise ProblemError(ProblemCode.NOT_READY, errors=errors)
    return Ready(status="ready")


@routes.get("/metrics")
@operation(
    access=Access.PUBLIC,
    answers={200: {"description": "The figures", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def get_metrics() -> Response:
    """Show the figures in Prometheus' text form.

    What a server that is away would have said is left out, and its `up` figure is 0.
    """
    return Response(render(services()), content_type=CONTENT_TYPE_LATEST)
