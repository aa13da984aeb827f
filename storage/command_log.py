"""The command log: what was accepted, in which order, and what still waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.errors import ForeignKeyViolation
from psycopg.types.json import Jsonb

from domain.commands import AcceptedCommand, Actor, Command, ReconsiderWaitlist
from domain.ids import BookingId, CommandId, MemberId, PassId, TrainingSessionId
from domain.outcomes import Refused
from domain.refusals import RefusalReason
from storage.command_codec import decode_command, encode_command
from storage.database import Db
from storage.identifiers import new_id


@dataclass(frozen=True, slots=True)
class NewCommand:
    """A command as it is handed in: who asks what of which session, under an id and perhaps a key of theirs.

    With `token_generation` it is accepted only while the actor's tokens are of this generation.
    """

    id: CommandId
    training_session_id: TrainingSessionId
    actor: Actor
    command: Command
    idempotency_key: str | None = None
    token_generation: int | None = None


@dataclass(frozen=True, slots=True)
class LoggedCommand:
    """A command as it stands in the log; `is_repeat` says that its idempotency key had been used before."""

    id: CommandId
    seq: int
    training_session_id: TrainingSessionId
    accepted_at: datetime
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The idempotency key belongs to another command of the same actor; nothing was accepted."""

    command_id: CommandId


Accepted = LoggedCommand | KeyReused | Refused
"""What comes of a command that is handed in."""


@dataclass(frozen=True, slots=True)
class WaitingCommand:
    """A row of the log that waits for its outcome. Reading it as a command may fail, so that is a step of its own."""

    id: CommandId
    seq: int
    training_session_id: TrainingSessionId
    actor_id: MemberId | None
    actor_is_staff: bool
    kind: str
    payload: dict[str, Any]
    accepted_at: datetime

    def read(self) -> AcceptedCommand:
        """Return the command; raises whatever is wrong with its payload."""
        return AcceptedCommand(
            id=self.id,
            seq=self.seq,
            training_session_id=self.training_session_id,
            actor=Actor(self.actor_id, self.actor_is_staff),
            accepted_at=self.accepted_at,
            command=decode_command(self.kind, self.payload),
        )


def accept(db: Db, new: NewCommand) -> Accepted:
    """Write the command into the log in one autocommitted statement; takes no lock that a batch waits for.

    The same id or the same key again returns the first command. Refused are a session that does not exist, and a member
    who is suspended, removed or none, or whose tokens are not of this generation any more (`not_permitted`), also where
    the key was used before; who acts as staff was asked about already. A crash leaves either no row, or a row that the
    sweep finds.
    """
    try:
        return accept_all(db, [new])[0]
    except ForeignKeyViolation:
        return Refused((RefusalReason.SESSION_NOT_FOUND,))


def accept_all(db: Db, new: Sequence[NewCommand]) -> list[Accepted]:
    """Write commands that come at the same time into the log, all in one statement; return what `accept` would of each.

    Raises psycopg's `ForeignKeyViolation`, with nothing written, when one of them is for a session that does not exist.
    """
    given = [_row_of(one) for one in new]
    # For one alone arrays would be made and read for nothing, which takes half as long again.
    source, values = (
        (_ONE, given[0]) if len(given) == 1 else (_MANY, [list(column) for column in zip(*given, strict=True)])
    )
    rows = db.execute(
        f"""
        INSERT INTO commands (id, training_session_id, actor_id, actor_is_staff, kind, payload, idempotency_key)
        SELECT id, training_session_id, actor, staff, kind, payload, key
          FROM {source} AS new (id, training_session_id, actor, staff, kind, payload, key, generation)
         WHERE {_may_ask("staff", "actor", "generation")}
        ON CONFLICT DO NOTHING
        RETURNING id, seq, training_session_id, accepted_at
        """,  # noqa: S608
        values,
    )
    written = {row[0]: LoggedCommand(*row) for row in rows}
    return [written.get(one.id) or _first_with(db, one) for one in new]


def accepted_before(db: Db, new: NewCommand) -> LoggedCommand | KeyReused | None:
    """Return the command that the actor gave with this key before, as `accept` does, and accept nothing.

    None where there is no such command, or the actor may not ask.
    """
    found = _first_with(db, new) if new.idempotency_key is not None else None
    return None if isinstance(found, Refused) else found


_MANY: LiteralString = (
    "unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::boolean[], %s::text[], %s::jsonb[], %s::text[], %s::int[])"
)
_ONE: LiteralString = "(VALUES (%s::uuid, %s::uuid, %s::uuid, %s::boolean, %s::text, %s::jsonb, %s::text, %s::int))"


def _row_of(new: NewCommand) -> tuple[object, ...]:
    kind, payload = encode_command(new.command)
    return (
        new.id,
        new.training_session_id,
        new.actor.member_id,
        new.actor.is_staff,
        kind,
        Jsonb(payload),
        new.idempotency_key,
        new.token_generation,
    )


def _may_ask(staff: LiteralString, actor: LiteralString, generation: LiteralString) -> LiteralString:
    # A subquery of its own for each: as a join it would be planned as if all members were asked about.
    return f"""(
        {staff} OR {actor} IS NULL
        OR (SELECT suspended_at IS NULL AND removed_at IS NULL
                   AND token_generation = coalesce({generation}, token_generation)
              FROM members WHERE members.id = {actor}))
    """  # noqa: S608


def _first_with(db: Db, new: NewCommand) -> Accepted:
    may_ask = _may_ask("%(staff)s", "%(actor)s::uuid", "%(generation)s::int")
    row = db.execute(
        f"""
        SELECT id, seq, training_session_id, accepted_at, kind, payload
          FROM commands WHERE actor_id = %(actor)s AND idempotency_key = %(key)s AND {may_ask}
        UNION ALL
        SELECT id, seq, training_session_id, accepted_at, kind, payload
          FROM commands WHERE id = %(id)s AND {may_ask}
        """,  # noqa: S608
        {
            "id": new.id,
            "actor": new.actor.member_id,
            "staff": new.actor.is_staff,
            "key": new.idempotency_key,
            "generation": new.token_generation,
        },
    ).fetchone()
    if row is None:
        # There was no conflict, then: the member may not ask.
        return Refused((RefusalReason.NOT_PERMITTED,))
    id_, seq, training_session_id, accepted_at, *said = row
    if (training_session_id, *said) != (new.training_session_id, *encode_command(new.command)):
        return KeyReused(id_)
    return LoggedCommand(id_, seq, training_session_id, accepted_at, is_repeat=True)


def waiting_commands(db: Db, training_session_id: TrainingSessionId, limit: int) -> list[WaitingCommand]:
    """Return the next commands of this session in `seq` order; call it under the session's lock."""
    rows = db.execute(
        """
        SELECT id, seq, training_session_id, actor_id, actor_is_staff, kind, payload, accepted_at
          FROM commands
         WHERE training_session_id = %s AND status = 'waiting'
         ORDER BY seq
         LIMIT %s
        """,
        (training_session_id, limit),
    )
    return [WaitingCommand(*row) for row in rows]


def training_session_of_booking(db: Db, booking_id: BookingId) -> TrainingSessionId | None:
    """Return the session a booking is for, from the moment the booking's command is accepted; None for no such id."""
    row = db.execute(
        "SELECT training_session_id FROM commands WHERE id = %s AND kind IN ('book_seat', 'book_for_member')",
        (booking_id,),
    ).fetchone()
    return None if row is None else row[0]


def accept_reconsiderations(db: Db, changed: Sequence[PassId]) -> list[LoggedCommand]:
    """Ask every session where one of these passes made a waiter be skipped to look again.

    Runs inside the transaction that changed the passes, whose rows it has locked: a session that skips the waiter
    at the same moment either sees the changed pass, or has committed its skip before this statement looks.
    """
    skipped = db.execute(
        "SELECT DISTINCT training_session_id, pass_id FROM bookings WHERE pass_id = ANY(%s) AND skipped IS NOT NULL",
        (list(changed),),
    ).fetchall()
    if not skipped:
        return []
    return accept_own(db, [(session_id, ReconsiderWaitlist(pass_id)) for session_id, pass_id in skipped])


def accept_own(db: Db, asked: Sequence[tuple[TrainingSessionId, Command]]) -> list[LoggedCommand]:
    """Write commands that Seatline itself gives to these sessions, in one statement; the caller calls the workers."""
    encoded = [encode_command(command) for _, command in asked]
    rows = db.execute(
        """
        INSERT INTO commands (id, training_session_id, kind, payload)
        SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::jsonb[])
        RETURNING id, seq, training_session_id, accepted_at
        """,
        (
            [new_id() for _ in asked],
            [session_id for session_id, _ in asked],
            [kind for kind, _ in encoded],
            [Jsonb(payload) for _, payload in encoded],
        ),
    )
    return [LoggedCommand(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Lane:
    """A session with commands waiting: the age of the oldest in seconds by the database's clock."""

    training_session_id: TrainingSessionId
    oldest_age_seconds: float


def lanes_with_work(db: Db, *, older_than_seconds: float = 0.0) -> list[Lane]:
    """Return every session whose oldest waiting command is at least this old.

    Walks the index of waiting commands from session to session, so it reads one entry for each session with work,
    however many commands wait in it.
    """
    rows = db.execute(
        """
        WITH RECURSIVE lanes AS (
            (SELECT training_session_id, accepted_at FROM commands
              WHERE status = 'waiting' ORDER BY training_session_id, seq LIMIT 1)
            UNION ALL
            SELECT next.training_session_id, next.accepted_at
              FROM lanes CROSS JOIN LATERAL (
                SELECT training_session_id, accepted_at FROM commands
                 WHERE status = 'waiting' AND training_session_id > lanes.training_session_id
                 ORDER BY training_session_id, seq LIMIT 1) AS next
        )
        SELECT training_session_id, extract(epoch FROM clock_timestamp() - accepted_at)::float8 FROM lanes
         WHERE accepted_at <= clock_timestamp() - make_interval(secs => %s)
        """,
        (older_than_seconds,),
    )
    return [Lane(TrainingSessionId(UUID(str(row[0]))), row[1]) for row in rows]
