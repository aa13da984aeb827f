"""A member's inbox: what they were told in the app, and how much of it is unread.

Notices that carry a link are in no inbox: they are not listed, and are written as read.
"""

from psycopg.sql import SQL

from domain.ids import MemberId
from storage.database import Db
from storage.told import TOLD_COLUMNS, TOLD_JOINS, ToldNotice, told_notice_from

UNREAD_COUNTED_MAX = 100
"""How many unread notices are counted; a member with more has this many."""

_NEWEST = SQL(
    """
    SELECT {columns}
      FROM (SELECT * FROM notices WHERE member_id = %(member)s AND id < %(before)s AND password_link_id IS NULL
             ORDER BY id DESC LIMIT %(limit)s) AS notices
      {joins}
     ORDER BY notices.id DESC
    """
).format(columns=TOLD_COLUMNS, joins=TOLD_JOINS)


def list_notices(db: Db, member_id: MemberId, *, before: int | None, limit: int) -> list[ToldNotice]:
    """Return the member's notices, newest first, those with a lower id than `before`."""
    rows = db.execute(
        _NEWEST, {"member": member_id, "before": before if before is not None else 2**63 - 1, "limit": limit}
    )
    return [told_notice_from(row) for row in rows]


def count_unread(db: Db, member_id: MemberId) -> int:
    """Return how many of the member's notices are unread, counted up to `UNREAD_COUNTED_MAX`."""
    row = db.execute(
        """
        SELECT count(*)
          FROM (SELECT FROM notices WHERE member_id = %s AND read_at IS NULL LIMIT %s) AS counted
        """,
        (member_id, UNREAD_COUNTED_MAX),
    ).fetchone()
    return row[0] if row else 0
