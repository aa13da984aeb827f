"""Deliveries as operators look at them: which there are, and one with all that was tried.

A list follows the primary key backwards, or for `due`, `sending` and `failed` the index of those; a filter that few
match makes it read far back, which is for an operator's patience and never for the API.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row
from psycopg.sql import SQL

from domain.channels import Channel
from domain.ids import MemberId
from domain.notices import NoticeKind
from storage.database import Db
from storage.deliveries import DeliveryStatus
from storage.told import TOLD_COLUMNS, TOLD_COLUMNS_COUNT, TOLD_JOINS, ToldNotice, told_notice_from


@dataclass(frozen=True, slots=True)
class ListedDelivery:
    """One delivery; `calls` counts the calls to its provider that are on record.

    `due_at` is when the next call may begin, or while sending, when the lease of the sending worker ends. `address` is
    for people to read: an e-mail address, a device or a URL.
    """

    id: int
    notice_id: int
    kind: str
    channel: str
    address: str
    member_name: str
    status: str
    calls: int
    created_at: datetime
    due_at: datetime
    settled_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One call to a provider, by its `number` among all calls for the delivery."""

    number: int
    provider: str
    outcome: str
    said: str | None
    ended_at: datetime
    took_ms: int


@dataclass(frozen=True, slots=True)
class ShownDelivery:
    """A delivery with its notice, as what that speaks of stands now, and every attempt in order.

    `notice` is None where this version cannot read it, one of a kind that a newer version wrote for instance.
    """

    delivery: ListedDelivery
    notice: ToldNotice | None
    attempts: Sequence[PastAttempt]


_LISTED = SQL(
    """
    deliveries.id, deliveries.notice_id, deliveries.kind, deliveries.channel, deliveries.address, member.name,
    deliveries.status,
    (SELECT count(*) FROM delivery_attempts WHERE delivery_attempts.delivery_id = deliveries.id),
    notices.created_at, deliveries.due_at, deliveries.settled_at, deliveries.reason
    """
)


def list_deliveries(
    db: Db,
    *,
    statuses: Collection[DeliveryStatus] = (),
    channel: Channel | None = None,
    kind: NoticeKind | None = None,
    member_id: MemberId | None = None,
    limit: int,
) -> list[ListedDelivery]:
    """Return deliveries, newest first; without a filter all of them, up to `limit`."""
    filters = {
        "statuses": ([str(status) for status in statuses] or None, "deliveries.status = ANY(%(statuses)s)"),
        "channel": (channel and str(channel), "deliveries.channel = %(channel)s"),
        "kind": (kind and str(kind), "deliveries.kind = %(kind)s"),
        "member": (member_id, "notices.member_id = %(member)s"),
    }
    wanted = [SQL(condition) for value, condition in filters.values() if value is not None]
    rows = db.execute(
        SQL(
            """
            SELECT {listed} FROM deliveries
              JOIN notices ON notices.id = deliveries.notice_id
              JOIN members AS member ON member.id = notices.member_id
             WHERE {wanted} ORDER BY deliveries.id DESC LIMIT %(limit)s
            """
        ).format(listed=_LISTED, wanted=SQL(" AND ").join(wanted) if wanted else SQL("true")),
        {"limit": limit, **{name: value for name, (value, _) in filters.items()}},
    )
    return [ListedDelivery(*row) for row in rows]


def find_delivery(db: Db, delivery_id: int) -> ShownDelivery | None:
    """Return one delivery with everything about it; None if there is none with this id."""
    row = db.execute(
        SQL(
            """
            SELECT {told}, {listed} FROM deliveries
              JOIN notices ON notices.id = deliveries.notice_id
              {joins}
             WHERE deliveries.id = %s
            """
        ).format(told=TOLD_COLUMNS, listed=_LISTED, joins=TOLD_JOINS),
        (delivery_id,),
    ).fetchone()
    if row is None:
        return None
    with db.cursor(row_factory=class_row(PastAttempt)) as cursor:
        attempts = cursor.execute(
            """
            SELECT number, provider, outcome, said, ended_at, took_ms
              FROM delivery_attempts WHERE delivery_id = %s ORDER BY number
            """,
            (delivery_id,),
        ).fetchall()
    try:
        notice = told_notice_from(row)
    except ValueError:
        notice = None
    return ShownDelivery(ListedDelivery(*row[TOLD_COLUMNS_COUNT:]), notice, attempts)
