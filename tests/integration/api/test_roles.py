"""Which role may call which operation: the whole table. A new operation is a line in it."""

from typing import Any
from uuid import uuid4

import pytest
from apiflask import APIFlask

from api.auth import make_token
from domain.roles import Role
from storage.settings import settings
from tests.integration.studio import Studio

EVERYBODY = None
MEMBER, TRAINER, ADMIN, OWNER = Role

LEAST: dict[str, Role | None] = {
    "POST /v1/bookings/{booking_id}/cancellation": MEMBER,
    "POST /v1/bookings/{booking_id}/acceptance": MEMBER,
    "GET /v1/commands/{command_id}": MEMBER,
    "GET /v1/events": MEMBER,
    "GET /v1/me": MEMBER,
    "GET /v1/me/bookings": MEMBER,
    "GET /v1/me/bookings/{booking_id}": MEMBER,
    "GET /v1/me/bookings/{booking_id}/calendar": MEMBER,
    "GET /v1/me/calendar-feed": MEMBER,
    "POST /v1/me/calendar-feed": MEMBER,
    "DELETE /v1/me/calendar-feed": MEMBER,
    "GET /v1/me/notification-preferences": MEMBER,
    "PATCH /v1/me/notification-preferences": MEMBER,
    "GET /v1/me/notifications": MEMBER,
    "POST /v1/me/notifications/read": MEMBER,
    "GET /v1/me/notifications/unread": MEMBER,
    "GET /v1/me/passes": MEMBER,
    "POST /v1/me/password": MEMBER,
    "GET /v1/me/push-subscriptions": MEMBER,
    "POST /v1/me/push-subscriptions": MEMBER,
    "DELETE /v1/me/push-subscriptions/{subscription_id}": MEMBER,
    "POST /v1/password-links": EVERYBODY,
    "POST /v1/password-resets": EVERYBODY,
    "POST /v1/passwords": EVERYBODY,
    "GET /v1/push-key": EVERYBODY,
    "GET /v1/sessions": EVERYBODY,
    "GET /v1/sessions/{session_id}": EVERYBODY,
    "POST /v1/sessions/{session_id}/bookings": MEMBER,
    "GET /v1/sessions/{session_id}/passes": MEMBER,
    "GET /v1/spaces": EVERYBODY,
    "GET /v1/staff/bookings/{booking_id}": TRAINER,
    "POST /v1/staff/bookings/{booking_id}/acceptance": ADMIN,
    "POST /v1/staff/bookings/{booking_id}/cancellation": ADMIN,
    "POST /v1/staff/bookings/{booking_id}/attendance": TRAINER,
    "GET /v1/staff/check-ins/{code}": TRAINER,
    "GET /v1/me/bookings/{booking_id}/check-in-code": MEMBER,
    "GET /v1/pass-types": MEMBER,
    "GET /v1/me/pass-requests": MEMBER,
    "POST /v1/me/pass-requests": MEMBER,
    "POST /v1/me/pass-requests/{request_id}/withdrawal": MEMBER,
    "GET /v1/staff/pass-requests": ADMIN,
    "GET /v1/staff/pass-requests/{request_id}": ADMIN,
    "POST /v1/staff/pass-requests/{request_id}/grant": ADMIN,
    "POST /v1/staff/pass-requests/{request_id}/decline": ADMIN,
    "POST /v1/staff/invitations": ADMIN,
    "GET /v1/staff/changes": ADMIN,
    "POST /v1/staff/sessions/{session_id}/guests": TRAINER,
    "GET /v1/staff/events": ADMIN,
    "GET /v1/staff/members": ADMIN,
    "POST /v1/staff/members": ADMIN,
    "GET /v1/staff/members/{member_id}": ADMIN,
    "PATCH /v1/staff/members/{member_id}": ADMIN,
    "GET /v1/staff/members/{member_id}/bookings": ADMIN,
    "POST /v1/staff/members/{member_id}/invitation": ADMIN,
    "GET /v1/staff/members/{member_id}/passes": ADMIN,
    "POST /v1/staff/members/{member_id}/passes": ADMIN,
    "POST /v1/staff/members/{member_id}/reactivation": ADMIN,
    "POST /v1/staff/members/{member_id}/removal": ADMIN,
    "POST /v1/staff/members/{member_id}/role": ADMIN,
    "POST /v1/staff/members/{member_id}/suspension": ADMIN,
    "POST /v1/staff/sessions/{session_id}/bookings": ADMIN,
    "POST /v1/staff/sessions/{session_id}/cancellation": ADMIN,
    "GET /v1/staff/sessions/{session_id}/candidates": ADMIN,
    "POST /v1/staff/sessions/{session_id}/capacity": ADMIN,
    "POST /v1/staff/sessions/{session_id}/clearing": ADMIN,
    "POST /v1/staff/sessions/{session_id}/reschedule": ADMIN,
    "GET /v1/staff/sessions/{session_id}/roster": TRAINER,
    "GET /v1/staff/operations": ADMIN,
    "GET /v1/staff/pass-types": ADMIN,
    "POST /v1/staff/pass-types": ADMIN,
    "GET /v1/staff/pass-types/{type_id}": ADMIN,
    "PATCH /v1/staff/pass-types/{type_id}": ADMIN,
    "POST /v1/staff/pass-types/{type_id}/previews": ADMIN,
    "GET /v1/staff/passes/{pass_id}": ADMIN,
    "POST /v1/staff/passes/{pass_id}/activation": ADMIN,
    "POST /v1/staff/passes/{pass_id}/deactivation": ADMIN,
    "POST /v1/staff/passes/{pass_id}/extension": ADMIN,
    "GET /v1/staff/sessions/{session_id}/roster.csv": TRAINER,
    "GET /v1/staff/series": ADMIN,
    "POST /v1/staff/series": ADMIN,
    "POST /v1/staff/series/previews": ADMIN,
    "GET /v1/staff/series/{series_id}": ADMIN,
    "POST /v1/staff/series/{series_id}/changes": ADMIN,
    "POST /v1/staff/series/{series_id}/changes/previews": ADMIN,
    "POST /v1/staff/series/{series_id}/end": ADMIN,
    "GET /v1/staff/series/{series_id}/sessions": ADMIN,
    "POST /v1/staff/sessions": ADMIN,
    "POST /v1/staff/sessions/previews": ADMIN,
    "GET /v1/staff/spaces": ADMIN,
    "POST /v1/staff/spaces": ADMIN,
    "GET /v1/staff/spaces/{space_id}": ADMIN,
    "PATCH /v1/staff/spaces/{space_id}": ADMIN,
    "GET /v1/staff/trainers": ADMIN,
    "POST /v1/staff/trainers": ADMIN,
    "GET /v1/staff/trainers/{trainer_id}": ADMIN,
    "PATCH /v1/staff/trainers/{trainer_id}": ADMIN,
    "GET /v1/staff/trainings": ADMIN,
    "POST /v1/staff/trainings": ADMIN,
    "GET /v1/staff/trainings/{training_id}": ADMIN,
    "PATCH /v1/staff/trainings/{training_id}": ADMIN,
    "DELETE /v1/me/sign-ins": MEMBER,
    "GET /v1/studio": EVERYBODY,
    "POST /v1/tokens": EVERYBODY,
    "GET /v1/trainers": EVERYBODY,
    "GET /v1/trainings": EVERYBODY,
}

UUID_PARAMETERS = (
    *("session_id", "booking_id", "command_id", "subscription_id", "member_id", "pass_id", "type_id"),
    *("training_id", "trainer_id", "space_id", "series_id", "request_id"),
)
NOT_LET_IN = {"token_missing", "not_permitted"}


def operations(app: APIFlask) -> list[str]:
    document: Any = app.spec
    return sorted(
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith("/v1/")
    )


def test_the_table_has_every_operation(app: APIFlask) -> None:
    assert sorted(LEAST) == operations(app)


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: str(role or "nobody"))
@pytest.mark.parametrize("name", LEAST)
def test_an_operation_lets_in_whose_role_reaches_it_and_nobody_else(
    app: APIFlask, studio: Studio, name: str, role: Role | None
) -> None:
    least = LEAST[name]
    expected = least is EVERYBODY or (role is not None and role.reaches(least))

    code = asked(app, studio, name, role)

    assert (code not in NOT_LET_IN) is expected, code
    if not expected:
        assert code == ("token_missing" if role is None else "not_permitted")


def asked(app: APIFlask, studio: Studio, name: str, role: Role | None) -> str:
    """Call the operation with ids that do not exist and without a body; return the code of the problem, or nothing."""
    method, path = name.split()
    for parameter in UUID_PARAMETERS:
        path = path.replace(f"{{{parameter}}}", str(uuid4()))
    headers = {}
    if role is not None:
        member = studio.a_member()
        studio.db.execute("UPDATE members SET role = %s WHERE id = %s", (role, member.id))
        headers["Authorization"] = f"Bearer {make_token(settings(), member.id)}"
    answer: Any = app.test_client().open(path, method=method, headers=headers, buffered=False)
    code = str(answer.json.get("code", "")) if answer.mimetype == "application/problem+json" else ""
    answer.close()
    return code
