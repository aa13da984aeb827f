"""Offers of a place that nobody accepted in time."""

from domain.commands import ExpireOffers
from domain.ids import TrainingSessionId
from storage.command_log import LoggedCommand, accept_own
from storage.database import Db

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
    return accept_own(db, [(row[0], ExpireOffers()) for row in rows]) if rows else []


def count_offers(db: Db, training_session_id: TrainingSessionId) -> int:
    """Return how many places of the session are offered at the moment."""
    row = db.execute(
        "SELECT count(*) FROM bookings WHERE training_session_id = %s AND status = 'offered'", (training_session_id,)
    ).fetchone()
    return row[0] if row else 0
