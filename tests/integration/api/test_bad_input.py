"""Each bad input gets a stable code and a sentence that says what to do, and nothing is half done."""

from typing import Any

import pytest

from tests.integration.api.conftest import Caller, problem
from tests.integration.studio import Studio

JSON = "application/json"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "Expecting"),
        (b"\xff\xfe{\x00}\x00", "utf-8"),
        (b'{"pass_id": NaN}', "NaN"),
        (b'{"pass_id": 1, "pass_id": 2}', "twice"),
        (b"[" * 50_000, "nested too deeply"),
        (b"1" * 5000, "digits"),
        (b'{"a": "\x00"}', "control character"),
    ],
)
def test_what_is_no_json_is_named_as_such(me: Caller, studio: Studio, body: bytes, why: str) -> None:
    answer = me.http.post(
        f"/v1/sessions/{studio.a_session()}/bookings", data=body, content_type=JSON, headers=me._headers({})
    )
    assert why in problem(answer, 400, "invalid_json")["detail"]


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({}, "pass_id", "missing"),
        ({"pass_id": None}, "pass_id", "UUID"),
        ({"pass_id": 7}, "pass_id", "UUID"),
        ({"pass_id": ["a"]}, "pass_id", "UUID"),
        ({"pass_id": "not-an-id"}, "pass_id", "UUID"),
        ({"pass_id": "\x00"}, "pass_id", "UUID"),
        ({"pass_id": "\ud800"}, "pass_id", "surrogate"),
        ({"pass_id": "01a20546-ab15-7823-bf12-b0ab893113c4", "extra": 1}, "extra", "not known"),
        ({"pass_id": "01a20546-ab15-7823-bf12-b0ab893113c4", "\ud800": 1}, "body", "surrogate"),
        ([], "body", "JSON object"),
        ("text", "body", "JSON object"),
        (None, "pass_id", "missing"),
    ],
)
def test_a_bad_field_is_named_with_what_to_change(
    me: Caller, studio: Studio, body: Any, field: str, sentence: str
) -> None:
    session_id = studio.a_session()
    errors = problem(me.post(f"/v1/sessions/{session_id}/bookings", body), 422, "invalid_input")["errors"]
    assert sentence in errors[field]
    assert errors[field].endswith(".")
    row = studio.db.execute("SELECT count(*) FROM commands WHERE training_session_id = %s", (session_id,)).fetchone()
    assert row == (0,)


def test_json_null_is_no_object(me: Caller, studio: Studio) -> None:
    path = f"/v1/sessions/{studio.a_session()}/bookings"
    answer = me.http.post(path, data=b"null", content_type=JSON, headers=me._headers({}))
    assert "body" in problem(answer, 422, "invalid_input")["errors"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_that_is_not_declared_as_json_is_refused(me: Caller, studio: Studio, content_type: str) -> None:
    path = f"/v1/sessions/{studio.a_session()}/bookings"
    answer = me.http.post(path, data=b"{}", content_type=content_type, headers=me._headers({}))
    problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/me/notifications/read"),
        ("PATCH", "/v1/me/notification-preferences"),
        ("POST", "/v1/me/push-subscriptions"),
    ],
)
def test_every_body_is_read_as_strictly(me: Caller, method: str, path: str) -> None:
    def send(body: bytes, content_type: str = JSON) -> Any:
        return me.http.open(path, method=method, data=body, content_type=content_type, headers=me._headers({}))

    problem(send(b"{"), 400, "invalid_json")
    problem(send(b'{"ids": [1], "ids": [2]}'), 400, "invalid_json")
    problem(send(b"{}", "text/plain"), 415, "unsupported_media_type")
    assert list(problem(send(b"[]"), 422, "invalid_input")["errors"]) == ["body"]
    problem(send(b'"' + b"x" * 70_000 + b'"'), 413, "body_too_large")


def test_a_cancellation_takes_no_fields(me: Caller, studio: Studio) -> None:
    booking_id = me.book(studio.a_session()).json["id"]
    errors = problem(me.post(f"/v1/bookings/{booking_id}/cancellation", {"why": "ill"}), 422, "invalid_input")["errors"]
    assert "not known" in errors["why"]
    assert me.post(f"/v1/bookings/{booking_id}/cancellation", {}).status_code == 202


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "a\x00b", "password": "x"}, "email"),
        ({"email": "a\ud800b", "password": "x"}, "email"),
        ({"email": 5, "password": "x"}, "email"),
        ({"email": "nina@example.org", "password": ["x"]}, "password"),
        ({"email": "nina@example.org", "password": "\ud800"}, "password"),
        ({"email": "nina@example.org", "password": ""}, "password"),
        ({"email": "n" * 255, "password": "x"}, "email"),
        ({"email": "nina@example.org"}, "password"),
    ],
)
def test_a_sign_in_with_impossible_text_is_refused(anybody: Caller, body: Any, field: str) -> None:
    assert field in problem(anybody.post("/v1/tokens", body), 422, "invalid_input")["errors"]


def test_a_password_with_a_nul_is_only_a_wrong_password(anybody: Caller) -> None:
    problem(anybody.post("/v1/tokens", {"email": "nina@example.org", "password": "\x00"}), 401, "sign_in_failed")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "from"),
        ("from=2026-03-05", "from"),
        ("from=2026-03-05T18:00:00", "from"),
        ("to=1700000000", "to"),
        ("from=2026-13-05T18:00:00Z", "from"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        ("limit=1&limit=2", "limit"),
        ("trainer_id=7", "trainer_id"),
        ("training_id=%00", "training_id"),
        ("cursor=%20", "cursor"),
        ("cursor=abc", "cursor"),
        ("cursor=WzFd", "cursor"),
        ("cursor=bnVsbA", "cursor"),
        ("cursor=WyJhIiwgImIiXQ", "cursor"),
        ("cursor=WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwgIjAxYTIwNTQ2LWFiMTUtNzgyMy1iZjEyLWIwYWI4OTMxMTNjNCJd", "cursor"),
        ("colour=red", "colour"),
    ],
)
def test_a_bad_filter_is_named(anybody: Caller, query: str, field: str) -> None:
    errors = problem(anybody.get(f"/v1/sessions?{query}"), 422, "invalid_input")["errors"]
    assert list(errors) == [field]
    assert errors[field].endswith(".")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59"])
def test_the_ends_of_time_are_moments_like_any_other(anybody: Caller, moment: str) -> None:
    assert anybody.get(f"/v1/sessions?from={moment}").status_code == 200
    assert anybody.get(f"/v1/sessions?to={moment}").status_code == 200


@pytest.mark.parametrize("path", ["/v1/me/bookings", "/v1/me/passes", "/v1/me/notifications"])
@pytest.mark.parametrize(
    "cursor", ["abc", "WzFd", "WyJhIl0", "Wy0xXQ", "WzFlOTld", "W10", "WzEsIDJd", "e30", "W3RydWVd"]
)
def test_a_cursor_that_no_answer_held_is_refused(me: Caller, path: str, cursor: str) -> None:
    answer = me.get(f"{path}?cursor={cursor}")
    if not (path.endswith("notifications") and cursor == "WzFd"):  # the one that could be its own: [1]
        assert list(problem(answer, 422, "invalid_input")["errors"]) == ["cursor"]


def test_when_is_upcoming_or_past(me: Caller) -> None:
    errors = problem(me.get("/v1/me/bookings?when=sometime"), 422, "invalid_input")["errors"]
    assert "upcoming" in errors["when"]


def test_a_method_that_is_not_known_names_those_that_are(me: Caller) -> None:
    answer = me.http.delete("/v1/me")
    problem(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/nothing",
        "/v1/commands/not-an-id",
        "/v1/sessions/%00",
        "/static/x",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/unsubscribe/",
        "/mail",
    ],
)
def test_an_address_that_does_not_exist_is_not_found(me: Caller, path: str) -> None:
    problem(me.get(path), 404, "not_found")


def test_a_body_larger_than_the_limit_is_refused_unread(me: Caller, studio: Studio) -> None:
    answer = me.http.post(
        f"/v1/sessions/{studio.a_session()}/bookings",
        data=b"x",
        content_type=JSON,
        headers=me._headers({}),
        environ_overrides={"CONTENT_LENGTH": str(10**9)},
    )
    problem(answer, 413, "body_too_large")


def test_a_fault_of_ours_says_nothing_of_our_insides(me: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the secret of our insides")

    monkeypatch.setattr("api.routes.me.find_member", broken)
    answer = me.get("/v1/me")
    problem(answer, 500, "internal_error")
    assert "secret" not in answer.text
