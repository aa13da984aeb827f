"""The dangerous moments of the protocol, one by one: crashes, lost hints, doubled tokens, faults."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from psycopg.errors import DeadlockDetected, IdleInTransactionSessionTimeout
from psycopg_pool import ConnectionPool

from domain.decide import decide
from storage import command_log
from storage.database import Db, connect
from storage.outcomes import write_batch
from tests.integration.studio import Studio
from workers import batch, flags, lane, outcomes, publish, sweep
from workers.queues import QueueName, session_queue_name


class Killed(BaseException):
    """What a process that is killed here never gets past; no handler of faults catches it."""


def die(*_: object) -> None:
    raise Killed


def at_the_reading_of_the_log(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Let something happen once, right after a worker has read which commands wait."""
    read = command_log.waiting_commands
    pending = [happens]

    def read_then_let_it_happen(*args: Any) -> Any:
        commands = read(*args)
        if pending:
            pending.pop()()
        return commands

    monkeypatch.setattr(batch, "waiting_commands", read_then_let_it_happen)


def test_a_command_accepted_while_the_lane_is_busy_gets_a_token(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = studio.a_session()
    early, late = studio.members(2)
    studio.book(session, early)
    studio.redis.delete(QueueName.SESSIONS)
    at_the_reading_of_the_log(monkeypatch, lambda: void(studio.book(session, late)))

    studio.serve(session)

    assert studio.roster(session) == {early.id: "confirmed"}
    assert studio.tokens() == 1
    studio.serve(session)
    assert late.id in studio.roster(session)


def test_a_token_used_up_while_the_lane_is_busy_is_made_good_by_the_holder(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = studio.a_session()
    early, late = studio.members(2)
    studio.book(session, early)

    def somebody_books_and_another_worker_takes_the_token() -> None:
        studio.book(session, late)
        studio.redis.delete(QueueName.SESSIONS)
        assert studio.serve(session) == lane.Served(0, 0, held=True)

    at_the_reading_of_the_log(monkeypatch, somebody_books_and_another_worker_takes_the_token)
    studio.serve(session)

    assert studio.tokens() == 1
    studio.serve(session)
    assert late.id in studio.roster(session)
    assert studio.redis.exists(flags.rerun_key(session), flags.armed_key(session)) == 0


def test_a_holder_who_leaves_before_the_note_is_written_is_not_needed_any_more(
    studio: Studio, pool: ConnectionPool[Db], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = studio.a_session()
    booking = studio.book(session, studio.a_member())
    token_used = flags.token_used
    with pool.connection() as holder:
        holder.execute("BEGIN")
        holder.execute("SELECT FROM training_sessions WHERE id = %s FOR NO KEY UPDATE", (session,))

        def left_just_before(*args: Any) -> None:
            holder.execute("ROLLBACK")
            token_used(*args)

        monkeypatch.setattr(flags, "token_used", left_just_before)
        served = studio.serve(session)

    assert (served.commands, served.held) == (1, False)
    assert studio.status(booking) == "applied"
    assert studio.redis.exists(flags.rerun_key(session)) == 0


def test_a_crash_after_the_commit_leaves_stale_messages_that_the_next_turn_drops(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = studio.a_session()
    member = studio.a_member()
    booking = studio.book(session, member)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(outcomes, "announce", die)
        studio.serve(session)
    assert studio.status(booking) == "applied"
    assert studio.redis.llen(session_queue_name(session)) == 1

    served = studio.serve(session)

    assert served.commands == 0
    assert studio.redis.llen(session_queue_name(session)) == 0
    assert studio.sessions_left(member) == 9


def test_a_crash_before_the_commit_leaves_everything_as_it_was(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    session = studio.a_session()
    member = studio.a_member()
    booking = studio.book(session, member)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(batch, "write_batch", die)
        studio.serve(session)
    assert studio.status(booking) == "waiting"

    studio.serve(session)

    assert studio.status(booking) == "applied"
    assert studio.sessions_left(member) == 9


def test_the_same_message_delivered_twice_changes_nothing(studio: Studio) -> None:
    session = studio.a_session()
    member = studio.a_member()
    studio.book(session, member)
    studio.serve(session)

    assert studio.serve(session) == lane.Served(0, 0)
    assert studio.sessions_left(member) == 9


def test_when_publishing_fails_the_command_is_accepted_and_the_sweep_finds_it(
    studio: Studio, pool: ConnectionPool[Db], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_broker(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    session = studio.a_session()
    with monkeypatch.context() as patch:
        patch.setattr(publish, "commands", no_broker)
        booking = studio.book(session, studio.a_member())
    assert studio.status(booking) == "waiting"
    assert studio.tokens() == 0
    monkeypatch.setattr(sweep, "SWEEP_AFTER_SECONDS", 0.0)

    called = sweep.sweep(pool, studio.redis)

    assert session in called
    assert studio.tokens() == len(called)
    studio.serve(session)
    assert studio.status(booking) == "applied"


def test_a_wiped_redis_loses_no_command(
    studio: Studio, pool: ConnectionPool[Db], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = studio.a_session()
    bookings = [studio.book(session, member) for member in studio.members(3)]
    studio.redis.flushdb()
    monkeypatch.setattr(sweep, "SWEEP_AFTER_SECONDS", 0.0)

    assert session in sweep.sweep(pool, studio.redis)
    studio.serve(session)

    assert {studio.status(booking) for booking in bookings} == {"applied"}


def test_redis_wiped_in_the_middle_of_a_batch_harms_nothing(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    session = studio.a_session()
    booking = studio.book(session, studio.a_member())
    at_the_reading_of_the_log(monkeypatch, lambda: void(studio.redis.flushdb()))

    studio.serve(session)

    assert studio.status(booking) == "applied"


def test_redis_that_goes_away_in_the_middle_of_a_batch_makes_nobody_take_its_process_for_dead(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = studio.a_session(capacity=9)
    studio.book(session, studio.a_member())

    def away(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as without_redis:
        without_redis.setattr(flags, "ended", away)
        at_the_reading_of_the_log(without_redis, lambda: without_redis.setattr(flags, "begin", away))
        assert studio.serve(session).commands == 1
    bookings = [studio.book(session, member) for member in studio.members(3)]
    served = studio.serve(session)

    assert {studio.status(booking) for booking in bookings} == {"applied"}
    assert served.batches == 1, "one by one only after a death"


def test_a_fault_in_one_command_fails_that_command_alone(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    session = studio.a_session(capacity=5)
    bookings = [studio.book(session, member) for member in studio.members(3)]

    def decide_but_break_on_the_second(facts: Any, accepted: Any) -> Any:
        if accepted.id == bookings[1]:
            raise ZeroDivisionError("the rules are broken")
        return decide(facts, accepted)

    monkeypatch.setattr(batch, "decide", decide_but_break_on_the_second)
    studio.serve(session)

    assert [studio.status(booking) for booking in bookings] == ["applied", "failed", "applied"]
    assert studio.outcome(bookings[1]) == {"status": "failed", "error": "ZeroDivisionError: the rules are broken"}


def test_a_command_the_log_cannot_read_fails_alone(studio: Studio) -> None:
    session = studio.a_session(capacity=5)
    broken, sound = (studio.book(session, member) for member in studio.members(2))
    studio.db.execute("""UPDATE commands SET payload = '{"pass_id": 7}' WHERE id = %s""", (broken,))

    studio.serve(session)

    assert [studio.status(broken), studio.status(sound)] == ["failed", "applied"]


def test_a_decision_that_breaks_a_constraint_fails_alone(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    session = studio.a_session(capacity=1)
    bookings = [studio.book(session, member) for member in studio.members(3)]
    monkeypatch.setattr("domain.facts.Facts.booked", property(lambda _: 0, lambda _, __: None), raising=False)

    while studio.serve(session).commands:
        pass

    assert [studio.status(booking) for booking in bookings] == ["applied", "failed", "failed"]
    assert "training_sessions_not_oversold" in studio.outcome(bookings[1])["error"]
    assert studio.counts(session) == (1, 0, 0)


def test_a_batch_that_met_a_deadlock_runs_again(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    session = studio.a_session()
    booking = studio.book(session, studio.a_member())
    collisions = [DeadlockDetected("crossed locks")]

    def collide_once(*args: Any) -> Any:
        if collisions:
            raise collisions.pop()
        return write_batch(*args)

    monkeypatch.setattr(batch, "write_batch", collide_once)
    studio.serve(session)

    assert studio.status(booking) == "applied"
    assert collisions == []


def test_a_worker_paused_inside_a_batch_has_lost_the_lane(studio: Studio, database_url: str) -> None:
    session = studio.a_session()
    booking = studio.book(session, studio.a_member())
    paused = connect(database_url, {"idle_in_transaction_session_timeout": "50ms"})
    with pytest.raises(IdleInTransactionSessionTimeout), paused.transaction():
        paused.execute("SELECT 1 FROM training_sessions WHERE id = %s FOR NO KEY UPDATE", (session,))
        paused.execute("UPDATE training_sessions SET position = 99 WHERE id = %s", (session,))
        until_the_server_has_ended(paused, studio.db)
    paused.close()

    studio.serve(session)

    assert studio.status(booking) == "applied"
    assert studio.db.execute("SELECT position FROM training_sessions WHERE id = %s", (session,)).fetchone() == (1,)


def until_the_server_has_ended(paused: Db, watcher: Db) -> None:
    while watcher.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (paused.info.backend_pid,)).fetchone():
        threading.Event().wait(0.01)


def void(_: object) -> None:
    """Use a call for what it does."""
