"""What an operator does to deliveries by hand: have them tried again, or drop them."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.sql import SQL, Composable

from domain.channels import Channel
from domain.notices import NoticeKind
from storage.database import Db
from storage.deliveries import ATTEMPTS_ALLOWED

_BY_ID = SQL("id = ANY(%(ids)s) AND status = ANY(%(from)s)")
_FAILED = SQL(
    """
    status = 'failed' AND (%(channel)s::text IS NULL OR channel = %(channel)s)
                      AND (%(kind)s::text IS NULL OR kind = %(kind)s)
    """
)
# Locked in the order of ids, so that two operators at once never wait for each other.
_CHANGE = SQL(
    """
    UPDATE deliveries SET {to}
     WHERE id = ANY(ARRAY(SELECT id FROM deliveries WHERE {which} ORDER BY id FOR UPDATE))
    RETURNING id, channel, kind
    """
)
_DUE_NOW = SQL(
    """
    status = 'due', due_at = clock_timestamp(), settled_at = NULL, reason = 'to be tried again, by hand',
    attempts_allowed = attempts + {allowed}
    """
).format(allowed=ATTEMPTS_ALLOWED)
_DROPPED = SQL("status = 'dropped', settled_at = clock_timestamp(), reason = %(reason)s")


@dataclass(frozen=True, slots=True)
class ChangedDelivery:
    """A delivery that was changed by hand."""

    id: int
    channel: str
    kind: str


def retry(db: Db, ids: Sequence[int]) -> list[ChangedDelivery]:
    """Make those of these deliveries that failed or were dropped due now; return which those were.

    Attempts count on, so that each keeps its number; as many as ever are allowed on top of them.
    """
    return _change(db, _DUE_NOW, _BY_ID, {"ids": list(ids), "from": ["failed", "dropped"]})


def retry_failed(db: Db, *, channel: Channel | None, kind: NoticeKind | None) -> list[ChangedDelivery]:
    """Make every failed delivery due now, or those of one channel or kind."""
    return _change(db, _DUE_NOW, _FAILED, {"channel": channel, "kind": kind})


def drop(db: Db, ids: Sequence[int], *, reason: str) -> list[ChangedDelivery]:
    """Drop those of these deliveries that are due or failed, with this reason; return which those were."""
    return _change(db, _DROPPED, _BY_ID, {"ids": list(ids), "from": ["due", "failed"], "reason": reason})


def drop_failed(db: Db, *, channel: Channel | None, kind: NoticeKind | None, reason: str) -> list[ChangedDelivery]:
    """Drop every failed delivery, or those of one channel or kind, with this reason."""
    return _change(db, _DROPPED, _FAILED, {"channel": channel, "kind": kind, "reason": reason})


def statuses_of(db: Db, ids: Sequence[int]) -> dict[int, str]:
    """Return where these deliveries stand; ids that do not exist are missing."""
    return dict(db.execute("SELECT id, status FROM deliveries WHERE id = ANY(%s)", (list(ids),)).fetchall())


def _change(db: Db, to: Composable, which: Composable, values: dict[str, object]) -> list[ChangedDelivery]:
    rows = db.execute(_CHANGE.format(to=to, which=which), values)
    return [ChangedDelivery(*row) for row in rows]
