"""Changing and ending the rest of a series."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.commands import CancelSession, ChangeCapacity
from domain.ids import TrainingSessionId
from ops.auditing import audit
from tests.integration.api.conftest import Caller, problem
from tests.integration.studio import Studio

BEGIN = (datetime.now(UTC) + timedelta(days=30)).date()


@pytest.fixture
def admin(me: Caller, studio: Studio) -> Caller:
    assert me.member is not None
    studio.db.execute("UPDATE members SET role = 'admin' WHERE id = %s", (me.member.id,))
    return me


def a_series(admin: Caller, studio: Studio, **values: Any) -> str:
    body = {
        "training_id": str(studio.training_id), "trainer_id": str(studio.trainer_id), "space_id": str(studio.space_id),
        "frequency": "daily", "times": ["18:00"], "starts_on": str(BEGIN), "count": 5, "capacity": 8, **values,
    }  # fmt: skip
    made = admin.post("/v1/staff/series", body)
    assert made.status_code == 201, made.json
    return str(made.json["id"])


def ids(studio: Studio, series: str) -> list[TrainingSessionId]:
    rows = studio.db.execute("SELECT id FROM training_sessions WHERE series_id = %s ORDER BY occurrence", (series,))
    return [row[0] for row in rows]


def serve(studio: Studio, series: str) -> None:
    for id_ in ids(studio, series):
        while studio.serve(id_).commands:
            pass
    assert audit(studio.db, ids(studio, series)).ok


def column(studio: Studio, series: str, name: str) -> list[Any]:
    rows = studio.db.execute(
        f"SELECT {name} FROM training_sessions WHERE series_id = %s ORDER BY occurrence", (series,)
    )
    return [row[0] for row in rows]


def change(admin: Caller, series: str, **values: Any) -> Any:
    answer = admin.post(f"/v1/staff/series/{series}/changes", {"from_on": str(BEGIN + timedelta(days=2)), **values})
    assert answer.status_code == 202, answer.json
    return answer.json


def test_the_rest_gets_new_values_and_what_was_changed_alone_or_cancelled_stays(admin: Caller, studio: Studio) -> None:
    series = a_series(admin, studio)
    _, _, alone, called_off, _ = ids(studio, series)
    studio.ask(alone, studio.staff, ChangeCapacity(3))
    studio.ask(called_off, studio.staff, CancelSession("ill"))
    serve(studio, series)

    answer = change(admin, series, capacity=20, time="19:30", lasts_minutes=45, why="a larger room")
    serve(studio, series)

    assert (answer["sessions"], answer["left_alone"]) == (1, 1)
    assert column(studio, series, "capacity") == [8, 8, 3, 8, 20]
    assert column(studio, series, "to_char(starts_at AT TIME ZONE 'Europe/Kyiv', 'HH24:MI')") == [
        *["18:00"] * 4,
        "19:30",
    ]
    assert column(studio, series, "lasts_minutes")[-1] == 45
    shown = admin.get(f"/v1/staff/series/{series}").json
    assert (shown["capacity"], shown["times"]) == (20, ["19:30:00"])
    kinds = [one["kind"] for one in admin.get(f"/v1/staff/changes?subject_id={series}").json["items"]]
    assert kinds == ["series_changed", "series_planned"]


def test_a_change_to_the_whole_series_is_no_change_of_its_own(admin: Caller, studio: Studio) -> None:
    series = a_series(admin, studio)
    change(admin, series, capacity=20)
    serve(studio, series)

    assert change(admin, series, capacity=25)["left_alone"] == 0
    serve(studio, series)
    assert column(studio, series, "capacity") == [8, 8, 25, 25, 25]


def test_what_was_changed_alone_is_changed_when_asked_for(admin: Caller, studio: Studio) -> None:
    series = a_series(admin, studio)
    studio.ask(ids(studio, series)[4], studio.staff, ChangeCapacity(3))
    serve(studio, series)

    change(admin, series, capacity=20, overridden=True)
    serve(studio, series)

    assert column(studio, series, "capacity") == [8, 8, 20, 20, 20]


def test_a_preview_names_what_is_in_the_way_and_asks_nothing_and_a_blocked_move_is_refused_in_its_line(
    admin: Caller, studio: Studio
) -> None:
    series = a_series(admin, studio)
    plan = {
        "training_id": str(studio.training_id), "trainer_id": str(studio.trainer_id), "space_id": str(studio.space_id),
        "starts_at_local": f"{BEGIN + timedelta(days=3)}T20:00",
    }  # fmt: skip
    other = admin.post("/v1/staff/sessions", plan).json
    body = {"from_on": str(BEGIN), "time": "20:30"}

    preview = admin.post(f"/v1/staff/series/{series}/changes/previews", body).json

    assert (preview["sessions"], [one["session"]["id"] for one in preview["conflicts"]]) == (5, [other["id"]])
    assert (
        column(studio, series, "(SELECT count(*) FROM commands WHERE training_session_id = training_sessions.id)")
        == [0] * 5
    )
    admin.post(f"/v1/staff/series/{series}/changes", body)
    serve(studio, series)
    clocks = column(studio, series, "to_char(starts_at AT TIME ZONE 'Europe/Kyiv', 'HH24:MI')")
    assert clocks == ["20:30", "20:30", "20:30", "18:00", "20:30"]


def test_ending_cancels_the_rest_refunds_and_keeps_what_comes_before(admin: Caller, studio: Studio) -> None:
    series = a_series(admin, studio)
    member = studio.a_member(sessions=3)
    studio.book(ids(studio, series)[4], member)
    serve(studio, series)
    assert studio.sessions_left(member) == 2

    ended = admin.post(f"/v1/staff/series/{series}/end", {"from_on": str(BEGIN + timedelta(days=3)), "why": "summer"})
    serve(studio, series)

    assert (ended.status_code, ended.json["sessions"]) == (202, 2)
    assert column(studio, series, "cancelled") == [False, False, False, True, True]
    assert studio.sessions_left(member) == 3
    assert admin.get(f"/v1/staff/series/{series}").json["ends_on"] == str(BEGIN + timedelta(days=2))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "body"),
        ({"capacity": 0}, "capacity"),
        ({"time": "25:00"}, "time"),
        ({"space_id": str(uuid4())}, "space_id"),
        ({"capacity": 5, "from_on": "soon"}, "from_on"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_by_field(
    admin: Caller, studio: Studio, values: dict[str, Any], field: str
) -> None:
    series = a_series(admin, studio)

    answer = admin.post(f"/v1/staff/series/{series}/changes", {"from_on": str(BEGIN), **values})

    assert list(problem(answer, 422, "invalid_input")["errors"]) == [field]


def test_one_time_is_not_given_to_a_series_of_several(admin: Caller, studio: Studio) -> None:
    series = a_series(admin, studio, times=["08:00", "18:00"])

    answer = admin.post(f"/v1/staff/series/{series}/changes", {"from_on": str(BEGIN), "time": "20:00"})

    assert "several times" in problem(answer, 422, "invalid_input")["errors"]["time"]


def test_a_series_that_does_not_exist_is_not_found(admin: Caller) -> None:
    path = f"/v1/staff/series/{UUID(int=1)}"
    for rest in ("changes", "changes/previews"):
        problem(admin.post(f"{path}/{rest}", {"from_on": str(BEGIN), "capacity": 5}), 404, "series_not_found")
    problem(admin.post(f"{path}/end", {"from_on": str(BEGIN)}), 404, "series_not_found")
