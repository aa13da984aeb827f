"""What one API process holds open: made on first use, so that a forked worker never shares its parent's sockets."""

from collections.abc import Callable
from functools import cached_property
from threading import RLock
from typing import Literal, TypeVar, cast

import psycopg
from flask import current_app
from psycopg_pool import ConnectionPool
from redis import BlockingConnectionPool, Redis

from api.allowances import AttemptAllowances, MemberAllowances
from api.backlog import Backlog
from api.hub import Hub
from api.in_hand import InHand
from api.kept_answers import KeptAnswers
from api.redis_retry import OnceMoreUnlessItHangs
from api.together import Together
from storage.command_log import Accepted, NewCommand
from storage.database import API_TIMEOUTS, Db, open_pool
from storage.queries.backlog import limits_of
from storage.settings import Settings
from workers import inbox

POOL_SIZE = 10  # connections to Postgres; waiting and streaming clients hold none
CROWD_POOL_SIZE = 6  # one accepts for all, two read for all who wait; the others are for who asks by themselves
CONNECTIONS_MAX = POOL_SIZE + CROWD_POOL_SIZE
"""To Postgres, of one process."""
REDIS_CONNECTIONS_MAX = 32
REDIS_TIMEOUT_SECONDS = 2

EXTENSION = "seatline"

T = TypeVar("T")


class Services:
    """One process's pool, Redis client and hub. Close it when the process or the test ends."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.in_hand = InHand(settings.requests_in_hand_max)
        self.kept_answers = KeptAnswers()
        self.allowances = MemberAllowances(settings)
        self.attempts = AttemptAllowances(settings)
        self.backlog = Backlog(limits_of(settings), self.ask)
        self._making = RLock()

    @cached_property
    def pool(self) -> ConnectionPool[Db]:
        """The pool for all questions to the database but those of a crowd; prefer `ask`."""
        return open_pool(self.settings.database_url, API_TIMEOUTS, size_max=POOL_SIZE)

    @cached_property
    def crowd_pool(self) -> ConnectionPool[Db]:
        """The pool for what is asked again and again in a rush: to accept and to read outcomes.

        Few connections, each of which plans such a statement once: what reads the outcomes of a batch takes 2 ms to
        plan, and used to be planned ten times on each of many connections, in the first seconds of a rush.
        """
        return open_pool(self.settings.database_url, API_TIMEOUTS, size_max=CROWD_POOL_SIZE, planned_once=True)

    @cached_property
    def redis(self) -> Redis:
        """The client for short calls; each gives up after 2 s, and at once where another one just had to."""
        connections = BlockingConnectionPool.from_url(
            self.settings.redis_url,
            max_connections=REDIS_CONNECTIONS_MAX,
            timeout=REDIS_TIMEOUT_SECONDS,
            socket_timeout=REDIS_TIMEOUT_SECONDS,
            socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
            retry=OnceMoreUnlessItHangs(),
            decode_responses=True,
        )
        return Redis.from_pool(connections)

    @cached_property
    def _hub(self) -> Hub:
        return Hub(self.settings.redis_url, self.ask_for_crowd)

    @cached_property
    def accept(self) -> Together[NewCommand, Accepted]:
        """Accepts a command, with all that come meanwhile: see `workers.inbox.accept_all` for what may come of it."""
        return Together(lambda new: inbox.accept_all(self.ask_for_crowd, self.redis, new))

    @property
    def hub(self) -> Hub:
        """The one that hears of outcomes; starts listening when it is first needed."""
        with self._making:
            hub = self._hub
        hub.start()
        return hub

    def ask(self, question: Callable[[Db], T]) -> T:
        """Answer a question to the database; asks once more when the connection turned out to be broken.

        So a question that writes must be one that may be asked twice. Raises psycopg's `OperationalError` when the
        database is away.
        """
        return _ask(self._pool("pool"), question)

    def ask_for_crowd(self, question: Callable[[Db], T]) -> T:
        """Answer, as `ask` does, a question of `crowd_pool`'s kind."""
        return _ask(self._pool("crowd_pool"), question)

    def close(self) -> None:
        """Close what was opened; nothing may be asked afterwards."""
        made = self.__dict__
        if "_hub" in made:
            made["_hub"].stop()
        if "redis" in made:
            made["redis"].close()
        for name in ("pool", "crowd_pool"):
            if name in made:
                made[name].close()

    def _pool(self, name: Literal["pool", "crowd_pool"]) -> ConnectionPool[Db]:
        # Opening takes a moment in which another greenlet may come; the lock keeps it one pool.
        if name not in self.__dict__:
            with self._making:
                return cast("ConnectionPool[Db]", getattr(self, name))
        return cast("ConnectionPool[Db]", self.__dict__[name])


def _ask(pool: ConnectionPool[Db], question: Callable[[Db], T]) -> T:
    db: Db | None = None
    try:
        with pool.connection() as db:
            return question(db)
    except (psycopg.OperationalError, psycopg.InterfaceError):
        if db is None or not db.closed:
            raise
    # A restarted server has broken every idle connection; check() replaces them all.
    pool.check()
    with pool.connection() as db:
        return question(db)


def services() -> Services:
    """Return the services of the app that is answering."""
    return cast("Services", current_app.extensions[EXTENSION])


def page_size(limit: int | None) -> int:
    """Return how many entries a page has that was asked for with this limit."""
    most = services().settings.page_size_max
    return min(limit or most, most)
