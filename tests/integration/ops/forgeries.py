"""What somebody could do to a database behind Seatline's back, and what the audit must call it.

They speak of the session `lived` in the audit's tests: positions 1 to 4 are bookings, two of them confirmed and two in
line, 5 is refused, and 6 cancels the first, so that the third is promoted.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Forgery:
    """One statement that forges something, and words that must turn up among the differences."""

    name: str
    sql: str
    found: frozenset[str]


def _forgery(name: str, sql: str, *found: str) -> Forgery:
    return Forgery(name, sql, frozenset(found))


FORGERIES = (
    _forgery("status", "UPDATE commands SET status = 'refused' WHERE position = 1", "status"),
    _forgery(
        "outcome",
        """UPDATE commands SET outcome = outcome || '{"events": []}' WHERE position = 3""",
        "outcome",
        "receipt",
    ),
    _forgery("receipt", "UPDATE commands SET receipt = repeat('0', 64) WHERE position = 3", "receipt"),
    _forgery(
        "payload",
        """UPDATE commands SET payload = payload || '{"pass_id": null}' WHERE position = 2""",
        "receipt",
        "journal",
    ),
    _forgery(
        "witness",
        """
        UPDATE commands SET witness = jsonb_set(witness, path, '9')
          FROM (SELECT id AS forged_id, ARRAY[key, 'sessions_left'] AS path
                  FROM commands, jsonb_object_keys(witness) AS key WHERE position = 2) AS forged
         WHERE id = forged_id
        """,
        "receipt",
    ),
    _forgery(
        "accepted earlier",
        "UPDATE commands SET accepted_at = accepted_at - interval '1 s' WHERE position = 2",
        "receipt",
        "booking's booked_at",
    ),
    _forgery("position gap", "UPDATE commands SET position = position + 10 WHERE position = 6", "position", "receipt"),
    _forgery(
        "order in real time",
        "UPDATE commands SET applied_at = applied_at - interval '1 h' WHERE position = 4",
        "real-time order",
    ),
    _forgery("order in its batch", "UPDATE commands SET seq = DEFAULT WHERE position = 2", "order in its batch"),
    _forgery(
        "roster: a place",
        "UPDATE bookings SET status = 'confirmed' WHERE status = 'waitlisted'",
        "booking's status",
        "session's booked",
        "session's waiting",
    ),
    _forgery("roster: the order", "UPDATE bookings SET position = 77 WHERE position = 2", "booking's position"),
    _forgery("roster: the promotion", "UPDATE bookings SET promoted_at = NULL", "booking's promoted_at"),
    _forgery(
        "roster: a skip",
        "UPDATE bookings SET skipped = '{pass_expired}' WHERE status = 'waitlisted'",
        "booking's skipped",
        "session's waiting",
        "session's skipped",
    ),
    _forgery(
        "roster: one is missing",
        "DELETE FROM bookings WHERE position = 2",
        "booking",
        "session's booked",
        "stray row",
    ),
    _forgery("counter", "UPDATE training_sessions SET waiting = waiting + 1", "session's waiting"),
    _forgery("capacity", "UPDATE training_sessions SET capacity = 40", "session's capacity"),
    _forgery("last receipt", "UPDATE training_sessions SET receipt = 'x'", "session's receipt"),
    _forgery(
        "opening",
        "UPDATE training_sessions SET opening = jsonb_set(opening, '{capacity}', '3')",
        "receipt",
        "outcome",
        "session's capacity",
    ),
    _forgery("opening lost", "UPDATE training_sessions SET opening = '{}'", "opening facts"),
    _forgery("ledger: a line is missing", "DELETE FROM pass_ledger WHERE change = 1", "ledger", "sessions left"),
    _forgery(
        "ledger: another pass",
        """
        UPDATE pass_ledger SET pass_id = (SELECT pass_id FROM bookings WHERE position = 2) WHERE change = 1
        """,
        "ledger",
        "sessions left",
    ),
    _forgery(
        "ledger: a line of no booking",
        """
        INSERT INTO pass_ledger (pass_id, booking_id, command_id, change, written_at)
        SELECT pass_id, gen_random_uuid(), id, -1, now() FROM bookings LIMIT 1
        """,
        "sessions left",
        "stray row",
    ),
    _forgery(
        "balance",
        "UPDATE passes SET sessions_left = sessions_left - 1 WHERE sessions_left = 10",
        "sessions left",
    ),
    _forgery(
        "balance below zero",
        "UPDATE passes SET sessions_granted = 0, sessions_left = 0 WHERE sessions_left = 10"
        " AND id IN (SELECT pass_id FROM pass_ledger)",
        "lowest balance",
    ),
    _forgery("notice: missing", "DELETE FROM notices WHERE kind = 'promoted'", "notice"),
    _forgery(
        "notice: to somebody else",
        """
        UPDATE notices SET member_id = (SELECT member_id FROM notices WHERE kind = 'promoted')
         WHERE kind = 'booking_cancelled'
        """,
        "notice",
    ),
    _forgery(
        "notice: another kind",
        "UPDATE notices SET kind = 'skipped' WHERE kind = 'promoted'",
        "notice",
    ),
    _forgery(
        "notice: doubled, as about a pass too",
        """
        INSERT INTO notices (cause, member_id, kind, booking_id, pass_id, details, created_at)
        SELECT cause, member_id, kind, booking_id, gen_random_uuid(), details, created_at
          FROM notices WHERE kind = 'promoted'
        """,
        "notice",
    ),
    _forgery(
        "notice: one too many",
        """
        INSERT INTO notices (cause, member_id, kind, booking_id, details, created_at)
        SELECT cause, member_id, 'skipped', booking_id, details, created_at FROM notices WHERE kind = 'promoted'
        """,
        "notice",
    ),
    _forgery(
        "notice: says something else",
        """UPDATE notices SET details = '{"place_in_line": 9}' WHERE kind = 'waitlisted'""",
        "notice",
    ),
    _forgery(
        "notice: of a command that never was",
        "UPDATE notices SET cause = gen_random_uuid() WHERE kind = 'promoted'",
        "notice",
        "stray row",
    ),
)
