import re
from typing import Any

import pytest
from apiflask import APIFlask

from api.docs_page import prose
from api.problem_codes import ProblemCode
from api.problem_kinds import PROBLEMS
from tests.integration.api.conftest import Caller


@pytest.fixture
def spec(anybody: Caller) -> dict[str, Any]:
    document: dict[str, Any] = anybody.get("/openapi.json").json
    return document


def operations(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": about
        for path, methods in spec["paths"].items()
        for method, about in methods.items()
    }


OPERATIONS = {
    "POST /v1/tokens": {201, 400, 401, 413, 415, 422, 429, 500, 503},
    "POST /v1/password-resets": {202, 400, 413, 415, 422, 429, 500, 503},
    "POST /v1/password-links": {200, 400, 404, 413, 415, 422, 500, 503},
    "POST /v1/passwords": {204, 400, 404, 413, 415, 422, 500, 503},
    "GET /v1/sessions": {200, 401, 422, 500, 503},
    "GET /v1/sessions/{session_id}": {200, 401, 404, 500, 503},
    "GET /v1/studio": {200, 500, 503},
    "GET /v1/trainers": {200, 422, 500, 503},
    "GET /v1/trainings": {200, 422, 500, 503},
    "GET /v1/sessions/{session_id}/passes": {200, 401, 404, 500, 503},
    "POST /v1/sessions/{session_id}/bookings": {201, 202, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/bookings/{booking_id}/acceptance": {200, 202, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/bookings/{booking_id}/cancellation": {200, 202, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "GET /v1/commands/{command_id}": {200, 401, 404, 500, 503},
    "GET /v1/me": {200, 401, 500, 503},
    "GET /v1/me/bookings": {200, 401, 422, 500, 503},
    "GET /v1/me/bookings/{booking_id}": {200, 401, 404, 500, 503},
    "GET /v1/me/bookings/{booking_id}/calendar": {200, 401, 404, 500, 503},
    "GET /v1/me/calendar-feed": {200, 401, 500, 503},
    "POST /v1/me/calendar-feed": {201, 401, 403, 500, 503},
    "DELETE /v1/me/calendar-feed": {204, 401, 403, 500, 503},
    "GET /calendar/{secret}.ics": {200, 304, 404, 500, 503},
    "POST /v1/me/password": {204, 400, 401, 403, 413, 415, 422, 429, 500, 503},
    "DELETE /v1/me/sign-ins": {204, 401, 403, 500, 503},
    "GET /v1/me/passes": {200, 401, 422, 500, 503},
    "GET /v1/me/notifications": {200, 401, 422, 500, 503},
    "GET /v1/me/notifications/unread": {200, 401, 500, 503},
    "POST /v1/me/notifications/read": {200, 400, 401, 403, 413, 415, 422, 500, 503},
    "GET /v1/me/notification-preferences": {200, 401, 500, 503},
    "PATCH /v1/me/notification-preferences": {200, 400, 401, 403, 413, 415, 422, 500, 503},
    "GET /v1/push-key": {200, 404, 500, 503},
    "GET /v1/me/push-subscriptions": {200, 401, 500, 503},
    "POST /v1/me/push-subscriptions": {200, 201, 400, 401, 403, 413, 415, 422, 500, 503},
    "DELETE /v1/me/push-subscriptions/{subscription_id}": {204, 401, 403, 404, 500, 503},
    "GET /v1/events": {200, 401, 404, 422, 500, 503},
    "GET /v1/staff/changes": {200, 401, 403, 422, 500, 503},
    "GET /v1/staff/events": {200, 401, 403, 422, 500, 503},
    "GET /v1/staff/members": {200, 401, 403, 422, 500, 503},
    "POST /v1/staff/members": {201, 400, 401, 403, 413, 415, 422, 500, 503},
    "GET /v1/staff/members/{member_id}": {200, 401, 403, 404, 422, 500, 503},
    "PATCH /v1/staff/members/{member_id}": {200, 400, 401, 403, 404, 413, 415, 422, 500, 503},
    "GET /v1/staff/members/{member_id}/bookings": {200, 401, 403, 404, 422, 500, 503},
    "POST /v1/staff/members/{member_id}/invitation": {200, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "GET /v1/staff/members/{member_id}/passes": {200, 401, 403, 404, 422, 500, 503},
    "POST /v1/staff/members/{member_id}/passes": {201, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/members/{member_id}/reactivation": {200, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/members/{member_id}/removal": {200, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/members/{member_id}/role": {200, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/members/{member_id}/suspension": {200, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/bookings/{booking_id}/attendance": {200, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "GET /v1/staff/check-ins/{code}": {200, 401, 403, 404, 500, 503},
    "GET /v1/me/bookings/{booking_id}/check-in-code": {200, 401, 404, 500, 503},
    "GET /v1/staff/sessions/{session_id}/roster.csv": {200, 401, 403, 404, 500, 503},
    "GET /v1/spaces": {200, 422, 500, 503},
    "GET /v1/staff/bookings/{booking_id}": {200, 401, 403, 404, 500, 503},
    "GET /v1/staff/sessions/{session_id}/candidates": {200, 401, 403, 404, 422, 500, 503},
    "POST /v1/staff/sessions/{session_id}/bookings": {201, 202, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/bookings/{booking_id}/acceptance": {200, 202, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/bookings/{booking_id}/cancellation": {200, 202, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/sessions/{session_id}/guests": {201, 202, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/sessions/{session_id}/capacity": {200, 202, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/sessions/{session_id}/reschedule": {200, 202, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/sessions/{session_id}/clearing": {200, 202, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/sessions/{session_id}/cancellation": {200, 202, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "GET /v1/staff/sessions/{session_id}/roster": {200, 401, 403, 404, 500, 503},
    "GET /v1/staff/operations": {200, 401, 403, 500, 503},
    "GET /v1/pass-types": {200, 401, 422, 500, 503},
    "GET /v1/me/pass-requests": {200, 401, 422, 500, 503},
    "POST /v1/me/pass-requests": {201, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/me/pass-requests/{request_id}/withdrawal": {200, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "GET /v1/staff/pass-requests": {200, 401, 403, 422, 500, 503},
    "GET /v1/staff/pass-requests/{request_id}": {200, 401, 403, 404, 500, 503},
    "POST /v1/staff/pass-requests/{request_id}/grant": {200, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/pass-requests/{request_id}/decline": {200, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/invitations": {200, 400, 401, 403, 413, 415, 422, 500, 503},
    "GET /v1/staff/pass-types": {200, 401, 403, 422, 500, 503},
    "POST /v1/staff/pass-types": {201, 400, 401, 403, 413, 415, 422, 500, 503},
    "GET /v1/staff/pass-types/{type_id}": {200, 401, 403, 404, 500, 503},
    "POST /v1/staff/pass-types/{type_id}/previews": {200, 400, 401, 403, 404, 413, 415, 422, 500, 503},
    "PATCH /v1/staff/pass-types/{type_id}": {200, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "GET /v1/staff/passes/{pass_id}": {200, 401, 403, 404, 500, 503},
    "POST /v1/staff/passes/{pass_id}/activation": {200, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/passes/{pass_id}/deactivation": {200, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/passes/{pass_id}/extension": {200, 400, 401, 403, 404, 409, 413, 415, 422, 500, 503},
    "GET /v1/staff/trainings": {200, 401, 403, 422, 500, 503},
    "POST /v1/staff/trainings": {201, 400, 401, 403, 413, 415, 422, 500, 503},
    "GET /v1/staff/trainings/{training_id}": {200, 401, 403, 404, 500, 503},
    "PATCH /v1/staff/trainings/{training_id}": {200, 400, 401, 403, 404, 413, 415, 422, 500, 503},
    "GET /v1/staff/trainers": {200, 401, 403, 422, 500, 503},
    "POST /v1/staff/trainers": {201, 400, 401, 403, 413, 415, 422, 500, 503},
    "GET /v1/staff/trainers/{trainer_id}": {200, 401, 403, 404, 500, 503},
    "PATCH /v1/staff/trainers/{trainer_id}": {200, 400, 401, 403, 404, 413, 415, 422, 500, 503},
    "GET /v1/staff/spaces": {200, 401, 403, 422, 500, 503},
    "POST /v1/staff/spaces": {201, 400, 401, 403, 413, 415, 422, 500, 503},
    "GET /v1/staff/spaces/{space_id}": {200, 401, 403, 404, 500, 503},
    "PATCH /v1/staff/spaces/{space_id}": {200, 400, 401, 403, 404, 413, 415, 422, 500, 503},
    "GET /v1/staff/series": {200, 401, 403, 422, 500, 503},
    "POST /v1/staff/series": {201, 400, 401, 403, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/series/previews": {200, 400, 401, 403, 413, 415, 422, 500, 503},
    "POST /v1/staff/series/{series_id}/changes": {202, 400, 401, 403, 404, 413, 415, 422, 500, 503},
    "POST /v1/staff/series/{series_id}/changes/previews": {200, 400, 401, 403, 404, 413, 415, 422, 500, 503},
    "POST /v1/staff/series/{series_id}/end": {202, 400, 401, 403, 404, 413, 415, 422, 500, 503},
    "GET /v1/staff/series/{series_id}": {200, 401, 403, 404, 500, 503},
    "GET /v1/staff/series/{series_id}/sessions": {200, 401, 403, 404, 422, 500, 503},
    "POST /v1/staff/sessions": {201, 400, 401, 403, 409, 413, 415, 422, 500, 503},
    "POST /v1/staff/sessions/previews": {200, 400, 401, 403, 413, 415, 422, 500, 503},
    "GET /unsubscribe/{token}": {200, 404, 500, 503},
    "POST /unsubscribe/{token}": {200, 404, 413, 422, 500, 503},
    "GET /live": {200, 500},
    "GET /ready": {200, 500, 503},
    "GET /metrics": {200, 500},
}

FOR_PEOPLE = {"/openapi.json", "/docs", "/mail", "/mail/{name}", "/mail/{name}/html", "/mail/{name}/raw"}


def test_every_operation_documents_every_status_it_answers(spec: dict[str, Any]) -> None:
    documented = {name: {int(status) for status in about["responses"]} for name, about in operations(spec).items()}
    # Whoever must be known is counted.
    assert documented == {
        name: {*promised, 429} if 401 in promised else promised for name, promised in OPERATIONS.items()
    }


def test_every_route_is_documented(app: APIFlask, spec: dict[str, Any]) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("pages.")]
    routes = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(rule)) for rule in rules}
    assert routes - FOR_PEOPLE - {"/static/{filename}"} == set(spec["paths"])


def test_every_problem_is_documented_as_one(spec: dict[str, Any]) -> None:
    codes = set()
    for name, about in operations(spec).items():
        for status, answer in about["responses"].items():
            if int(status) < 400 or (name.endswith("/unsubscribe/{token}") and "text/html" in answer["content"]):
                continue
            (content_type,) = answer["content"]
            assert content_type == "application/problem+json", name
            content = answer["content"][content_type]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
            codes |= set(content["examples"])
    everywhere = {ProblemCode.BAD_REQUEST, ProblemCode.METHOD_NOT_ALLOWED}
    assert codes == {str(code) for code in set(ProblemCode) - everywhere}
    assert set(PROBLEMS) == set(ProblemCode)


def test_every_reference_leads_somewhere(spec: dict[str, Any]) -> None:
    references = set(re.findall(r"'\$ref': '([^']+)'", str(spec)))
    assert references
    for reference in references:
        found: Any = spec
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found


def test_what_needs_a_token_says_so(spec: dict[str, Any]) -> None:
    needs = {name for name, about in operations(spec).items() if about.get("security") == [{"AccessToken": []}]}
    optional = {name for name, about in operations(spec).items() if {} in about.get("security", [])}
    assert optional == {"GET /v1/sessions", "GET /v1/sessions/{session_id}"}
    assert set(OPERATIONS) - needs - optional == {
        "POST /v1/tokens",
        "POST /v1/password-resets",
        "POST /v1/password-links",
        "POST /v1/passwords",
        "GET /v1/studio",
        "GET /v1/spaces",
        "GET /v1/trainers",
        "GET /v1/trainings",
        "GET /v1/push-key",
        "GET /calendar/{secret}.ics",
        "GET /unsubscribe/{token}",
        "POST /unsubscribe/{token}",
        "GET /live",
        "GET /ready",
        "GET /metrics",
    }


def test_what_writes_for_a_member_says_that_a_cookie_alone_does_not(spec: dict[str, Any]) -> None:
    for name, about in operations(spec).items():
        forbidden = about["responses"].get("403", {"content": {"application/problem+json": {"examples": {}}}})
        examples = forbidden["content"]["application/problem+json"]["examples"]
        writes = not name.startswith("GET ") and bool(about.get("security"))
        assert ("form_token_wrong" in examples) is writes, name
    assert "X-Form-Token" in spec["components"]["securitySchemes"]["AccessToken"]["description"]


def test_the_headers_of_commands_are_documented(spec: dict[str, Any]) -> None:
    booking = operations(spec)["POST /v1/sessions/{session_id}/bookings"]
    assert {"Idempotency-Key", "Prefer"} <= {parameter["name"] for parameter in booking["parameters"]}
    assert {"Location", "Preference-Applied"} <= set(booking["responses"]["202"]["headers"])
    assert "Retry-After" in booking["responses"]["503"]["headers"]
    assert booking["requestBody"]["required"]
    assert booking["requestBody"]["content"]["application/json"]["example"]


def test_what_is_sent_otherwise_than_as_json_says_so(spec: dict[str, Any]) -> None:
    bodies = {
        name: set(about["requestBody"]["content"]) for name, about in operations(spec).items() if "requestBody" in about
    }
    assert {name for name, kinds in bodies.items() if kinds != {"application/json"}} == {"POST /unsubscribe/{token}"}
    assert bodies["POST /unsubscribe/{token}"] == {"application/x-www-form-urlencoded", "multipart/form-data"}


def test_in_a_path_ids_are_uuids_and_secrets_are_text(spec: dict[str, Any]) -> None:
    in_paths = {
        parameter["name"]: parameter["schema"].get("format")
        for about in operations(spec).values()
        for parameter in about["parameters"]
        if parameter["in"] == "path"
    }
    assert (in_paths.pop("token"), in_paths.pop("secret"), in_paths.pop("code")) == (None, None, None)
    assert set(in_paths.values()) == {"uuid"}


def test_the_readable_page_needs_nothing_from_elsewhere(anybody: Caller, spec: dict[str, Any]) -> None:
    page = anybody.get("/docs").text
    assert "<script" not in page
    assert not re.search(r"""(src|href)=["'](https?:)?//""", page)
    for name in operations(spec):
        assert name in page
    for code in ProblemCode:
        assert f'id="{code}"' in page


def test_every_problem_points_at_its_explanation(anybody: Caller) -> None:
    where = anybody.get("/v1/nothing").get_json(force=True)["type"]
    path, _, anchor = where.partition("#")
    assert f'id="{anchor}"' in anybody.get(path).text


def test_descriptions_are_shown_as_text_with_their_code_and_without_markup_of_strangers() -> None:
    html = prose("Ask at `/v1/x`, a *command*\nand <b>more</b>.\n\nNext.")

    assert html == ("<p>Ask at <code>/v1/x</code>, a <em>command</em>\nand &lt;b&gt;more&lt;/b&gt;.</p><p>Next.</p>")
