import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from uuid import uuid4

import pytest
from prometheus_client.parser import text_string_to_metric_families
from psycopg_pool import ConnectionPool

from api import readiness
from storage.database import Db
from storage.notices import relay
from storage.settings import settings
from tests.databases import new_database
from tests.integration.api.conftest import WAIT, Caller, app_with, problem
from tests.integration.studio import Studio
from tests.integration.workers.postroom import Desk, ScriptedProvider
from workers.providers.outcomes import GiveUp, Sent, TryAgain


@pytest.fixture
def hanging_port() -> Iterator[int]:
    """A server that takes connections and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield int(server.getsockname()[1])


def figures(caller: Caller) -> dict[tuple[str, ...], float]:
    answer = caller.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_a_process_that_answers_is_live_whatever_it_needs(closed_port: int) -> None:
    with app_with(replace(settings(), redis_url=f"redis://127.0.0.1:{closed_port}")) as app:
        assert Caller(app.test_client(), settings()).get("/live").json == {"status": "live"}


def test_ready_means_that_postgres_and_redis_answer(anybody: Caller) -> None:
    answer = anybody.get("/ready")
    assert (answer.status_code, answer.json) == (200, {"status": "ready"})


@pytest.mark.parametrize("hangs", [False, True])
def test_not_ready_names_redis_when_it_is_away(closed_port: int, hanging_port: int, *, hangs: bool) -> None:
    port = hanging_port if hangs else closed_port
    with app_with(replace(settings(), redis_url=f"redis://127.0.0.1:{port}/0")) as app:
        answer = Caller(app.test_client(), settings()).get("/ready")
    assert list(problem(answer, 503, "not_ready")["errors"]) == ["redis"]
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("hangs", [False, True])
def test_not_ready_names_postgres_when_it_is_away(
    closed_port: int, hanging_port: int, monkeypatch: pytest.MonkeyPatch, *, hangs: bool
) -> None:
    monkeypatch.setattr(readiness, "ANSWER_WITHIN_SECONDS", 0.5)
    port = hanging_port if hangs else closed_port
    with app_with(replace(settings(), database_url=f"postgresql://x@127.0.0.1:{port}/x")) as app:
        caller = Caller(app.test_client(), settings())
        errors = problem(caller.get("/ready"), 503, "not_ready")["errors"]
    assert list(errors) == ["postgres"]
    assert errors["postgres"].endswith(".")


def test_an_empty_database_is_not_ready(database_url: str, studio: Studio) -> None:
    name = f"seatline_test_{uuid4().hex[:12]}"
    empty = f"{database_url.rpartition('/')[0]}/{name}"
    studio.db.execute(f"CREATE DATABASE {name}")
    try:
        with app_with(replace(settings(), database_url=empty)) as app:
            answer = Caller(app.test_client(), settings()).get("/ready")
    finally:
        studio.db.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert "seatline migrate" in problem(answer, 503, "not_ready")["errors"]["postgres"]


def test_a_missing_database_is_answered_as_such(closed_port: int, me: Caller) -> None:
    with app_with(replace(settings(), database_url=f"postgresql://x@127.0.0.1:{closed_port}/x")) as app:
        answer = replace(me, http=app.test_client()).get("/v1/me")
    problem(answer, 503, "database_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_the_figures_follow_what_happens(anybody: Caller, me: Caller, studio: Studio, serving: None) -> None:
    session_id = studio.a_session()
    me.book(session_id, **WAIT)
    me.book(session_id, **WAIT)
    seen = figures(anybody)
    assert seen["seatline_redis_up",] == seen["seatline_postgres_up",] == 1
    assert seen["seatline_commands_accepted_total",] == 2
    assert seen["seatline_commands_settled_total", "applied"] == 1
    assert seen["seatline_commands_settled_total", "refused"] == 1
    assert seen["seatline_refusals_total", "already_booked"] == 1
    assert seen["seatline_batch_size_bucket", "1.0"] == seen["seatline_batch_size_count",] == 2
    assert seen["seatline_batch_size_sum",] == 2
    assert seen["seatline_accept_to_applied_seconds_count",] == 2
    assert seen["seatline_accept_to_applied_seconds_bucket", "+Inf"] == 2
    assert 0 < seen["seatline_accept_to_applied_seconds_sum",] < 60
    assert seen["seatline_lanes_waiting",] == 0


@pytest.fixture
def desk(studio: Studio, notifier_pool: ConnectionPool[Db]) -> Iterator[Desk]:
    studio.db.execute("TRUNCATE notices CASCADE")
    studio.db.execute("DELETE FROM webhooks")
    desk = Desk(studio.db, notifier_pool, studio.redis)
    yield desk
    for postroom in desk.opened:
        postroom.close()


def booked(studio: Studio, count: int) -> None:
    session_id = studio.a_session(capacity=count)
    for member in studio.members(count):
        studio.book(session_id, member)
    studio.serve(session_id)
    relay(studio.db, limit=100)


def test_deliveries_are_counted_by_channel_kind_and_state(anybody: Caller, studio: Studio, desk: Desk) -> None:
    booked(studio, 4)
    studio.db.execute("UPDATE deliveries SET due_at = now() - interval '1 min'")
    provider = ScriptedProvider([Sent(), Sent(), GiveUp("550 no such mailbox"), TryAgain("451 busy")])

    before = figures(anybody)
    desk.postroom(provider).deliver_due()
    after = figures(anybody)

    def of_bookings(seen: dict[tuple[str, ...], float], name: str) -> dict[str, float]:
        return {key[3]: value for key, value in seen.items() if key[:3] == (name, "email", "booking_confirmed")}

    assert of_bookings(before, "seatline_deliveries_open") == {"due": 4, "sending": 0, "failed": 0}
    assert of_bookings(after, "seatline_deliveries_open") == {"due": 1, "sending": 0, "failed": 1}
    assert of_bookings(before, "seatline_deliveries_settled_total") == {}
    assert of_bookings(after, "seatline_deliveries_settled_total") == {"sent": 2, "failed": 1}
    assert after["seatline_deliveries_open", "push", "reminder", "failed"] == 0
    assert before["seatline_oldest_due_delivery_seconds", "email"] >= 60
    assert after["seatline_oldest_due_delivery_seconds", "email"] == 0
    for outcome, calls in (("sent", 2), ("give_up", 1), ("try_again", 1)):
        assert after["seatline_delivery_attempts_total", "email", outcome, "scripted"] == calls


def test_the_time_from_a_notice_to_its_delivery_is_a_histogram(anybody: Caller, studio: Studio, desk: Desk) -> None:
    booked(studio, 2)
    studio.db.execute("UPDATE notices SET created_at = created_at - interval '2 min'")

    desk.postroom(ScriptedProvider([Sent(), GiveUp("550 no such mailbox")])).deliver_due()
    seen = figures(anybody)

    assert seen["seatline_delivery_seconds_count", "email"] == 1, "what was not sent took no time"
    assert seen["seatline_delivery_seconds_bucket", "email", "60.0"] == 0
    assert seen["seatline_delivery_seconds_bucket", "email", "300.0"] == 1
    assert seen["seatline_delivery_seconds_bucket", "email", "+Inf"] == 1
    assert 120 <= seen["seatline_delivery_seconds_sum", "email"] < 300
    assert seen["seatline_delivery_seconds_count", "push"] == 0


def test_the_figures_show_lanes_that_wait(anybody: Caller, me: Caller, studio: Studio) -> None:
    for _ in range(2):
        session_id = studio.a_session()
        for _ in range(2):
            me.book(session_id)
    seen = figures(anybody)
    assert seen["seatline_lanes_waiting",] == 2
    assert seen["seatline_oldest_waiting_seconds",] > 0


def test_the_figures_of_postgres_are_shown_without_redis_and_the_other_way_round(
    closed_port: int, studio: Studio
) -> None:
    with app_with(replace(settings(), redis_url=f"redis://127.0.0.1:{closed_port}/0")) as app:
        without_redis = figures(Caller(app.test_client(), settings()))
    assert without_redis["seatline_redis_up",] == 0
    assert ("seatline_lanes_waiting",) in without_redis
    assert ("seatline_commands_accepted_total",) not in without_redis
    with app_with(replace(settings(), database_url=f"postgresql://x@127.0.0.1:{closed_port}/x")) as app:
        without_postgres = figures(Caller(app.test_client(), settings()))
    assert without_postgres["seatline_postgres_up",] == 0
    assert ("seatline_lanes_waiting",) not in without_postgres
    assert ("seatline_commands_accepted_total",) in without_postgres


def test_every_figure_is_documented(anybody: Caller, me: Caller, studio: Studio, serving: None, desk: Desk) -> None:
    from api import metrics  # noqa: PLC0415

    me.book(studio.a_session(), **WAIT)
    desk.postroom(ScriptedProvider()).deliver_due()
    assert metrics.__doc__
    for family in text_string_to_metric_families(anybody.get("/metrics").text):
        assert f"`{family.name}" in metrics.__doc__, family.name


def test_a_new_database_is_ready(database_url: str) -> None:
    with new_database(database_url) as url, app_with(replace(settings(), database_url=url)) as app:
        assert Caller(app.test_client(), settings()).get("/ready").status_code == 200
