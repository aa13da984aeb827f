"""A crowd's commands gather between two batches, and nothing is lost by it."""

import time
from collections.abc import Callable

import pytest
from psycopg_pool import ConnectionPool

from domain.ids import TrainingSessionId
from storage.database import Db
from tests.integration.studio import Studio
from workers import flags, lane, sweep
from workers.queues import QueueName

Pauses = list[float]


class Killed(BaseException):
    """What a process that is killed here never gets past."""


@pytest.fixture
def crowd(studio: Studio) -> TrainingSessionId:
    """A session for which five commands wait; their token is used up."""
    session = studio.a_session(capacity=2)
    for member in studio.members(5):
        studio.book(session, member)
    studio.redis.delete(QueueName.SESSIONS)
    return session


def while_they_gather(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object] = lambda: None) -> Pauses:
    """Let something happen in the first pause, and nothing in later ones; return how long each was to be."""
    pauses: Pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 1:
            happens()

    monkeypatch.setattr(time, "sleep", pause)
    return pauses


def test_what_comes_meanwhile_is_served_by_the_same_turn_and_calls_nobody(
    studio: Studio, crowd: TrainingSessionId, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = studio.a_member()
    while_they_gather(monkeypatch, lambda: studio.book(crowd, late))

    served = studio.serve(crowd)

    assert (served.commands, served.batches) == (6, 2)
    assert studio.roster(crowd)[late.id] == "waitlisted"
    assert studio.tokens() == 0
    assert studio.redis.exists(flags.rerun_key(crowd), flags.armed_key(crowd), flags.serving_key(crowd)) == 0


def test_the_pause_is_short_and_ends_when_nobody_comes(
    studio: Studio, crowd: TrainingSessionId, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = while_they_gather(monkeypatch)

    assert studio.serve(crowd).batches == 1

    assert len(pauses) == 1
    assert 0 < pauses[0] <= lane.GATHER_SECONDS_MAX


def test_who_books_alone_waits_for_no_crowd(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    session = studio.a_session()
    studio.book(session, studio.a_member())
    studio.redis.delete(QueueName.SESSIONS)
    pauses = while_they_gather(monkeypatch)

    studio.serve(session)

    assert pauses == []


def test_no_crowd_gathers_while_another_session_waits(
    studio: Studio, crowd: TrainingSessionId, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.book(studio.a_session(), studio.a_member())
    pauses = while_they_gather(monkeypatch)

    studio.serve(crowd)

    assert pauses == []
    assert studio.tokens() == 1


def test_another_worker_that_serves_the_session_meanwhile_is_asked_to_look_again(
    studio: Studio, crowd: TrainingSessionId, pool: ConnectionPool[Db], monkeypatch: pytest.MonkeyPatch
) -> None:
    late = studio.a_member()
    with pool.connection() as other:

        def another_takes_the_lane() -> None:
            other.execute("BEGIN")
            other.execute("SELECT FROM training_sessions WHERE id = %s FOR NO KEY UPDATE", (crowd,))
            studio.book(crowd, late)

        while_they_gather(monkeypatch, another_takes_the_lane)
        served = studio.serve(crowd)
        assert (served.commands, served.held) == (5, True)
        assert flags.take_rerun(studio.redis, crowd)
        other.execute("ROLLBACK")

    studio.serve(crowd)
    assert studio.roster(crowd)[late.id] == "waitlisted"


def test_the_sweep_finds_what_a_worker_that_died_meanwhile_has_left(
    studio: Studio, crowd: TrainingSessionId, pool: ConnectionPool[Db], monkeypatch: pytest.MonkeyPatch
) -> None:
    late = studio.a_member()

    def die() -> None:
        studio.book(crowd, late)
        raise Killed

    while_they_gather(monkeypatch, die)
    with pytest.raises(Killed):
        studio.serve(crowd)
    assert studio.tokens() == 0
    assert 0 < studio.redis.pttl(flags.armed_key(crowd)) <= flags.STAND_IN_MILLISECONDS
    monkeypatch.setattr(sweep, "SWEEP_AFTER_SECONDS", 0.0)

    assert crowd in sweep.sweep(pool, studio.redis)
    studio.serve(crowd)

    assert studio.roster(crowd)[late.id] == "waitlisted"


def test_the_next_command_calls_a_worker_once_the_dead_one_is_missed(
    studio: Studio, crowd: TrainingSessionId, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die() -> None:
        raise Killed

    while_they_gather(monkeypatch, die)
    with pytest.raises(Killed):
        studio.serve(crowd)
    studio.redis.pexpire(flags.armed_key(crowd), 0)

    studio.book(crowd, studio.a_member())

    assert studio.tokens() == 1
