"""Serving a session: order, exactly one outcome, and the dangerous moments of the protocol, one by one."""

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.errors import DeadlockDetected, IdleInTransactionSessionTimeout
from psycopg_pool import ConnectionPool
from redis import Redis

from domain.commands import Actor, BookForMember, CancelSession, ChangeCapacity
from domain.decide import decide
from storage import command_log
from storage.database import Db, connect
from storage.outcomes import write_batch
from tests.integration.studio import Studio
from workers import batch, flags, lane, outcomes, publish, sweep
from workers.queues import QueueName, session_queue_name


def tokens(redis: Redis) -> int:
    return int(redis.llen(QueueName.SESSIONS))


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


def test_commands_are_applied_in_the_order_they_were_accepted(studio: Studio) -> None:
    session = studio.a_session(capacity=2)
    first, second, third = studio.members(3)
    for member in (first, second, third):
        studio.book(session, member)

    served = studio.serve(session)

    assert (served.commands, served.batches) == (3, 1)
    assert studio.roster(session) == {first.id: "confirmed", second.id: "confirmed", third.id: "waitlisted"}
    assert [studio.sessions_left(member) for member in (first, second, third)] == [9, 9, 10]
    assert studio.counts(session) == (2, 1, 0)


def test_a_cancellation_promotes_the_next_in_line_in_the_same_batch(studio: Studio) -> None:
    session = studio.a_session(capacity=1)
    first, second = studio.members(2)
    booking = studio.book(session, first)
    studio.book(session, second)
    cancellation = studio.cancel(session, first, booking)

    studio.serve(session)

    assert studio.roster(session) == {second.id: "confirmed"}
    assert [studio.sessions_left(first), studio.sessions_left(second)] == [10, 9]
    events = [event["event"] for event in studio.outcome(cancellation)["events"]]
    assert events == ["booking_cancelled", "waiter_promoted"]


def test_a_line_longer_than_what_was_loaded_is_read_on_in_chunks(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.facts.LINE_CHUNK", 2)
    session = studio.a_session(capacity=1)
    first, *broke, last = studio.members(7)
    booking = studio.book(session, first)
    for member in (*broke, last):
        studio.book(session, member)
    studio.serve(session)
    studio.db.execute("UPDATE passes SET active = false WHERE id = ANY(%s)", ([member.pass_id for member in broke],))

    studio.cancel(session, first, booking)
    studio.serve(session)

    assert studio.roster(session)[last.id] == "confirmed"
    assert studio.counts(session) == (1, 0, len(broke))


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
    assert tokens(studio.redis) == 1
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

    assert tokens(studio.redis) == 1
    studio.serve(session)
    assert late.id in studio.roster(session)
    assert studio.redis.exists(flags.rerun_key(session), flags.armed_key(session)) == 0


def test_a_crash_after_the_commit_leaves_stale_messages_that_the_next_turn_drops(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

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
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

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
        patch.setattr(publish, "command", no_broker)
        booking = studio.book(session, studio.a_member())
    assert studio.status(booking) == "waiting"
    assert tokens(studio.redis) == 0
    monkeypatch.setattr(sweep, "SWEEP_AFTER_SECONDS", 0.0)

    called = sweep.sweep(pool, studio.redis)

    assert session in called
    assert tokens(studio.redis) == len(called)
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


def test_an_idle_session_leaves_no_key_in_redis(studio: Studio) -> None:
    session = studio.a_session()
    studio.book(session, studio.a_member())
    studio.serve(session)

    assert [key for key in studio.redis.keys("*") if str(session) in str(key)] == []


def test_many_workers_at_once_apply_each_command_once_and_in_order(studio: Studio) -> None:
    session = studio.a_session(capacity=30)
    members = studio.members(120)
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            studio.serve(session)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    bookings = [studio.book(session, member) for member in members]
    stop.set()
    for worker in workers:
        worker.join()
    studio.serve(session)

    rows = studio.db.execute(
        "SELECT id, position FROM commands WHERE training_session_id = %s ORDER BY seq", (session,)
    ).fetchall()
    assert rows == [(booking, position) for position, booking in enumerate(bookings, start=1)]
    assert studio.counts(session) == (30, 90, 0)
    assert [studio.sessions_left(member) for member in members] == [9] * 30 + [10] * 90


def test_the_number_of_statements_does_not_depend_on_the_size_of_the_batch(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[object] = []
    execute = psycopg.Cursor.execute

    def counted(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        statements.append(query)
        return execute(cursor, query, *args, **kwargs)

    def statements_of_a_batch_of(size: int) -> int:
        session = studio.a_session(capacity=size)
        members = studio.members(2 * size)
        bookings = [studio.book(session, member) for member in members]
        studio.serve(session)
        for member, booking in zip(members[: size // 2], bookings, strict=False):
            studio.cancel(session, member, booking)
        statements.clear()
        with monkeypatch.context() as patch:
            patch.setattr(psycopg.Cursor, "execute", counted)
            assert studio.serve(session).batches == 1
        return len(statements)

    assert statements_of_a_batch_of(2) == statements_of_a_batch_of(200)


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


def test_two_sessions_that_share_passes_crosswise_both_end(studio: Studio) -> None:
    one, other = studio.a_session(capacity=100), studio.a_session(capacity=100)
    members = studio.members(40)
    for member in members:
        studio.book(one, member)
    for member in reversed(members):
        studio.book(other, member)

    workers = [threading.Thread(target=studio.serve, args=(session,)) for session in (one, other)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert {studio.sessions_left(member) for member in members} == {8}


def test_the_last_session_on_a_pass_is_spent_once(studio: Studio) -> None:
    sessions = [studio.a_session() for _ in range(4)]
    member = studio.a_member(sessions=1)
    bookings = [studio.book(session, member) for session in sessions]

    workers = [threading.Thread(target=studio.serve, args=(session,)) for session in sessions]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(studio.status(booking) for booking in bookings) == ["applied", "refused", "refused", "refused"]
    assert studio.sessions_left(member) == 0


def test_a_refund_calls_the_session_that_skipped_the_same_pass(studio: Studio) -> None:
    booked, full = studio.a_session(), studio.a_session(capacity=1)
    holder, member = studio.a_member(), studio.a_member(sessions=1)
    holding = studio.book(full, holder)
    studio.book(full, member)
    studio.serve(full)
    paid = studio.book(booked, member)
    studio.serve(booked)
    studio.cancel(full, holder, holding)
    studio.serve(full)
    assert studio.roster(full) == {member.id: "waitlisted"}
    assert studio.counts(full) == (0, 0, 1)
    studio.redis.delete(QueueName.SESSIONS)

    studio.cancel(booked, member, paid)
    studio.serve(booked)

    assert tokens(studio.redis) == 2, "one for the cancellation, one for the session that must look again"
    studio.serve(full)
    assert studio.roster(full) == {member.id: "confirmed"}
    assert studio.sessions_left(member) == 0


def test_commands_that_change_the_session_work_in_any_mixture_of_a_batch(studio: Studio) -> None:
    session = studio.a_session(capacity=3)
    members = studio.members(6)
    bookings = [studio.book(session, member) for member in members[:5]]
    studio.ask(session, studio.staff, ChangeCapacity(1))
    studio.cancel(session, members[0], bookings[0])
    studio.ask(session, studio.staff, BookForMember(members[5].id, members[5].pass_id, "walked in"))
    studio.ask(session, studio.staff, ChangeCapacity(4))

    served = studio.serve(session)

    assert (served.commands, served.batches) == (9, 4)
    assert list(studio.roster(session).values()) == ["confirmed"] * 4 + ["waitlisted"]
    assert studio.counts(session) == (4, 1, 0)
    studio.ask(session, studio.staff, CancelSession("the boiler broke"))
    studio.serve(session)
    assert studio.roster(session) == {}
    assert {studio.sessions_left(member) for member in members} == {10}


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


def test_workers_read_committed_whatever_the_server_says(studio: Studio, pool: ConnectionPool[Db]) -> None:
    with pool.connection() as db:
        assert db.execute("SHOW transaction_isolation").fetchone() == ("read committed",)


def test_a_member_of_no_session_may_ask_but_is_not_permitted(studio: Studio) -> None:
    session = studio.a_session()
    member = studio.a_member()
    asked = studio.ask(session, Actor(member.id), ChangeCapacity(100))

    studio.serve(session)

    assert studio.outcome(asked) == {"status": "refused", "reasons": ["not_permitted"]}


def void(_: object) -> None:
    """Use a call for what it does."""
