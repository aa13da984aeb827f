"""Whether the servers answer in time. A server that hangs costs one thread, however often it is asked."""

from collections.abc import Callable
from threading import Lock, Thread

import psycopg
from redis import RedisError
from structlog import get_logger

from api.services import Services
from storage.queries.health import check_schema

ANSWER_WITHIN_SECONDS = 2.0

Check = Callable[[Services], str | None]

log = get_logger()


def unready_parts(services: Services) -> dict[str, str]:
    """Return a sentence for each server that does not answer within 2 s; nothing when all is well."""
    probes = {name: _Probe(services, check) for name, check in _CHECKS.items()}
    for name, probe in probes.items():
        probe.begin(_busy[name])
    found = {name: probe.result() for name, probe in probes.items()}
    return {name: sentence for name, sentence in found.items() if sentence is not None}


def _check_postgres(services: Services) -> str | None:
    try:
        with services.pool.connection(timeout=ANSWER_WITHIN_SECONDS) as db:
            check_schema(db)
    except psycopg.errors.UndefinedTable:
        return "Postgres answers but has no tables; run `seatline migrate`."
    except (psycopg.Error, OSError) as error:
        log.warning("postgres does not answer", error=str(error))
        return "Postgres does not answer; see that it runs and that SEATLINE_DATABASE_URL points at it."
    return None


def _check_redis(services: Services) -> str | None:
    try:
        services.redis.ping()
    except (RedisError, OSError) as error:
        log.warning("redis does not answer", error=str(error))
        return "Redis does not answer; see that it runs and that SEATLINE_REDIS_URL points at it."
    return None


_CHECKS: dict[str, Check] = {"postgres": _check_postgres, "redis": _check_redis}
_busy = {name: Lock() for name in _CHECKS}


class _Probe:
    """One check in a thread of its own (under gevent: a greenlet), so that a server that hangs is told in time."""

    def __init__(self, services: Services, check: Check) -> None:
        self._answer: str | None = "It did not answer within 2 seconds."
        self._thread = Thread(target=self._run, args=(services, check), name=f"probe{check.__name__}", daemon=True)
        self._turn: Lock | None = None

    def begin(self, turn: Lock) -> None:
        """Start, unless an earlier check of the same server still hangs or takes its time."""
        if turn.acquire(timeout=ANSWER_WITHIN_SECONDS):
            self._turn = turn
            self._thread.start()

    def result(self) -> str | None:
        """Return what is wrong, waiting up to 2 s for it."""
        if self._turn is not None:
            self._thread.join(ANSWER_WITHIN_SECONDS)
        return self._answer

    def _run(self, services: Services, check: Check) -> None:
        try:
            self._answer = check(services)
        finally:
            if self._turn is not None:
                self._turn.release()
