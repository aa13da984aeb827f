"""Serving a session: commands in order, exactly one outcome each, whoever serves."""

import threading
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from domain.commands import Actor, BookForMember, CancelSession, ChangeCapacity
from storage.database import Db
from tests.integration.studio import Studio
from workers.queues import QueueName


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
    execute, here = psycopg.Cursor.execute, threading.get_ident()

    def counted(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        # A pool that opens a connection meanwhile sets it up in a thread of its own.
        if threading.get_ident() == here:
            statements.append(query)
        return execute(cursor, query, *args, **kwargs)

    def statements_of_a_batch_of(size: int) -> int:
        session = studio.a_session(capacity=size)
        members = studio.members(2 * size)
        bookings = [studio.book(session, member) for member in members]
        while studio.serve(session).commands:
            # On a busy machine a turn may end before the line does.
            pass
        for member, booking in zip(members[: size // 2], bookings, strict=False):
            studio.cancel(session, member, booking)
        statements.clear()
        with monkeypatch.context() as patch:
            patch.setattr(psycopg.Cursor, "execute", counted)
            assert studio.serve(session).batches == 1
        return len(statements)

    assert statements_of_a_batch_of(2) == statements_of_a_batch_of(200)


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

    assert studio.tokens() == 2, "one for the cancellation, one for the session that must look again"
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


def test_workers_read_committed_whatever_the_server_says(studio: Studio, pool: ConnectionPool[Db]) -> None:
    with pool.connection() as db:
        assert db.execute("SHOW transaction_isolation").fetchone() == ("read committed",)


def test_a_member_of_no_session_may_ask_but_is_not_permitted(studio: Studio) -> None:
    session = studio.a_session()
    member = studio.a_member()
    asked = studio.ask(session, Actor(member.id), ChangeCapacity(100))

    studio.serve(session)

    assert studio.outcome(asked) == {"status": "refused", "reasons": ["not_permitted"]}
