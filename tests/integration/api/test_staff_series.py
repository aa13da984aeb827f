"""Series that staff plan."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.refusals import RefusalReason
from ops.auditing import audit
from storage import series as storage_series
from storage.planning import find_conflicts
from tests.integration.api.conftest import Caller, problem
from tests.integration.studio import Studio

YEAR = date.today().year + 2  # noqa: DTZ011 - any year ahead
MONDAY = next(day for day in (date(YEAR, 3, 1) + timedelta(days=n) for n in range(7)) if day.weekday() == 0)


@pytest.fixture
def admin(me: Caller, studio: Studio) -> Caller:
    assert me.member is not None
    studio.db.execute("UPDATE members SET role = 'admin' WHERE id = %s", (me.member.id,))
    return me


def a_series(studio: Studio, **values: Any) -> dict[str, Any]:
    return {
        "training_id": str(studio.training_id),
        "trainer_id": str(studio.trainer_id),
        "space_id": str(studio.space_id),
        "frequency": "weekly",
        "weekdays": ["MO", "TH"],
        "times": ["18:00"],
        "starts_on": str(MONDAY),
        "count": 10,
        **values,
    }


def sessions(admin: Caller, series_id: str) -> list[dict[str, Any]]:
    found, cursor = [], ""
    while True:
        page = admin.get(f"/v1/staff/series/{series_id}/sessions?limit=4{cursor}").json
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def written(studio: Studio) -> int:
    row = studio.db.execute("SELECT count(*) FROM training_sessions WHERE space_id = %s", (studio.space_id,)).fetchone()
    assert row is not None
    return int(row[0])


def test_a_series_is_made_whole_and_each_session_can_be_audited(admin: Caller, studio: Studio) -> None:
    made = admin.post("/v1/staff/series", a_series(studio)).json

    assert (made["made"], made["left_out"], made["coming"]) == (10, 0, 10)
    assert made["planned_through"] == str(MONDAY + timedelta(days=31))
    assert made["rule"] == "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TH"
    found = sessions(admin, made["id"])
    assert len({one["id"] for one in found}) == 10
    clocks = [admin.get(f"/v1/sessions/{one['id']}").json["starts_at_local"][11:16] for one in found]
    assert set(clocks) == {"18:00"}, "the clocks are put forward in between"
    assert len({one["starts_at"][11:16] for one in found}) == 2
    ids = [row[0] for row in studio.db.execute("SELECT id FROM training_sessions WHERE series_id = %s", (made["id"],))]
    assert audit(studio.db, ids).ok
    (noted,) = admin.get(f"/v1/staff/changes?subject_id={made['id']}").json["items"]
    assert (noted["kind"], noted["after"]["sessions"]) == ("series_planned", 10)


def test_a_preview_says_how_many_the_first_ones_and_each_conflict_and_writes_nothing(
    admin: Caller, studio: Studio
) -> None:
    other = admin.post("/v1/staff/sessions", plan_of(studio, f"{MONDAY}T18:30")).json

    preview = admin.post("/v1/staff/series/previews", a_series(studio)).json

    assert (preview["sessions"], preview["blocked"], preview["conflicts_count"]) == (10, 1, 1)
    assert len(preview["first"]) == 10
    (conflict,) = preview["conflicts"]
    assert conflict["session"]["id"] == other["id"]
    assert conflict["planned_at"] == preview["first"][0]["starts_at"]
    assert written(studio) == 1


def plan_of(studio: Studio, at: str) -> dict[str, Any]:
    series = a_series(studio)
    return {name: series[name] for name in ("training_id", "trainer_id", "space_id")} | {"starts_at_local": at}


def test_where_one_is_blocked_nothing_is_made_unless_it_may_be_left_out(admin: Caller, studio: Studio) -> None:
    other = admin.post("/v1/staff/sessions", plan_of(studio, f"{MONDAY}T18:30")).json

    refused = problem(admin.post("/v1/staff/series", a_series(studio)), 409, "schedule_conflict")
    assert [one["session"]["id"] for one in refused["conflicts"]] == [other["id"]]
    assert written(studio) == 1
    assert all(one["training"]["id"] != str(studio.training_id) for one in admin.get("/v1/staff/series").json["items"])

    made = admin.post("/v1/staff/series", a_series(studio, leave_out_conflicts=True)).json
    assert (made["made"], made["left_out"]) == (9, 1)
    assert written(studio) == 10


def test_what_somebody_plans_between_looking_and_writing_is_seen_at_the_second_look(
    admin: Caller, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    look: Callable[..., Any] = find_conflicts
    looks = []

    def look_and_be_overtaken(db: Any, planned: Any) -> Any:
        found = look(db, planned)
        looks.append(len(found))
        if len(looks) == 1:
            monkeypatch.setattr(storage_series, "find_conflicts", look)
            assert admin.post("/v1/staff/sessions", plan_of(studio, f"{MONDAY}T18:30")).status_code == 201
        return found

    monkeypatch.setattr(storage_series, "find_conflicts", look_and_be_overtaken)

    refused = problem(admin.post("/v1/staff/series", a_series(studio)), 409, "schedule_conflict")

    assert looks == [0]
    assert [one["code"] for one in refused["conflicts"][0]["reasons"]] == [
        RefusalReason.SPACE_TAKEN, RefusalReason.TRAINER_TAKEN,
    ]  # fmt: skip
    assert written(studio) == 1


def test_without_an_end_a_year_is_planned(admin: Caller, studio: Studio) -> None:
    body = a_series(studio, frequency="daily", weekdays=[], count=None)

    assert admin.post("/v1/staff/series/previews", body).json["sessions"] == 366


def test_a_time_that_the_clocks_skip_is_said_to_be_moved(admin: Caller, studio: Studio) -> None:
    body = a_series(studio, frequency="daily", count=40, times=["03:30"])

    first = admin.post("/v1/staff/series/previews", body).json["first"]

    assert [one["moved"] for one in first] == [False] * 10 + [True]


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"frequency": "monthly", "weekdays": [], "month_day": 31, "count": None,
          "ends_on": str(MONDAY + timedelta(days=10))}, "starts_on", "no session at all"),
        ({"except_on": [str(MONDAY)], "count": 1}, "starts_on", "no session at all"),
        ({"frequency": "daily", "count": None, "times": [f"{hour:02}:00" for hour in range(24)]}, "ends_on", "5000"),
        ({"count": 5001}, "count", "5000"),
        ({"count": 0}, "count", "1"),
        ({"count": 3000}, "count", "five years"),
        ({"capacity": 0}, "capacity", "1"),
        ({"count": None, "ends_on": str(MONDAY - timedelta(days=1))}, "body", "ends before it begins"),
        ({"ends_on": str(MONDAY + timedelta(days=9))}, "body", "not both"),
        ({"starts_on": "2020-01-06"}, "starts_on", "past"),
        ({"starts_on": "9999-12-31"}, "starts_on", "five years"),
        ({"count": None, "ends_on": "9999-12-31"}, "ends_on", "five years"),
        ({"starts_on": "2031-02-30"}, "starts_on", "such as"),
        ({"times": ["18:00", "18:30"]}, "times", "run into each other"),
        ({"times": []}, "times", "1"),
        ({"times": ["24:00"]}, "times.0", "such as 18:00"),
        ({"weekdays": []}, "body", "days of the week"),
        ({"weekdays": ["XX"]}, "weekdays.0", "MO"),
        ({"frequency": "yearly"}, "frequency", "daily"),
        ({"frequency": "monthly"}, "body", "either"),
        ({"frequency": "monthly", "nth": 2}, "body", "exactly one"),
        ({"interval": 0}, "interval", "1"),
        ({"space_id": str(uuid4())}, "space_id", "no such thing"),
    ],
)  # fmt: skip
def test_a_series_that_makes_no_sense_is_refused_by_field(
    admin: Caller, studio: Studio, values: dict[str, Any], field: str, said: str
) -> None:
    for path in ("/v1/staff/series", "/v1/staff/series/previews"):
        errors = problem(admin.post(path, a_series(studio, **values)), 422, "invalid_input")["errors"]
        assert list(errors) == [field]
        assert said in errors[field]
    assert written(studio) == 0


def test_a_series_that_does_not_exist_is_not_found(admin: Caller) -> None:
    problem(admin.get(f"/v1/staff/series/{uuid4()}"), 404, "series_not_found")
    problem(admin.get(f"/v1/staff/series/{uuid4()}/sessions"), 404, "series_not_found")
