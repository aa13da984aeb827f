"""Types of passes and passes of members, as staff make and change them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from ops.auditing import audit
from tests.integration.api.conftest import Caller, problem
from tests.integration.api.test_staff_members import changes
from tests.integration.studio import Member, Studio

TYPES = "/v1/staff/pass-types"
WHY = {"why": "asked for it"}


def a_type(admin: Caller, **other: Any) -> dict[str, Any]:
    body = {"name": f"Ten times {uuid4()}", "price": "120 EUR", "sessions": 10, "days": 30, **other}
    answer = admin.post(TYPES, body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def grant(admin: Caller, member: Member, type_: dict[str, Any], key: str | None = None, **other: Any) -> Any:
    headers = {} if key is None else {"Idempotency_Key": key}
    body = {"pass_type_id": type_["id"], **WHY, **other}
    return admin.post(f"/v1/staff/members/{member.id}/passes", body, **headers)


def told(studio: Studio, member: Member) -> list[str]:
    rows = studio.db.execute("SELECT kind FROM notices WHERE member_id = %s ORDER BY id", (member.id,))
    return [row[0] for row in rows]


def every_offered(admin: Caller) -> list[Any]:
    found, cursor = [], ""
    while True:
        page = admin.get(f"{TYPES}?offered=true&limit=200{cursor}").json
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def test_a_type_is_made_with_its_terms_and_listed(admin: Caller, studio: Studio) -> None:
    made = a_type(admin, description="For beginners", training_ids=[str(studio.training_id)])

    assert (made["sessions"], made["days"], made["offered"], made["sold"]) == (10, 30, True, 0)
    assert [one["id"] for one in made["trainings"]] == [str(studio.training_id)]
    assert admin.get(f"{TYPES}/{made['id']}").json == made
    assert made in every_offered(admin)
    assert [one["kind"] for one in admin.get(f"/v1/staff/changes?subject_id={made['id']}").json["items"]] == [
        "pass_type_created"
    ]


def test_a_type_of_the_same_name_or_for_no_training_is_refused_at_its_field(admin: Caller) -> None:
    made = a_type(admin)

    again = problem(admin.post(TYPES, {"name": made["name"], "sessions": 5, "days": None}), 422, "invalid_input")
    body = {"name": "Nothing", "sessions": 5, "days": None, "training_ids": [str(uuid4())]}
    nothing = problem(admin.post(TYPES, body), 422, "invalid_input")

    assert (list(again["errors"]), list(nothing["errors"])) == (["name"], ["training_ids"])


def test_a_change_of_a_type_is_for_passes_to_come(admin: Caller, studio: Studio) -> None:
    type_, nina = a_type(admin), studio.a_member()
    before = grant(admin, nina, type_).json
    change = {"sessions": 5, "days": None, "training_ids": [str(studio.training_id)], "price": "70 EUR", **WHY}

    changed = admin.patch(f"{TYPES}/{type_['id']}", change)

    assert (changed.json["sessions"], changed.json["days"], changed.json["sold"]) == (5, None, 1)
    assert admin.get(f"/v1/staff/passes/{before['id']}").json == before
    after = grant(admin, nina, type_).json
    assert (after["sessions_granted"], after["expires_at"], len(after["trainings"])) == (5, None, 1)
    noted = admin.get(f"/v1/staff/changes?subject_id={type_['id']}").json["items"][0]
    assert (noted["kind"], noted["before"]["sessions"], noted["after"]["sessions"]) == ("pass_type_changed", 10, 5)
    assert "name" not in noted["before"]


def test_a_name_that_was_sold_stays(admin: Caller, studio: Studio) -> None:
    type_ = a_type(admin)
    assert admin.patch(f"{TYPES}/{type_['id']}", {"name": f"New {uuid4()}", **WHY}).status_code == 200
    grant(admin, studio.a_member(), type_)

    problem(admin.patch(f"{TYPES}/{type_['id']}", {"name": f"Newer {uuid4()}", **WHY}), 409, "pass_type_sold")


def test_a_pass_is_granted_on_the_terms_of_its_type_and_the_member_is_told(admin: Caller, studio: Studio) -> None:
    type_, nina = a_type(admin), studio.a_member()

    granted = grant(admin, nina, type_)

    assert granted.status_code == 201
    assert (granted.json["sessions_left"], granted.json["member"]["id"]) == (10, str(nina.id))
    left = datetime.fromisoformat(granted.json["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=30) < left <= timedelta(days=31)
    assert told(studio, nina) == ["pass_granted"]
    (change,) = changes(admin, nina.id)
    assert (change["kind"], change["why"], change["subject_id"]) == ("pass_granted", WHY["why"], granted.json["id"])


def test_a_pass_is_granted_on_other_terms(admin: Caller, studio: Studio) -> None:
    granted = grant(admin, studio.a_member(), a_type(admin), sessions=None, days=None).json

    assert (granted["sessions_left"], granted["expires_at"]) == (None, None)


def test_a_type_without_terms_needs_some(admin: Caller, studio: Studio) -> None:
    old = {"id": str(studio.pass_type_id)}

    problem(grant(admin, studio.a_member(), old), 409, "pass_unfit")
    assert grant(admin, studio.a_member(), old, sessions=3, days=None).status_code == 201


def test_the_same_key_grants_once_and_another_change_needs_another(admin: Caller, studio: Studio) -> None:
    type_, nina, key = a_type(admin), studio.a_member(), str(uuid4())

    first, again = (grant(admin, nina, type_, key).json for _ in range(2))

    assert first == again
    assert told(studio, nina) == ["pass_granted"]
    body = {"sessions": 1, **WHY}
    answer = admin.post(f"/v1/staff/passes/{first['id']}/extension", body, Idempotency_Key=key)
    problem(answer, 422, "idempotency_key_reused")


def test_topping_up_with_one_key_adds_once(admin: Caller, studio: Studio) -> None:
    nina, key = studio.a_member(sessions=1), str(uuid4())
    body = {"sessions": 2, **WHY}

    for _ in range(2):
        answer = admin.post(f"/v1/staff/passes/{nina.pass_id}/extension", body, Idempotency_Key=key)
        assert (answer.status_code, answer.json["sessions_left"]) == (200, 3)

    assert told(studio, nina) == ["pass_extended"]
    (change,) = changes(admin, nina.id)
    assert (change["kind"], change["after"]) == ("pass_extended", {"sessions_added": 2})


def test_what_adds_nothing_is_refused_with_why(admin: Caller, studio: Studio) -> None:
    nina = studio.a_member(sessions=None)
    path = f"/v1/staff/passes/{nina.pass_id}/extension"

    body = problem(admin.post(path, {"sessions": 2, **WHY}), 409, "pass_unfit")
    problem(admin.post(path, WHY), 422, "invalid_input")

    assert "unlimited" in body["detail"]


def test_a_pass_that_is_deactivated_pays_no_more_until_it_is_activated(admin: Caller, studio: Studio) -> None:
    session, nina = studio.a_session(), studio.a_member()
    path = f"/v1/staff/passes/{nina.pass_id}"
    for _ in range(2):
        assert admin.post(f"{path}/deactivation", WHY).json["active"] is False
    refused = studio.book(session, nina)
    studio.serve(session)

    assert admin.post(f"{path}/activation", WHY).json["active"] is True
    booked = studio.book(session, nina)
    studio.serve(session)

    assert "pass_inactive" in str(studio.outcome(refused))
    assert studio.status(booked) == "applied"
    assert [one["kind"] for one in changes(admin, nina.id)] == ["pass_activated", "pass_deactivated"]
    assert [kind for kind in told(studio, nina) if kind.startswith("pass_")] == ["pass_deactivated", "pass_activated"]


@pytest.mark.parametrize("how", ["activation", "extension"])
def test_who_was_passed_over_for_the_pass_is_looked_at_again(admin: Caller, studio: Studio, how: str) -> None:
    session, holder, nina = studio.a_session(capacity=1), studio.a_member(), studio.a_member(sessions=1)
    path = f"/v1/staff/passes/{nina.pass_id}"
    booked = studio.book(session, holder)
    studio.book(session, nina)
    studio.serve(session)
    if how == "activation":
        admin.post(f"{path}/deactivation", WHY)
    else:
        other = studio.a_session()
        studio.book(other, nina)
        studio.serve(other)
    studio.cancel(session, holder, booked)
    studio.serve(session)
    assert studio.roster(session) == {nina.id: "waitlisted"}

    admin.post(f"{path}/{how}", WHY if how == "activation" else {"sessions": 1, **WHY})
    studio.serve(session)

    assert studio.roster(session) == {nina.id: "confirmed"}
    assert audit(studio.db, [session]).ok


def test_nobody_who_was_removed_is_granted_a_pass_or_has_one_activated(admin: Caller, studio: Studio) -> None:
    nina, type_ = studio.a_member(), a_type(admin)
    admin.post(f"/v1/staff/members/{nina.id}/removal", WHY)

    problem(grant(admin, nina, type_), 404, "member_not_found")
    problem(admin.post(f"/v1/staff/passes/{nina.pass_id}/activation", WHY), 404, "pass_not_found")


def test_what_never_was_is_not_found(admin: Caller, studio: Studio) -> None:
    problem(admin.get(f"/v1/staff/passes/{uuid4()}"), 404, "pass_not_found")
    problem(admin.post(f"/v1/staff/passes/{uuid4()}/extension", {"days": 1, **WHY}), 404, "pass_not_found")
    problem(admin.get(f"{TYPES}/{uuid4()}"), 404, "pass_type_not_found")
    problem(grant(admin, studio.a_member(), {"id": str(uuid4())}), 404, "pass_type_not_found")
