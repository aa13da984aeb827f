from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from ops.stack.servers import EmbeddedServers
from storage.identifiers import new_id
from storage.settings import settings
from tests.databases import new_database
from tests.integration.api.conftest import WAIT, Caller, app_with, problem, reasons
from tests.integration.studio import Studio


def in_days(days: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


def test_the_schedule_lists_sessions_in_order_of_their_start(anybody: Caller, studio: Studio) -> None:
    later, sooner = studio.a_session(starts_at=in_days(3)), studio.a_session(starts_at=in_days(2))
    page = anybody.get(f"/v1/sessions?trainer_id={studio.trainer_id}").json
    assert ids(page) == [str(sooner), str(later)]
    assert page["next_cursor"] is None


def test_a_session_says_when_in_utc_and_by_the_studios_clock(anybody: Caller, studio: Studio) -> None:
    session_id = studio.a_session(starts_at=datetime(2030, 7, 1, 15, 0, tzinfo=UTC))
    session = anybody.get(f"/v1/sessions/{session_id}").json
    assert session["starts_at"] == "2030-07-01T15:00:00Z"
    assert session["ends_at"] == "2030-07-01T16:00:00Z"
    assert session["starts_at_local"] == "2030-07-01T18:00:00+03:00"
    assert session["time_zone"] == "Europe/Kyiv"
    assert session["booking_closes_at"] == "2030-07-01T14:00:00Z"
    assert session["cancelling_closes_at"] == "2030-07-01T03:00:00Z"


def test_without_a_from_the_schedule_begins_now(anybody: Caller, studio: Studio) -> None:
    past, future = studio.a_session(starts_at=in_days(-1)), studio.a_session(starts_at=in_days(1))
    assert ids(anybody.get(f"/v1/sessions?trainer_id={studio.trainer_id}").json) == [str(future)]
    everything = anybody.get(f"/v1/sessions?trainer_id={studio.trainer_id}&from=2000-01-01T00:00:00Z").json
    assert ids(everything) == [str(past), str(future)]


def test_from_is_part_of_the_range_and_to_is_not(anybody: Caller, studio: Studio) -> None:
    starts = [datetime(2031, 1, day, 9, tzinfo=UTC) for day in (1, 2, 3)]
    sessions = [studio.a_session(starts_at=start) for start in starts]
    # A plain + in a query is a space; both ways of writing an offset are understood.
    for written in ("2031-01-01T11:00:00+02:00", "2031-01-01T09:00:00Z"):
        page = anybody.get(f"/v1/sessions?training_id={studio.training_id}&from={written}&to=2031-01-03T09:00:00Z")
        assert ids(page.json) == [str(id_) for id_ in sessions[:2]]


@pytest.mark.parametrize("by", ["trainer", "training", "both", "neither"])
def test_every_combination_of_filters_pages_through_all_and_only_what_fits(
    anybody: Caller, studio: Studio, by: str
) -> None:
    other = Studio(studio.db, studio.redis, studio.pool)
    same_start = in_days(5)
    mine = [studio.a_session(starts_at=same_start) for _ in range(5)]
    theirs = [
        studio.a_session(starts_at=same_start, trainer_id=other.trainer_id),
        studio.a_session(starts_at=same_start, training_id=other.training_id),
    ]
    wanted = {
        "trainer": [*mine, theirs[1]],
        "training": [*mine, theirs[0]],
        "both": mine,
        "neither": [*mine, *theirs],
    }[by]
    filters = f"from={same_start:%Y-%m-%dT%H:%M:%SZ}&to={same_start + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}&limit=2"
    if by in {"trainer", "both"}:
        filters += f"&trainer_id={studio.trainer_id}"
    if by in {"training", "both"}:
        filters += f"&training_id={studio.training_id}"
    seen, cursor = [], ""
    for _ in range(20):
        page = anybody.get(f"/v1/sessions?{filters}{cursor}").json
        assert len(page["items"]) <= 2
        seen += ids(page)
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == sorted(seen)
    assert set(seen) >= {str(id_) for id_ in wanted}
    if by != "neither":
        assert len(seen) == len(wanted)


def test_the_detail_shows_what_there_is_to_know_before_booking(anybody: Caller, studio: Studio) -> None:
    limited = new_id()
    studio.db.execute(
        "INSERT INTO pass_types (id, name, training_ids) VALUES (%s, %s, %s)", (limited, f"A {limited}", [new_id()])
    )
    session_id = studio.a_session(waitlist_limit=7, booking_opens_at=in_days(1))
    session = anybody.get(f"/v1/sessions/{session_id}").json
    assert session["name"].startswith("Yoga")
    assert session["waitlist_limit"] == 7
    assert session["booking_opens_at"] == f"{in_days(1):%Y-%m-%dT%H:%M}" + session["booking_opens_at"][16:]
    assert (session["capacity"], session["booked"], session["spots_left"], session["waitlisted"]) == (2, 0, 2, 0)
    offered = {kind["id"] for kind in session["pass_types"]}
    assert str(limited) not in offered
    assert session["my_booking"] is None


def test_my_booking_is_shown_to_me_alone(me: Caller, anybody: Caller, studio: Studio, serving: None) -> None:
    session_id = studio.a_session()
    booking_id = me.book(session_id, **WAIT).json["booking"]["id"]
    assert me.get(f"/v1/sessions/{session_id}").json["my_booking"]["id"] == booking_id
    assert anybody.get(f"/v1/sessions/{session_id}").json["my_booking"] is None
    assert anybody.of(studio.a_member()).get(f"/v1/sessions/{session_id}").json["my_booking"] is None
    session = anybody.get(f"/v1/sessions/{session_id}").json
    assert (session["booked"], session["spots_left"], session["position"]) == (1, 1, 1)


def test_my_passes_say_whether_they_can_pay_and_why_not(me: Caller, studio: Studio) -> None:
    assert me.member is not None
    exhausted = new_id()
    studio.db.execute(
        "INSERT INTO passes (id, pass_type_id, member_id, training_ids, sessions_granted, sessions_left, expires_at)"
        " VALUES (%s, %s, %s, %s, 1, 0, now())",
        (exhausted, studio.pass_type_id, me.member.id, [new_id()]),
    )
    passes = me.get(f"/v1/sessions/{studio.a_session()}/passes").json["items"]
    assert [(one["id"], one["usable"]) for one in passes] == [(str(me.member.pass_id), True), (str(exhausted), False)]
    assert reasons(passes[1]) == ["pass_expired", "pass_exhausted", "pass_not_applicable"]
    assert all(reason["sentence"].endswith(".") for reason in passes[1]["reasons"])


@pytest.mark.parametrize("path", ["", "/passes"])
def test_a_session_that_does_not_exist_is_not_found(me: Caller, path: str) -> None:
    problem(me.get(f"/v1/sessions/{uuid4()}{path}"), 404, "session_not_found")


def test_what_is_no_id_is_no_address(me: Caller) -> None:
    problem(me.get("/v1/sessions/42"), 404, "not_found")


def test_passes_are_shown_to_their_member_only(anybody: Caller, studio: Studio) -> None:
    problem(anybody.get(f"/v1/sessions/{studio.a_session()}/passes"), 401, "token_missing")


def test_the_studio_says_its_name_and_zone_to_anybody(anybody: Caller, studio: Studio) -> None:
    assert anybody.get("/v1/studio").json == {"name": "Studio", "time_zone": "Europe/Kyiv"}


def test_before_there_is_a_studio_its_lists_are_empty(servers: EmbeddedServers) -> None:
    with new_database(servers.database_url) as url, app_with(replace(settings(), database_url=url)) as app:
        anybody = Caller(app.test_client(), settings())

        assert anybody.get("/v1/studio").json == {"name": "Seatline", "time_zone": "UTC"}
        assert anybody.get("/v1/trainers").json == {"items": [], "next_cursor": None}
        assert anybody.get("/v1/trainings").json == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("resource", ["trainers", "trainings"])
def test_trainers_and_trainings_are_listed_by_name_a_page_at_a_time(
    anybody: Caller, studio: Studio, resource: str
) -> None:
    others = [Studio(studio.db, studio.redis, studio.pool) for _ in range(4)]
    wanted = {str(one.trainer_id if resource == "trainers" else one.training_id) for one in [studio, *others]}
    # Earlier tests left some, of which none is to be left out; three pages at least, and few enough.
    studio.db.execute(f"UPDATE {resource} SET retired = false WHERE retired")
    rows = studio.db.execute(f"SELECT id::text, name FROM {resource} ORDER BY name").fetchall()
    limit = min(len(rows) // 3, 200)

    seen, cursor = [], ""
    for _ in rows:
        page = anybody.get(f"/v1/{resource}?limit={limit}{cursor}").json
        assert len(page["items"]) <= limit
        seen += [(item["id"], item["name"]) for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert seen == rows
    assert wanted <= {id_ for id_, _ in seen}


@pytest.mark.parametrize("resource", ["trainers", "trainings"])
@pytest.mark.parametrize(("asked", "field"), [("cursor=42", "cursor"), ("limit=0", "limit"), ("name=Yoga", "name")])
def test_a_list_of_names_tells_what_it_does_not_understand(
    anybody: Caller, resource: str, asked: str, field: str
) -> None:
    assert field in problem(anybody.get(f"/v1/{resource}?{asked}"), 422, "invalid_input")["errors"]
