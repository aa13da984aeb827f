"""Every scenario runs, at its smallest, and every contender keeps the rules it is there to keep."""

from contextlib import closing

import pytest

from api.auth import TOKEN_SALT
from api.services import CONNECTIONS_MAX
from benchmarks.contenders import CELERY, CONTENDERS, SEATLINE, USUAL
from benchmarks.floors.bulk_rows import bulk_rows
from benchmarks.floors.commits import commits
from benchmarks.growth import growth
from benchmarks.peers import web
from benchmarks.results import Measurement
from benchmarks.scenarios.backlog import accepting_nothing, backlog
from benchmarks.scenarios.browse import browse
from benchmarks.scenarios.evening import evening
from benchmarks.scenarios.overload import overload
from benchmarks.scenarios.rush import rush
from benchmarks.scenarios.soak import soak
from benchmarks.scenarios.trickle import trickle
from benchmarks.stand.stand import Stand
from storage.database import connect

TINY = 0.004


def test_the_peers_have_as_many_connections_as_seatline_and_read_its_tokens() -> None:
    assert (web.POOL_SIZE, web.TOKEN_SALT) == (CONNECTIONS_MAX, TOKEN_SALT)


def whole(measured: Measurement) -> dict[str, float]:
    """Return the figures of a measurement in which nothing went wrong."""
    assert measured.faults == {}
    assert measured.figures.get("errors", 0) == 0
    return measured.figures


@pytest.mark.parametrize("name", [name for name in CONTENDERS if name != CELERY.name])
def test_a_rush_is_served_by_the_rules(stand: Stand, name: str) -> None:
    figures = whole(rush(stand, CONTENDERS[name], scale=TINY))

    assert figures["commands"] == 22  # of 20 members two give back what came of it
    assert figures["outcome_p99_ms"] > figures["outcome_p50_ms"] > 0
    assert figures["cpu_api_seconds_per_1000"] > 0
    assert figures["wal_bytes_per_command"] > 0
    assert figures["memory_api_mb"] > 10


def test_celery_under_a_redis_lock_keeps_everything_but_the_order(stand: Stand) -> None:
    measured = rush(stand, CELERY, scale=TINY)

    assert measured.figures["commands"] == 22
    assert measured.faults.keys() <= {"order"}


def test_a_backlog_is_accepted_first_and_served_then(stand: Stand) -> None:
    figures = whole(backlog(stand, SEATLINE, scale=TINY, sessions=5))

    assert figures["commands"] == 80
    assert figures["accept_rate_per_second"] > 0
    assert figures["rate_per_second"] > 0


def test_an_evening_mixes_bookings_and_cancellations(stand: Stand) -> None:
    assert whole(evening(stand, USUAL, scale=TINY))["commands"] > 40


def test_in_an_overload_everybody_is_answered_or_turned_away(stand: Stand) -> None:
    figures = whole(overload(stand, scale=TINY))

    assert figures["offered_per_second"] == 2 * figures["most_per_second"]
    assert figures["commands"] + figures["turned_away"] * 160 == pytest.approx(160)


def test_a_soak_tells_after_each_round_what_is_held(stand: Stand) -> None:
    with closing(soak(stand, scale=TINY / 100)) as rounds:
        first, second = next(rounds), next(rounds)

    assert (first.parameters, second.parameters) == ({"commands": 40}, {"commands": 80})
    assert {"memory_api_mb", "memory_worker_mb"} <= first.figures.keys()


def test_a_trickle_reaches_every_session_once(stand: Stand) -> None:
    assert whole(trickle(stand, USUAL, scale=TINY))["commands"] == 20


def test_browsing_is_measured_alone_and_while_others_book(stand: Stand) -> None:
    figures = whole(browse(stand, USUAL, scale=TINY))

    assert {"schedule_per_second", "detail_per_second", "busy_per_second", "bookings_per_second"} <= figures.keys()


@pytest.mark.parametrize("axis", ["waitlist", "bookings"])
def test_growth_is_measured_on_a_full_database(stand: Stand, axis: str) -> None:
    measured = growth(stand, USUAL, axis=axis, size=10_000, scale=TINY)

    assert measured.parameters == {axis: 40}
    assert measured.figures["errors"] == 0
    assert measured.figures["cpu_ms_per_command"] > 0


def test_the_limits_are_measured(stand: Stand) -> None:
    figures = bulk_rows(stand, scale=0.02).figures

    assert figures.keys() == {"bulk_sql_per_second", "one_process_per_second", "one_by_one_per_second"}
    assert accepting_nothing(stand, scale=TINY).figures["accept_rate_per_second"] > 0


def test_a_slow_commit_is_slow_for_one_client_too_and_only_as_long_as_asked_for(stand: Stand) -> None:
    slow = commits(stand, commit_ms=5.0).figures

    # Postgres sleeps at least so long; how much longer is the machine's.
    assert slow["commit_min_ms"] >= 5.0
    assert _settings(stand) == ["0", "5"]  # Postgres' own


def _settings(stand: Stand) -> list[str]:
    with connect(stand.database_url) as db:
        query = "SELECT setting FROM pg_settings WHERE name IN ('commit_delay', 'commit_siblings') ORDER BY name"
        return [setting for (setting,) in db.execute(query)]
