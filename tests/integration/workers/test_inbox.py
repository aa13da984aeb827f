"""Accepting: once for each key, in the log before anything else, and no trace in Redis but the work itself."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from psycopg_pool import ConnectionPool

from domain.commands import Actor, BookSeat
from domain.ids import BookingId, CommandId, PassId, TrainingSessionId
from domain.outcomes import Refused
from domain.refusals import RefusalReason
from storage.command_log import KeyReused, LoggedCommand
from storage.database import Db
from storage.identifiers import new_id
from tests.integration.studio import Member, Studio
from workers import flags, inbox, publish
from workers.app import app
from workers.queues import QueueName, session_queue_name


def hand_in(
    studio: Studio, session: TrainingSessionId, member: Member, key: str | None, db: Db | None = None
) -> LoggedCommand | KeyReused | Refused:
    return inbox.accept(
        db or studio.db,
        studio.redis,
        command_id=CommandId(new_id()),
        training_session_id=session,
        actor=Actor(member.id),
        command=BookSeat(member.pass_id),
        idempotency_key=key,
    )


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
        accepted = inbox.accept(
            studio.db,
            studio.redis,
            command_id=id_,
            training_session_id=session,
            actor=Actor(member.id),
            command=BookSeat(PassId(member.pass_id)),
        )
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
    publish_command = publish.command

    def while_a_worker_is_faster(*args: Any, **kwargs: Any) -> None:
        assert studio.serve(session).commands == 1
        publish_command(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(publish, "command", while_a_worker_is_faster)
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
