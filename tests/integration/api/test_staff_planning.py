"""Sessions that staff plan."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.commands import CancelSession
from domain.ids import TrainingSessionId
from ops.auditing import audit
from tests.integration.api.conftest import Caller, problem
from tests.integration.studio import Studio

AT = "2030-11-05T18:00"  # 16:00 UTC in Kyiv


@pytest.fixture
def admin(me: Caller, studio: Studio) -> Caller:
    assert me.member is not None
    studio.db.execute("UPDATE members SET role = 'admin' WHERE id = %s", (me.member.id,))
    return me


def a_plan(studio: Studio, at: str = AT, **values: Any) -> dict[str, Any]:
    ids = {"training_id": studio.training_id, "trainer_id": studio.trainer_id, "space_id": studio.space_id}
    return {**{name: str(id_) for name, id_ in ids.items()}, "starts_at_local": at, **values}


def test_a_session_begins_with_what_its_training_has_unless_told_otherwise(admin: Caller, studio: Studio) -> None:
    admin.patch(
        f"/v1/staff/trainings/{studio.training_id}",
        {"capacity": 7, "lasts_minutes": 45, "waitlist_limit": 3, "booking_deadline_minutes": 20},
    )

    made = admin.post("/v1/staff/sessions", a_plan(studio, capacity=9, waitlist_limit=None)).json
    detail = admin.get(f"/v1/sessions/{made['id']}").json

    assert (detail["starts_at"], detail["starts_at_local"]) == ("2030-11-05T16:00:00Z", "2030-11-05T18:00:00+02:00")
    assert (detail["lasts_minutes"], detail["capacity"], detail["waitlist_limit"]) == (45, 9, None)
    assert detail["booking_closes_at"] == "2030-11-05T15:40:00Z"
    noted = admin.get(f"/v1/staff/changes?subject_id={made['id']}").json["items"]
    assert [one["kind"] for one in noted] == ["session_planned"]
    assert audit(studio.db, [TrainingSessionId(UUID(made["id"]))]).ok


def test_what_is_taken_is_refused_and_the_other_session_is_named(admin: Caller, studio: Studio) -> None:
    first = admin.post("/v1/staff/sessions", a_plan(studio)).json
    elsewhere = str(studio._named("spaces", f"Elsewhere {uuid4()}"))

    refused = admin.post("/v1/staff/sessions", a_plan(studio, "2030-11-05T18:59", space_id=elsewhere))

    (conflict,) = problem(refused, 409, "schedule_conflict")["conflicts"]
    assert conflict["session"] == {"id": first["id"], "name": first["name"]}
    assert (conflict["starts_at"], conflict["path"]) == (first["starts_at"], f"/sessions/{first['id']}")
    assert [one["code"] for one in conflict["reasons"]] == ["trainer_taken"]
    assert admin.post("/v1/staff/sessions", a_plan(studio, "2030-11-05T19:00")).status_code == 201


def test_a_preview_names_what_is_in_the_way_and_writes_nothing(admin: Caller, studio: Studio) -> None:
    first = admin.post("/v1/staff/sessions", a_plan(studio)).json
    count = "SELECT count(*) FROM training_sessions"
    before = studio.db.execute(count).fetchone()

    preview = admin.post("/v1/staff/sessions/previews", a_plan(studio)).json
    free = admin.post("/v1/staff/sessions/previews", a_plan(studio, "2030-11-05T08:00")).json

    assert [(one["session"]["id"], one["blocks"]) for one in preview["conflicts"]] == [(first["id"], True)]
    assert free["conflicts"] == []
    assert studio.db.execute(count).fetchone() == before


def test_an_imported_session_is_told_and_does_not_block(admin: Caller, studio: Studio) -> None:
    start = admin.post("/v1/staff/sessions/previews", a_plan(studio)).json["starts_at"]
    session_id = studio.a_session()
    studio.db.execute("UPDATE training_sessions SET starts_at = %s WHERE id = %s", (start, session_id))

    (conflict,) = admin.post("/v1/staff/sessions/previews", a_plan(studio)).json["conflicts"]

    assert (conflict["session"]["id"], conflict["blocks"]) == (str(session_id), False)
    assert admin.post("/v1/staff/sessions", a_plan(studio)).status_code == 201


def test_a_cancelled_session_frees_its_space(admin: Caller, studio: Studio) -> None:
    first = TrainingSessionId(admin.post("/v1/staff/sessions", a_plan(studio)).json["id"])
    studio.ask(first, studio.staff, CancelSession("ill"))
    studio.serve(first)

    assert admin.post("/v1/staff/sessions", a_plan(studio)).status_code == 201


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"starts_at_local": "2030-03-31T03:30"}, "starts_at_local", "never show this time"),
        ({"starts_at_local": "2020-03-05T18:00"}, "starts_at_local", "past"),
        ({"starts_at_local": "0001-01-01T00:00"}, "starts_at_local", "past"),
        ({"starts_at_local": "9999-12-31T23:59"}, "starts_at_local", "five years"),
        ({"starts_at_local": "2030-02-30T18:00"}, "starts_at_local", "clocks"),
        ({"starts_at_local": "2030-11-05T18:00:00+02:00"}, "starts_at_local", "clocks"),
        ({"starts_at_local": 7}, "starts_at_local", "clocks"),
        ({"capacity": 0}, "capacity", "greater"),
        ({"capacity": None}, "capacity", "integer"),
        ({"lasts_minutes": 1441}, "lasts_minutes", "less"),
        ({"space_id": str(uuid4())}, "space_id", "no such thing"),
        ({"training_id": str(uuid4())}, "training_id", "no such thing"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_by_field(
    admin: Caller, studio: Studio, values: dict[str, Any], field: str, said: str
) -> None:
    for path in ("/v1/staff/sessions", "/v1/staff/sessions/previews"):
        errors = problem(admin.post(path, a_plan(studio, **{"at": AT, **values}) if "starts_at_local" not in values
                                    else a_plan(studio) | values), 422, "invalid_input")["errors"]  # fmt: skip
        assert list(errors) == [field]
        assert said in errors[field]


@pytest.mark.parametrize("kind", ["training", "trainer", "space"])
def test_what_is_retired_is_not_planned_with(admin: Caller, studio: Studio, kind: str) -> None:
    id_ = getattr(studio, f"{kind}_id")
    assert admin.patch(f"/v1/staff/{kind}s/{id_}", {"retired": True}).status_code == 200

    errors = problem(admin.post("/v1/staff/sessions", a_plan(studio)), 422, "invalid_input")["errors"]

    assert "retired" in errors[f"{kind}_id"]


def test_a_time_that_is_shown_twice_is_the_first_of_the_two(admin: Caller, studio: Studio) -> None:
    preview = admin.post("/v1/staff/sessions/previews", a_plan(studio, "2030-10-27T03:30")).json

    assert preview["starts_at"] == "2030-10-27T00:30:00Z"
