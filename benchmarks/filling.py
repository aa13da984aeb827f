"""Databases that are full before a measurement begins, in Seatline's tables or a peer's.

The rows are those that so many bookings would have left, but for receipts and outcomes, which nothing here reads.
"""

from typing import LiteralString
from uuid import UUID

from psycopg import sql

from benchmarks.bulk import Bulk
from benchmarks.contenders import Studio

_LEDGER: LiteralString = """
    INSERT INTO pass_ledger (pass_id, booking_id, command_id, change, written_at)
    SELECT pass_id, id, id, -1, now() FROM made WHERE status = 'confirmed'
"""
_SEATLINE: tuple[LiteralString, ...] = (
    """
    INSERT INTO commands (id, training_session_id, actor_id, kind, payload, status, position, outcome, witness,
                          receipt, accepted_at, applied_at)
    SELECT id, session_id, member_id, 'book_seat', jsonb_build_object('pass_id', pass_id), 'applied', position,
           '{}', '{}', '', now() - interval '1 hour', now() - interval '1 hour'
      FROM made ORDER BY id
    """,
    """
    INSERT INTO bookings (id, training_session_id, member_id, pass_id, status, position, starts_at, booked_at,
                          changed_at)
    SELECT id, session_id, member_id, pass_id, status, position, starts_at, now(), now() - interval '1 hour'
      FROM made
    """,
    """
    INSERT INTO notices (number, cause, member_id, kind, booking_id, starts_at, details, created_at)
    SELECT (SELECT coalesce(max(number), 0) FROM notices) + row_number() OVER (), id, member_id, 'booking_confirmed',
           id, starts_at, '{}', now()
      FROM made
    """,
    "UPDATE training_sessions SET position = booked + waiting WHERE booked > 0",
    _LEDGER,
)
_PEERS: tuple[LiteralString, ...] = (
    """
    INSERT INTO commands (id, training_session_id, actor_id, kind, payload, status, position, outcome, applied_at)
    SELECT id, session_id, member_id, 'book_seat', jsonb_build_object('pass_id', pass_id), 'applied', position, '{}',
           now()
      FROM made ORDER BY id
    """,
    """
    INSERT INTO bookings (id, training_session_id, member_id, pass_id, status, position, booked_at)
    SELECT id, session_id, member_id, pass_id, status, position, now() FROM made
    """,
    """
    UPDATE training_sessions SET position = taken + wait, booked = taken, waiting = wait
      FROM (SELECT session_id, count(*) FILTER (WHERE status = 'confirmed') AS taken,
                   count(*) FILTER (WHERE status = 'waitlisted') AS wait
              FROM made GROUP BY session_id) AS counted
     WHERE id = session_id
    """,
    _LEDGER,
)


def fill(studio: Studio, session_ids: list[UUID], *, bookings: int, capacity: int) -> None:
    """Give each of these empty sessions so many bookings, those beyond its capacity in line.

    Each is of another member, and members come again in the next session; there must be as many as bookings.
    """
    db = studio.db
    db.execute("CREATE TEMP TABLE who AS SELECT row_number() OVER () AS n, member_id, id AS pass_id FROM passes")
    db.execute("CREATE UNIQUE INDEX ON who (n)")
    db.execute(
        """
        CREATE TEMP TABLE made AS
        SELECT gen_random_uuid() AS id, session.id AS session_id, session.starts_at, who.member_id, who.pass_id,
               seat AS position, CASE WHEN seat <= %s THEN 'confirmed' ELSE 'waitlisted' END AS status
          FROM unnest(%s::uuid[]) WITH ORDINALITY AS wanted (id, number)
          JOIN training_sessions AS session USING (id)
         CROSS JOIN generate_series(1, %s::int) AS seat
          JOIN who ON who.n = 1 + (wanted.number * 7 + seat) %% (SELECT count(*) FROM who)
        """,
        (capacity, session_ids, bookings),
    )
    for statement in _SEATLINE if isinstance(studio, Bulk) else _PEERS:
        db.execute(statement)
    charged = "UPDATE passes SET sessions_granted = 1000, sessions_left = 500 WHERE id IN (SELECT pass_id FROM made)"
    db.execute(charged)
    for table in ("made", "who"):
        db.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(table)))
    studio.settle_statistics()
