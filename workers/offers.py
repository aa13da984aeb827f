"""End the offers of a place that nobody accepted in time."""

from psycopg_pool import ConnectionPool
from redis import Redis

from storage.database import Db
from storage.offers import accept_expiries
from workers import inbox


def expire_offers(pool: ConnectionPool[Db], redis: Redis) -> int:
    """Ask each session with an offer that has ended to end it, as commands; return how many were asked.

    The offer ends by the rules when its time is over, whenever this runs; only the place becomes free by it. A crash
    between the command and its token leaves the rest to the sweep.
    """
    with pool.connection() as db:
        asked = accept_expiries(db)
    inbox.call_workers(redis, asked)
    return len(asked)
