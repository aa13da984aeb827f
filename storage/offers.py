"""Offers of a place that nobody accepted in time."""

from collections.abc import Collection

from domain.ids import TrainingSessionId
from storage.command_log import LoggedCommand
from storage.database import Db
from storage.identifiers import new_id

SESSIONS_AT_ONCE = 500


def accept_expiries(db: Db) -> list[LoggedCommand]:
    """Ask sessions with an offer that has ended to end it, by the database's clock; return the commands.

    At most `SESSIONS_AT_ONCE`; a session that is asked already is left out. Two at once may both ask: whichever is
    decided second finds nothing to do.
    """
    rows = db.execute(
        """
        SELECT DISTINCT training_session_id FROM bookings
         WHERE status = 'offered' AND offered_until <= clock_timestamp()
           AND NOT EXISTS (SELECT FROM commands
                            WHERE commands.training_session_id = bookings.training_session_id
                              AND commands.status = 'waiting' AND commands.kind = 'expire_offers')
         LIMIT %s
        """,
        (SESSIONS_AT_ONCE,),
    ).fetchall()
    return _ask(db, [row[0] for row in rows]) if rows else []


def _ask(db: Db, sessions: Collection[TrainingSessionId]) -> list[LoggedCommand]:
    rows = db.execute(
        """
        INSERT INTO commands (id, training_session_id, kind, payload)
        SELECT id, session_id, 'expire_offers', '{}' FROM unnest(%s::uuid[], %s::uuid[]) AS wanted (id, session_id)
        RETURNING id, seq, training_session_id, accepted_at
        """,
        ([new_id() for _ in sessions], list(sessions)),
    )
    return [LoggedCommand(*row) for row in rows]


def count_offers(db: Db, training_session_id: TrainingSessionId) -> int:
    """Return how many places of the session are offered at the moment."""
    row = db.execute(
        "SELECT count(*) FROM bookings WHERE training_session_id = %s AND status = 'offered'", (training_session_id,)
    ).fetchone()
    return row[0] if row else 0
