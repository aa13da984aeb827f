"""Which notices a member has read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.sql import SQL

from domain.ids import MemberId
from storage.database import Db
from storage.queries.notifications import count_unread

_MARK = SQL(
    """
    UPDATE notices SET read_at = clock_timestamp()
     WHERE id = ANY(ARRAY(
           SELECT id FROM notices WHERE member_id = %(member)s AND read_at IS NULL AND {which}
            ORDER BY id FOR NO KEY UPDATE))
    """
)
# Locked in the order of their ids, so that two tabs that read at once wait for each other and never crosswise.


@dataclass(frozen=True, slots=True)
class InboxState:
    """How much is unread, counted up to `UNREAD_COUNTED_MAX`, and at which instant by the database's clock."""

    unread: int
    at: datetime


def mark_read_up_to(db: Db, member_id: MemberId, notice_id: int) -> InboxState:
    """Mark the member's notices up to this id as read; those that already are keep the instant they were read at."""
    db.execute(_MARK.format(which=SQL("id <= %(up_to)s")), {"member": member_id, "up_to": notice_id})
    return _inbox_state(db, member_id)


def mark_read(db: Db, member_id: MemberId, notice_ids: Sequence[int]) -> InboxState:
    """Mark these notices as read; ids of other members' notices, and of none, are passed over."""
    db.execute(_MARK.format(which=SQL("id = ANY(%(ids)s)")), {"member": member_id, "ids": list(notice_ids)})
    return _inbox_state(db, member_id)


def _inbox_state(db: Db, member_id: MemberId) -> InboxState:
    row = db.execute("SELECT clock_timestamp()").fetchone()
    if row is None:
        raise LookupError("the database did not tell its time")
    # Counted after the instant, so that the count is never older than it says.
    return InboxState(count_unread(db, member_id), row[0])
