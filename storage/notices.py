"""Write notices, and relay them: give each its number and write its deliveries.

A notice is written in the transaction of what it tells. The relay comes after the commit, so that neither numbers nor
the fan-out to channels cost a command anything.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow

from domain.ids import MemberId
from domain.notices import Notice
from storage.database import Db

RELAY_LOCK = 7283103  # any fixed number: who holds this advisory lock gives out numbers


@dataclass(frozen=True, slots=True)
class WrittenNotice:
    """A notice as it was just written, for whoever watches: see `workers.outcomes`."""

    id: int
    member_id: MemberId
    kind: str
    booking_id: UUID | None
    pass_id: UUID | None
    created_at: datetime


def write_notices(
    db: Db, told: Sequence[tuple[UUID, Notice]], *, starts_at: Sequence[datetime | None]
) -> Cursor[TupleRow]:
    """Write notices, each with its cause, in this order, inside the caller's transaction.

    `starts_at` holds for each the start of its session as it is now. The same notice of the same cause is written
    once; a second time it is left out. `written_notices` reads the answer, inside a pipeline after its end.
    """
    return db.execute(
        """
        INSERT INTO notices (cause, member_id, kind, booking_id, pass_id, details, starts_at, created_at)
        SELECT cause, member_id, kind, booking_id, pass_id, details::jsonb, starts_at, statement_timestamp()
          FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::uuid[], %s::uuid[], %b::text[], %s::timestamptz[])
               WITH ORDINALITY
               AS notice (cause, member_id, kind, booking_id, pass_id, details, starts_at, place)
         ORDER BY place
        ON CONFLICT ON CONSTRAINT notices_once DO NOTHING
        RETURNING id, member_id, kind, booking_id, pass_id, created_at
        """,
        (
            [cause for cause, _ in told],
            [notice.member_id for _, notice in told],
            [str(notice.kind) for _, notice in told],
            [notice.booking_id for _, notice in told],
            [notice.pass_id for _, notice in told],
            [json.dumps(notice.details) for _, notice in told],
            list(starts_at),
        ),
    )


def written_notices(cursor: Cursor[TupleRow]) -> list[WrittenNotice]:
    """Return what `write_notices` wrote."""
    return [WrittenNotice(*row) for row in cursor]


def relay(db: Db, *, limit: int) -> int:
    """Give up to `limit` notices their numbers and write their deliveries; return how many notices it was.

    One transaction under a lock that one process holds at a time: numbers have no gaps and become visible in their
    order. Every member is told by e-mail and on each device with a push subscription, every webhook what it asked
    for; what a member does not want is dropped right before sending, with that reason. Nothing is mailed to who was
    removed, nor to a guest without an address. Notices that carry a link are none of it: they are written with their
    one delivery, by `storage.password_links`.
    """
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(%s)", (RELAY_LOCK,))
        row = db.execute(
            """
            WITH next AS (
                SELECT id, row_number() OVER (ORDER BY id) AS place
                  FROM (SELECT id FROM notices WHERE number IS NULL AND password_link_id IS NULL
                         ORDER BY id LIMIT %s FOR NO KEY UPDATE) AS unnumbered),
            relayed AS (
                UPDATE notices SET number = (SELECT coalesce(max(number), 0) FROM notices) + next.place
                  FROM next WHERE notices.id = next.id
                RETURNING notices.id, notices.number, notices.member_id, notices.kind),
            written AS (
                INSERT INTO deliveries (notice_id, kind, channel, address, address_id, due_at)
                SELECT relayed.id, relayed.kind, way.channel, way.address, way.address_id, statement_timestamp()
                  FROM relayed
                  JOIN members ON members.id = relayed.member_id
                 CROSS JOIN LATERAL (
                       SELECT 'email' AS channel, members.email AS address, NULL::uuid AS address_id
                        WHERE members.removed_at IS NULL AND members.email IS NOT NULL
                       UNION ALL
                       SELECT 'push', device, id FROM push_subscriptions WHERE member_id = members.id
                       UNION ALL
                       SELECT 'webhook', url, id FROM webhooks
                        WHERE active AND (kinds IS NULL OR relayed.kind = ANY(kinds))) AS way
                 ORDER BY relayed.number
                ON CONFLICT ON CONSTRAINT deliveries_once DO NOTHING)
            SELECT count(*) FROM relayed
            """,
            (limit,),
        ).fetchone()
    return row[0] if row else 0
