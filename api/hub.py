"""The hub of one process: hears of outcomes and wakes who waits and watches.

One connection to Redis is subscribed to the outcomes. What it misses (Redis away, a worker that dies between commit
and publishing) is found by one poller, which asks the database a few queries for everybody at once. A waiting or
streaming client costs an entry in a table here: no thread of its own, no database connection.

Written with the standard library's threads: under gunicorn's gevent workers these are greenlets, in tests threads.
"""

import json
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from threading import Event, Lock, Thread
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from structlog import get_logger

from api.happenings import Happening, published
from api.outcomes import Outcome, read_outcomes
from api.polling import Poll, read_changes
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.streams import Stream
from domain.ids import CommandId, MemberId
from storage.database import Ask
from storage.queries import changes
from storage.queries.members import token_generations
from workers.outcomes import CHANNEL

ASK_AFTER_SECONDS = 1.0  # an outcome that is not heard of by then is asked for
TICK_SECONDS = 0.5
LOOK_EVERY_SECONDS = 5.0  # how often streams are compared with the database while Redis is well
SILENCE_SECONDS_MAX = 6.0  # a subscription that answers no ping for so long is dead
PING_AFTER_SECONDS = 2.0
BACK_OFF_SECONDS = 0.5
HEARD_AT_ONCE = 100  # messages, beside the first
REDIS_TIMEOUT_SECONDS = 2
WAITERS_MAX = 3_000
STREAMS_MAX = 5_000
"""Of one process: with both, 2,000 of the 10,000 connections that gunicorn keeps are left for everything else."""
STREAMS_OF_MEMBER_MAX = 20
FULL_RETRY_SECONDS = 30

T = TypeVar("T")

log = get_logger()


@dataclass(eq=False)
class Waiter:
    """Somebody waits for the outcome of this command; `outcome` holds it where whoever wakes them has read it."""

    command_id: CommandId
    outcome: Outcome | None = None
    ask_at: float = field(default_factory=lambda: time.monotonic() + ASK_AFTER_SECONDS)
    _settled: Event = field(default_factory=Event)

    def wait(self, seconds: float) -> bool:
        """Wait up to so many seconds; return whether the outcome is there to be read."""
        return self._settled.wait(seconds)

    def wake(self) -> None:
        """Say that the outcome is there."""
        self._settled.set()


class Hub:
    """Who waits for which command, and which streams are open; see the module for how they hear."""

    def __init__(self, redis_url: str, ask: Ask) -> None:
        self._ask = ask
        # Without retries of its own, so that a lost connection is noticed here: what was published meanwhile is gone.
        self._redis = Redis.from_url(
            redis_url,
            socket_timeout=REDIS_TIMEOUT_SECONDS,
            socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        self._lock = Lock()
        self._waiters: dict[UUID, set[Waiter]] = {}
        self._by_member: dict[UUID, set[Stream]] = {}
        self._by_session: dict[UUID, set[Stream]] = {}
        self._waiting = self._streaming = 0
        self._poll = Poll()
        self._threads: list[Thread] = []
        self._stopping = Event()
        self.listening = Event()  # set while the subscription stands

    def start(self) -> None:
        """Begin to listen, once; returns at once."""
        if self._threads:
            return
        with self._lock:
            if not self._threads:
                self._threads = [
                    Thread(target=self._listen, name="hub-listener", daemon=True),
                    Thread(target=self._look, name="hub-poller", daemon=True),
                ]
                for thread in self._threads:
                    thread.start()

    def stop(self) -> None:
        """Stop listening; who still waits is answered by their own time limit."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._redis.close()

    @contextmanager
    def waiting_for(self, command_id: CommandId) -> Iterator[Waiter | None]:
        """Wait for a command inside; begin before it is handed in, so that no outcome comes too early to be heard.

        None where as many wait in this process as may.
        """
        with self._lock:
            waiter = Waiter(command_id) if self._waiting < WAITERS_MAX else None
            if waiter is not None:
                self._waiting += 1
                self._waiters.setdefault(command_id, set()).add(waiter)
        try:
            yield waiter
        finally:
            if waiter is not None:
                with self._lock:
                    self._waiting -= 1
                    _take_out(self._waiters, command_id, waiter)

    def open_stream(self, member_id: MemberId, session_ids: frozenset[UUID], *, token_generation: int) -> Stream:
        """Return a stream that from now on is told what concerns the member and these sessions; close it again.

        It ends when tokens of this generation let the member in no more. Where as many are open as may be, of this
        member or in this process, the request ends with a problem.
        """
        stream = Stream(member_id, session_ids, token_generation)
        with self._lock:
            if len(self._by_member.get(member_id, ())) >= STREAMS_OF_MEMBER_MAX:
                raise _no_stream(ProblemCode.TOO_MANY_REQUESTS, "You have many event streams open; close one of them.")
            if self._streaming >= STREAMS_MAX:
                raise _no_stream(ProblemCode.NOT_READY, "No more event streams fit in here; open yours again later.")
            self._streaming += 1
            self._by_member.setdefault(member_id, set()).add(stream)
            for session_id in session_ids:
                self._by_session.setdefault(session_id, set()).add(stream)
        return stream

    def close_stream(self, stream: Stream) -> None:
        """Tell this stream nothing more; one that is closed already does no harm."""
        with self._lock:
            self._streaming -= stream in self._by_member.get(stream.member_id, ())
            _take_out(self._by_member, stream.member_id, stream)
            for session_id in stream.session_ids:
                _take_out(self._by_session, session_id, stream)

    def tell(self, happening: Happening) -> None:
        """Tell every stream that this concerns."""
        with self._lock:
            streams = list(self._audience_of(happening))
        if streams:
            self._poll.remember(happening)
        for stream in streams:
            stream.put(happening)

    def _audience_of(self, happening: Happening) -> set[Stream]:
        if happening.kind == "session":
            return self._by_session.get(happening.id, set())
        return set() if happening.audience is None else self._by_member.get(happening.audience, set())

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen_while_it_lasts()
            except (RedisError, OSError) as error:
                log.warning("outcomes are not heard, asking the database instead", error=str(error))
            except Exception:
                log.exception("outcome not understood")
            finally:
                self.listening.clear()
            self._stopping.wait(BACK_OFF_SECONDS)

    def _listen_while_it_lasts(self) -> None:
        with self._redis.pubsub() as subscription:  # type: ignore[no-untyped-call] # redis has no type for it
            subscription.subscribe(CHANNEL)
            heard_at = pinged_at = time.monotonic()
            while not self._stopping.is_set():
                message = subscription.get_message(timeout=TICK_SECONDS)
                now = time.monotonic()
                if message is not None:
                    heard_at = now
                    self._hear([message, *_at_hand(subscription)])
                elif now - heard_at > SILENCE_SECONDS_MAX:
                    raise TimeoutError("the subscription has fallen silent")
                elif now - max(heard_at, pinged_at) > PING_AFTER_SECONDS:
                    subscription.ping()
                    pinged_at = now

    def _hear(self, messages: Sequence[dict[str, Any]]) -> None:
        if any(message["type"] == "subscribe" for message in messages):
            self.listening.set()
        told = [json.loads(message["data"]) for message in messages if message["type"] == "message"]
        self._wake(CommandId(UUID(command["id"])) for one in told for command in one.get("commands", ()))
        with self._lock:
            watched = self._by_member or self._by_session
        if watched:
            for happening in chain.from_iterable(map(published, told)):
                self.tell(happening)

    def _wake(self, settled: Iterable[CommandId]) -> None:
        """Wake who waits for one of these, all with their outcomes from one reading."""
        with self._lock:
            waiters = [waiter for id_ in settled for waiter in self._waiters.get(id_, ())]
        if not waiters:
            return
        outcomes: dict[CommandId, Outcome] = {}
        try:
            outcomes = self._ask(lambda db: read_outcomes(db, {waiter.command_id for waiter in waiters}))
        except psycopg.Error as error:
            log.warning("outcomes cannot be read, each asks again", error=str(error))
        for waiter in waiters:
            waiter.outcome = outcomes.get(waiter.command_id)
            waiter.wake()

    def _look(self) -> None:
        while not self._stopping.wait(TICK_SECONDS):
            try:
                self._ask_for_the_overdue()
                self._compare_streams()
            except psycopg.Error as error:
                log.warning("database does not answer, asking again", error=str(error))
            except Exception:
                log.exception("looking for outcomes failed")

    def _end_streams(self, members: Collection[UUID]) -> None:
        """End those of these members who may not come any more, or were signed out everywhere since they opened."""
        now = self._ask(lambda db: token_generations(db, [MemberId(id_) for id_ in members]))
        with self._lock:
            streams = [stream for member_id in members for stream in self._by_member.get(member_id, ())]
        for stream in streams:
            # One that was opened meanwhile may be of a later generation than was read.
            if stream.member_id not in now or stream.token_generation < now[stream.member_id]:
                stream.end()

    def _ask_for_the_overdue(self) -> None:
        """Ask in one query for every command that somebody has waited for longer than about 1 s."""
        now = time.monotonic()
        with self._lock:
            overdue = [waiter for waiters in self._waiters.values() for waiter in waiters if waiter.ask_at <= now]
        if not overdue:
            return
        for waiter in overdue:
            waiter.ask_at = now + ASK_AFTER_SECONDS
        wanted = {waiter.command_id for waiter in overdue}
        self._wake(self._ask(lambda db: changes.settled_among(db, wanted)))

    def _compare_streams(self) -> None:
        """Tell the open streams what they should have heard and did not."""
        with self._lock:
            members, sessions = list(self._by_member), list(self._by_session)
        if not members:
            self._poll.restart()
        elif self._poll.is_due(LOOK_EVERY_SECONDS if self.listening.is_set() else ASK_AFTER_SECONDS):
            since = self._poll.read_to
            self._end_streams(members)
            reading = self._ask(lambda db: read_changes(db, since, members=members, inboxes=members, sessions=sessions))
            for happening in self._poll.news(reading):
                self.tell(happening)
            self._poll.forget([*sessions, *members])


def _at_hand(subscription: Any) -> Iterator[dict[str, Any]]:
    """Yield the messages that have come by now: outcomes of many sessions are then read as those of one batch are."""
    for _ in range(HEARD_AT_ONCE):
        message = subscription.get_message(timeout=0)
        if message is None:
            return
        yield message


def _no_stream(code: ProblemCode, detail: str) -> ProblemError:
    return ProblemError(code, detail, headers={"Retry-After": str(FULL_RETRY_SECONDS)})


def _take_out(table: dict[UUID, set[T]], key: UUID, entry: T) -> None:
    entries = table.get(key, set())
    with suppress(KeyError):
        entries.remove(entry)
    if not entries:
        table.pop(key, None)
