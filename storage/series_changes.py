"""Changing the rest of a series: one command for each session it concerns, accepted all at once with the note of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb

from domain.commands import Command
from domain.ids import MemberId, SpaceId, TrainerId, TrainingSessionId
from domain.staff_changes import StaffChange
from storage.command_codec import encode_command
from storage.command_log import LoggedCommand
from storage.database import Db
from storage.identifiers import new_id
from storage.staff_changes import note_change

KEY_PREFIX = "series:"
"""Idempotency keys of commands that came of a change to the whole series begin so; all others are a session's own."""


@dataclass(frozen=True, slots=True)
class ComingSession:
    """A session of a series that is still to begin and not cancelled; an `overridden` one was changed on its own."""

    id: TrainingSessionId
    occurrence: datetime
    starts_at: datetime
    lasts_minutes: int
    trainer_id: TrainerId
    space_id: SpaceId
    capacity: int
    overridden: bool


def coming_sessions(db: Db, series_id: UUID, from_on: date) -> list[ComingSession]:
    """Return the series' sessions from this day of the studio's on, that may still be changed, in order."""
    rows = db.execute(
        """
        SELECT id, occurrence, starts_at, lasts_minutes, trainer_id, space_id, capacity,
               EXISTS (SELECT FROM commands
                        WHERE training_session_id = one.id AND kind IN ('change_capacity', 'reschedule_session')
                          AND status IN ('waiting', 'applied')
                          AND NOT starts_with(coalesce(idempotency_key, ''), %(prefix)s))
          FROM training_sessions AS one
         WHERE series_id = %(series)s AND occurrence >= %(from_on)s AND starts_at > statement_timestamp()
           AND NOT cancelled
         ORDER BY occurrence
        """,
        {"series": series_id, "from_on": from_on, "prefix": KEY_PREFIX},
    )
    return [ComingSession(*row) for row in rows]


def change_series(
    db: Db,
    actor_id: MemberId,
    series_id: UUID,
    *,
    commands: Callable[[], Sequence[tuple[TrainingSessionId, Command]]],
    values: Mapping[str, object],
    change: StaffChange,
) -> list[LoggedCommand]:
    """Write the series' new values, the note and every command in one transaction: all of it or nothing.

    `commands` is asked under the series' lock, so that two changes of one series follow each other. The caller calls
    the workers afterwards; what it does not get to, the sweep finds.
    """
    with db.transaction():
        db.execute("SELECT FROM series WHERE id = %s FOR UPDATE", (series_id,))
        asked = [(session_id, *encode_command(command)) for session_id, command in commands()]
        if values:
            settings = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values)
            db.execute(sql.SQL("UPDATE series SET {} WHERE id = %s").format(settings), (*values.values(), series_id))
        note_change(db, actor_id, change)
        change_id = new_id()
        rows = db.execute(
            """
            INSERT INTO commands (id, training_session_id, actor_id, actor_is_staff, kind, payload, idempotency_key)
            SELECT id, session_id, %(actor)s, true, kind, payload, %(key)s || session_id || ':' || kind
              FROM unnest(%(ids)s::uuid[], %(sessions)s::uuid[], %(kinds)s::text[], %(payloads)s::jsonb[])
                   WITH ORDINALITY AS wanted (id, session_id, kind, payload, number)
             ORDER BY number
            RETURNING id, seq, training_session_id, accepted_at
            """,
            {
                "actor": actor_id,
                "key": f"{KEY_PREFIX}{change_id}:",
                "ids": [new_id() for _ in asked],
                "sessions": [one[0] for one in asked],
                "kinds": [one[1] for one in asked],
                "payloads": [Jsonb(one[2]) for one in asked],
            },
        )
        return [LoggedCommand(*row) for row in rows]
