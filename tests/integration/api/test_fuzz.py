"""Schemathesis sends what the OpenAPI document allows and what it forbids, and compares the answers with it."""

from typing import Any
from uuid import UUID

import pytest
import schemathesis
from apiflask import APIFlask
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from api.check_in_codes import code_of
from domain.ids import BookingId
from domain.notices import NoticeKind
from tests.integration.api.conftest import WAIT, Caller, token_of
from tests.integration.api.test_documents import OPERATIONS
from tests.integration.api.test_push_subscriptions import a_subscription
from tests.integration.pass_requests import a_request_of
from tests.integration.studio import Studio
from workers.messages.links import unsubscribe_url

BOUNDS = settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)

# A stream does not end, so it is tested by hand in test_events.py.
FUZZED = [name for name in OPERATIONS if name != "GET /v1/events"]
WITHOUT_INPUT = {
    "GET /v1/studio",
    "GET /v1/me",
    "GET /v1/me/notifications/unread",
    "GET /v1/me/notification-preferences",
    "DELETE /v1/me/sign-ins",
    "GET /v1/push-key",
    "GET /v1/me/push-subscriptions",
    "GET /v1/me/calendar-feed",
    "POST /v1/me/calendar-feed",
    "DELETE /v1/me/calendar-feed",
    "GET /calendar/{secret}.ics",  # any text may be a secret, so none is bad input
    "GET /unsubscribe/{token}",  # any text may be a token, so none is bad input
    "GET /live",
    "GET /ready",
    "GET /metrics",
}
NO_SUCH_ID = "00000000-0000-4000-8000-000000000000"
WITH_INPUT = set(FUZZED) - WITHOUT_INPUT


@pytest.fixture(scope="session")
def document(app: APIFlask) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", app)


@pytest.mark.usefixtures("serving")
@pytest.mark.parametrize(
    ("name", "mode"),
    [
        (name, mode)
        for mode in GenerationMode
        for name in FUZZED
        if mode is GenerationMode.POSITIVE or name in WITH_INPUT
    ],
)
def test_every_answer_is_what_the_document_promises(
    document: Any, me: Caller, studio: Studio, name: str, mode: GenerationMode
) -> None:
    method, path = name.split()
    operation = document[path][method]
    assert me.member is not None
    # As it is: asking an app in this process, Schemathesis says that it reads compressed answers, and does not.
    headers = {"Accept-Encoding": "identity"}
    if operation.security:
        headers["Authorization"] = token_of(me.settings, me.member.id)
    booking = me.book(studio.a_session(), **WAIT).json
    if path.startswith("/v1/staff/"):
        studio.db.execute("UPDATE members SET role = 'owner' WHERE id = %s", (me.member.id,))
    real = {
        "session_id": booking["session_id"],
        "booking_id": booking["id"],
        "command_id": booking["id"],
        "member_id": str(studio.a_member().id),
        "pass_id": str(me.member.pass_id),
        "type_id": str(studio.pass_type_id),
        "subscription_id": me.post("/v1/me/push-subscriptions", a_subscription()).json["id"],
        "code": code_of(me.settings, BookingId(UUID(booking["id"]))),
        "training_id": str(studio.training_id),
        "trainer_id": str(studio.trainer_id),
        "space_id": str(studio.space_id),
        "series_id": NO_SUCH_ID,
        "request_id": a_request_of(studio, me.member),
        "secret": me.post("/v1/me/calendar-feed").json["url"].rpartition("/")[2].removesuffix(".ics"),
        "token": unsubscribe_url(me.settings, me.member.id, NoticeKind.REMINDER).rpartition("/")[2],
    }
    turn = iter(range(10_000))

    @BOUNDS
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        # Every second id is one that exists.
        if mode is GenerationMode.POSITIVE and case.path_parameters and next(turn) % 2:
            case.path_parameters = {id_: real[id_] for id_ in case.path_parameters}
        # An id or cursor that fits its pattern may still belong to nothing, so valid data need not be accepted.
        case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

    check()
