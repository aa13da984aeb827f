"""Accepting: once for each key, in the log before anything else, and no trace in Redis but the work itself."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg.errors import DeadlockDetected
from psycopg_pool import ConnectionPool, PoolTimeout

from domain.commands import Actor, BookSeat
from domain.ids import BookingId, CommandId, PassId, TrainingSessionId
from domain.outcomes import Refused
from domain.refusals import RefusalReason
from ops.stack.ports import free_port
from storage import command_log
from storage.command_log import Accepted, KeyReused, LoggedCommand, NewCommand
from storage.database import Db
from storage.identifiers import new_id
from tests.integration.studio import Member, Studio
from workers import flags, inbox, publish
from workers.app import app
from workers.queues import QueueName, session_queue_name


def wish(session: TrainingSessionId, member: Member, key: str | None = None) -> NewCommand:
    return NewCommand(CommandId(new_id()), session, Actor(member.id), BookSeat(member.pass_id), key)


def hand_in(
    studio: Studio, session: TrainingSessionId, member: Member, key: str | None, db: Db | None = None
) -> Accepted:
    return inbox.accept(db or studio.db, studio.redis, wish(session, member, key))


def test_a_repeated_key_returns_the_first_command_and_calls_nobody(studio: Studio) -> None:
    session, member = studio.a_session(), studio.a_member()
    first = hand_in(studio, session, member, "k1")
    repeat = hand_in(studio, session, member, "k1")

    assert isinstance(first, LoggedCommand)
    assert isinstance(repeat, LoggedCommand)
    assert (repeat.id, repeat.seq, repeat.is_repeat) == (first.id, first.seq, True)
    assert studio.redis.llen(session_queue_name(session)) == 1


def test_the_same_key_for_something_else_is_told_apart(studio: Studio) -> None:
    session, other, member = studio.a_session(), studio.a_session(), studio.a_member()
    first = hand_in(studio, session, member, "k1")

    assert isinstance(first, LoggedCommand)
    assert hand_in(studio, other, member, "k1") == KeyReused(first.id)


def test_two_members_may_use_the_same_key(studio: Studio) -> None:
    session = studio.a_session()
    accepted = [hand_in(studio, session, member, "k1") for member in studio.members(2)]

    assert [isinstance(one, LoggedCommand) and one.is_repeat for one in accepted] == [False, False]


def test_parallel_repeats_are_accepted_once(studio: Studio, api_pool: ConnectionPool[Db]) -> None:
    session, member = studio.a_session(), studio.a_member()

    def press(_: int) -> object:
        with api_pool.connection() as db:
            accepted = hand_in(studio, session, member, "impatient", db)
            assert isinstance(accepted, LoggedCommand)
            return accepted.id

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(press, range(24)))) == 1
    assert studio.serve(session).commands == 1


def test_a_session_that_does_not_exist_is_refused(studio: Studio) -> None:
    refused = hand_in(studio, TrainingSessionId(new_id()), studio.a_member(), None)

    assert refused == Refused((RefusalReason.SESSION_NOT_FOUND,))


def test_a_command_id_sent_again_after_a_lost_answer_is_accepted_once(studio: Studio) -> None:
    session, member, id_ = studio.a_session(), studio.a_member(), CommandId(new_id())

    for is_repeat in (False, True):
        new = NewCommand(id_, session, Actor(member.id), BookSeat(PassId(member.pass_id)))
        accepted = inbox.accept(studio.db, studio.redis, new)
        assert isinstance(accepted, LoggedCommand)
        assert (accepted.id, accepted.is_repeat) == (id_, is_repeat)


def test_accepting_waits_for_no_batch(studio: Studio, pool: ConnectionPool[Db]) -> None:
    session, member = studio.a_session(), studio.a_member()
    with pool.connection() as holder, holder.transaction():
        holder.execute("SELECT 1 FROM training_sessions WHERE id = %s FOR NO KEY UPDATE", (session,))
        holder.execute("UPDATE training_sessions SET position = position WHERE id = %s", (session,))
        studio.db.execute("SET lock_timeout = '1s'")

        assert isinstance(hand_in(studio, session, member, None), LoggedCommand)


def test_a_command_leaves_its_message_one_token_and_no_binding(studio: Studio) -> None:
    session = studio.a_session()
    known_queues = len(app.amqp.queues)
    for member in studio.members(3):
        studio.book(session, member)

    assert studio.redis.llen(session_queue_name(session)) == 3
    assert studio.redis.llen(QueueName.SESSIONS) == 1
    left = {str(key) for key in studio.redis.keys("*") if str(session) in str(key)}
    assert left == {session_queue_name(session), flags.armed_key(session)}
    assert len(app.amqp.queues) == known_queues


def test_a_message_published_after_its_command_was_applied_is_taken_off_the_queue(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = studio.a_session()
    publish.token(studio.redis, session, armed_at=flags.rearm(studio.redis, session))
    publish_commands = publish.commands

    def while_a_worker_is_faster(*args: Any, **kwargs: Any) -> None:
        assert studio.serve(session).commands == 1
        publish_commands(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(publish, "commands", while_a_worker_is_faster)
        studio.book(session, studio.a_member())
    assert studio.redis.llen(session_queue_name(session)) == 1
    assert studio.redis.exists(flags.armed_key(session)), "a token has been published after the message"

    studio.serve(session)

    assert [key for key in studio.redis.keys("*") if str(session) in str(key)] == []


def test_a_booking_is_known_by_its_command_before_it_is_applied(studio: Studio) -> None:
    session = studio.a_session()
    booking = studio.book(session, studio.a_member())

    assert inbox.training_session_of_booking(studio.db, booking) == session
    assert inbox.training_session_of_booking(studio.db, BookingId(new_id())) is None


@pytest.mark.parametrize("setting", ["task_acks_late", "task_create_missing_queues", "task_publish_retry"])
def test_the_settings_that_order_hangs_on_are_off(setting: str, redis_url: str) -> None:
    assert app.conf[setting] is False
    assert app.conf.broker_transport_options["ack_emulation"] is False
    assert app.conf.worker_disable_prefetch is True


def test_a_broker_that_is_away_is_tried_each_second_and_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("kombu.utils.functional.sleep", lambda _: None)

    def tried(_: Exception, seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 150:
            raise RuntimeError("enough")

    with (
        app.connection_for_read(f"redis://127.0.0.1:{free_port()}/0") as connection,
        pytest.raises(RuntimeError, match="enough"),
    ):
        connection.ensure_connection(tried, app.conf.broker_connection_max_retries)

    assert waits == [1] * 150


def test_of_commands_that_come_together_each_is_accepted_as_if_it_came_alone(studio: Studio) -> None:
    sessions, members = [studio.a_session(), studio.a_session()], studio.members(4)
    studio.db.execute("UPDATE members SET suspended_at = now() WHERE id = %s", (members[3].id,))
    before = hand_in(studio, sessions[0], members[0], "before")
    new = [
        wish(sessions[0], members[0], "before"),
        wish(sessions[1], members[0], "before"),
        wish(sessions[0], members[1], "twice"),
        wish(sessions[0], members[1], "twice"),
        wish(sessions[1], members[2]),
        wish(sessions[1], members[3]),
    ]

    repeat, reused, first, again, alone, suspended = inbox.accept_all(lambda ask: ask(studio.db), studio.redis, new)

    assert isinstance(before, LoggedCommand)
    assert isinstance(first, LoggedCommand)
    assert isinstance(alone, LoggedCommand)
    assert repeat == replace(before, is_repeat=True)
    assert reused == KeyReused(before.id)
    assert (first.id, again) == (new[2].id, replace(first, is_repeat=True))
    assert (alone.id, alone.training_session_id) == (new[4].id, sessions[1])
    assert suspended == Refused((RefusalReason.NOT_PERMITTED,))
    assert [studio.redis.llen(session_queue_name(session)) for session in sessions] == [2, 1]
    assert studio.redis.llen(QueueName.SESSIONS) == 2


def test_commands_that_come_together_are_logged_in_the_order_in_which_they_came(studio: Studio) -> None:
    session = studio.a_session()
    new = [wish(session, member) for member in studio.members(30)]

    accepted = inbox.accept_all(lambda ask: ask(studio.db), studio.redis, new)

    seqs = [one.seq for one in accepted if isinstance(one, LoggedCommand)]
    assert len(seqs) == 30
    assert seqs == sorted(seqs)


def test_a_session_that_does_not_exist_is_no_fault_of_those_who_came_with_it(studio: Studio) -> None:
    session, members = studio.a_session(), studio.members(2)
    new = [wish(session, members[0]), wish(TrainingSessionId(new_id()), members[1]), wish(session, members[1])]

    first, refused, last = inbox.accept_all(lambda ask: ask(studio.db), studio.redis, new)

    assert refused == Refused((RefusalReason.SESSION_NOT_FOUND,))
    assert [isinstance(one, LoggedCommand) and one.is_repeat for one in (first, last)] == [False, False]
    assert studio.serve(session).commands == 2


def wait_until_blocked(db: Db, pid: int) -> None:
    while db.execute("SELECT cardinality(pg_blocking_pids(%s)) = 0", (pid,)).fetchone() == (True,):
        pass


def test_two_who_wait_for_each_other_are_accepted_one_by_one(studio: Studio, api_pool: ConnectionPool[Db]) -> None:
    """The same two keys in two processes at once, in the other order: Postgres ends one of the two statements."""
    session, (one, two) = studio.a_session(), studio.members(2)
    new = [wish(session, one, "k"), wish(session, two, "k")]
    with api_pool.connection() as other, api_pool.connection() as watching, ThreadPoolExecutor(1) as threads:
        with other.transaction():
            command_log.accept(other, wish(session, two, "k"))
            waiting = threads.submit(inbox.accept_all, lambda ask: ask(studio.db), studio.redis, new)
            wait_until_blocked(watching, studio.db.info.backend_pid)
            with suppress(DeadlockDetected):
                command_log.accept(other, wish(session, one, "k"))
        accepted = waiting.result(20)

    assert all(isinstance(one, LoggedCommand) for one in accepted)
    assert studio.serve(session).commands == 2


def test_a_fault_of_one_ends_that_one_alone(studio: Studio) -> None:
    session, (one, two) = studio.a_session(), studio.members(2)
    new = [wish(session, one, "\x00"), wish(session, two)]

    failed, accepted = inbox.accept_all(lambda ask: ask(studio.db), studio.redis, new)

    assert isinstance(failed, psycopg.Error)
    assert isinstance(accepted, LoggedCommand)


def test_a_database_that_is_away_ends_all_at_once(studio: Studio) -> None:
    asked: list[bool] = []

    def away(_: object) -> None:
        asked.append(True)
        raise PoolTimeout

    with pytest.raises(PoolTimeout):
        inbox.accept_all(away, studio.redis, [wish(studio.a_session(), one) for one in studio.members(3)])
    assert asked == [True]
