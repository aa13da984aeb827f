"""The numbered notices, in order: what webhooks are told, for who wants to catch up."""

from psycopg.sql import SQL

from storage.database import Db
from storage.told import TOLD_COLUMNS, TOLD_JOINS, ToldNotice, told_notice_from

_AFTER = SQL(
    """
    SELECT {columns}
      FROM (SELECT * FROM notices WHERE number > %s ORDER BY number LIMIT %s) AS notices
      {joins}
     ORDER BY notices.number
    """
).format(columns=TOLD_COLUMNS, joins=TOLD_JOINS)


def list_events(db: Db, *, after: int, limit: int) -> list[ToldNotice]:
    """Return the notices with a higher number than `after`, lowest first.

    Numbers have no gaps and become visible in their order, so whoever goes on after the last one misses nothing. A
    notice that the relay has not numbered yet is not among them.
    """
    return [told_notice_from(row) for row in db.execute(_AFTER, (after, limit))]
