"""What may fail without harm: everything in Redis is a hint, and the sweep repairs what a lost one leaves."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import RedisError
from structlog import get_logger

HINT_ERRORS = (RedisError, OSError)

log = get_logger()


@contextmanager
def hint(what: str) -> Iterator[None]:
    """Do something on Redis; when Redis is away, say so in the log and go on."""
    try:
        yield
    except HINT_ERRORS as error:
        log.warning("redis is away, the sweep will repair it", failed=what, error=str(error))
