"""Schemathesis sends what the OpenAPI document allows and what it forbids, and compares the answers with it."""

from typing import Any

import pytest
import schemathesis
from apiflask import APIFlask
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from domain.roles import Role
from tests.integration.api.conftest import Caller, token_of
from tests.integration.api.effort import EFFORT, at_most
from tests.integration.api.existing import Existing
from tests.integration.api.test_documents import OPERATIONS
from tests.integration.api.test_roles import LEAST
from tests.integration.studio import Studio

# Schemathesis draws from `random` when it looks through the code for constants, which it does once.
pytestmark = [
    pytest.mark.timeout(120 * EFFORT),
    pytest.mark.filterwarnings("ignore:Do not use the .random. module:hypothesis.errors.HypothesisDeprecationWarning"),
]

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
WITH_INPUT = set(FUZZED) - WITHOUT_INPUT
# Whom an operation is for is asked the most often; everybody else is let in or turned away by the document, too.
EXAMPLES, EXAMPLES_OF_OTHERS = 5, 1


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
def test_every_answer_to_anybody_is_what_the_document_promises(
    document: Any, me: Caller, studio: Studio, name: str, mode: GenerationMode
) -> None:
    method, path = name.split()
    operation = document[path][method]
    existing = Existing(me, studio)
    least = LEAST.get(name)
    for role in (None, *Role):
        if role is not None:
            existing.become(role)
        # As it is: asking an app in this process, Schemathesis says that it reads compressed answers, and does not.
        headers = {"Accept-Encoding": "identity"}
        if role is not None and me.member is not None:
            headers["Authorization"] = token_of(me.settings, me.member.id)
        examples = EXAMPLES if role is least else EXAMPLES_OF_OTHERS
        ask(operation, mode, existing, headers, examples)


def ask(operation: Any, mode: GenerationMode, existing: Existing, headers: dict[str, str], examples: int) -> None:
    seen_cursors: list[str] = []

    @at_most(examples)
    @given(case=operation.as_strategy(generation_mode=mode), exist=st.sampled_from([True, True, False]))
    def check(case: Any, exist: bool) -> None:  # noqa: FBT001
        if mode is GenerationMode.POSITIVE and exist:
            put_in_what_exists(case, existing, seen_cursors)
        # An id or cursor that fits its pattern may still belong to nothing, so valid data need not be accepted.
        # And what was put into a valid request is not invalid for that.
        excluded = [positive_data_acceptance, *([negative_data_rejection] if mode is GenerationMode.POSITIVE else [])]
        answer = case.call_and_validate(headers=headers, excluded_checks=excluded)
        if b'"next_cursor":"' in answer.content:
            seen_cursors.append(answer.json()["next_cursor"])

    check()


def put_in_what_exists(case: Any, existing: Existing, cursors: list[str]) -> None:
    for part in ("path_parameters", "query", "body"):
        before = getattr(case, part)
        filled = existing.fill(before)
        if part == "query" and cursors and "cursor" in (before or {}):
            filled = {**filled, "cursor": cursors[-1]}
        if filled != before:
            setattr(case, part, filled)
