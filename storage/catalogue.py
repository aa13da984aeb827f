"""Put studios, members, passes and sessions into the database, in bulk; every row is new.

Nothing here opens a transaction: the caller does, so that a whole import happens or none of it. A row that breaks a
constraint raises psycopg's `IntegrityError`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb

from domain.facts import TrainingSession
from domain.ids import MemberId, PassId, TrainingId
from domain.journal import first_receipt
from storage.database import Db
from storage.identifiers import new_id
from storage.named import Named
from storage.opening import plain_opening
from storage.policies import plain_policies

CATALOGUE_LOCK = 7283102  # any fixed number: who holds this advisory lock fills the catalogue


@dataclass(frozen=True, slots=True)
class Studio:
    """The one studio of this database; `time_zone` is the IANA zone everything is shown in."""

    name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class NewMember:
    """A member to add; without a password hash the member cannot sign in with a password."""

    id: MemberId
    name: str
    email: str
    key: str | None = None
    role: str = "member"
    password_hash: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class PassType:
    """What a pass is called and which trainings it pays for, sorted by id; None is all of them."""

    name: str
    trainings: tuple[TrainingId, ...] | None


@dataclass(frozen=True, slots=True)
class NewPass:
    """A pass to grant; `sessions` None is unlimited, `expires_at` (the first instant it is void) None is never."""

    id: PassId
    member_id: MemberId
    type: PassType
    sessions: int | None
    expires_at: datetime | None = None
    key: str | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class NewTrainingSession:
    """A session to open; it opens with nobody on it, and its chain of receipts begins with these facts.

    An exclusive one has its space and its trainer to itself: no two of them overlap. One of a series knows which, and
    which `occurrence` it is, by the studio's clocks.
    """

    training_session: TrainingSession
    key: str | None = None
    exclusive: bool = False
    series_id: UUID | None = None
    occurrence: datetime | None = None


def lock_catalogue(db: Db) -> None:
    """Wait until nobody else fills the catalogue; held until the transaction ends."""
    db.execute("SELECT pg_advisory_xact_lock(%s)", (CATALOGUE_LOCK,))


def studio(db: Db) -> Studio | None:
    """Return the studio, or None while the database has none."""
    row = db.execute("SELECT name, time_zone FROM studio").fetchone()
    return None if row is None else Studio(*row)


def open_studio(db: Db, new: Studio) -> None:
    """Add the studio; a second one breaks the constraint `studio_pkey`."""
    db.execute("INSERT INTO studio (id, name, time_zone) VALUES (1, %s, %s)", (new.name, new.time_zone))


def ids_of(db: Db, table: Named, names: Collection[str]) -> dict[str, UUID]:
    """Return the ids of the things with these names, leaving out those that do not exist."""
    query = sql.SQL("SELECT name, id FROM {} WHERE name = ANY(%s)").format(sql.Identifier(table))
    return dict(db.execute(query, (list(names),)).fetchall())


def ids_made_of(db: Db, table: Named, names: Collection[str]) -> dict[str, UUID]:
    """Return the ids of the things with these names, adding those that do not exist yet."""
    query = sql.SQL("""
        INSERT INTO {} (id, name) SELECT * FROM unnest(%s::uuid[], %s::text[]) ON CONFLICT (name) DO NOTHING
        """).format(sql.Identifier(table))
    db.execute(query, ([new_id() for _ in names], list(names)))
    return ids_of(db, table, names)


def describe_training(db: Db, training_id: UUID, description: str) -> None:
    """Say what a training is like, in words for members."""
    db.execute("UPDATE trainings SET description = %s WHERE id = %s", (description, training_id))


def pass_type_ids(db: Db, types: Collection[PassType]) -> dict[PassType, UUID]:
    """Return the ids of these pass types, adding those that do not exist yet."""
    wanted = list(types)
    # Arrays travel as text, because unnest takes no ragged arrays.
    trainings = [None if one.trainings is None else "{" + ",".join(map(str, one.trainings)) + "}" for one in wanted]
    db.execute(
        """
        INSERT INTO pass_types (id, name, training_ids)
        SELECT id, name, trainings::uuid[] FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS new (id, name, trainings)
        ON CONFLICT DO NOTHING
        """,
        ([new_id() for _ in wanted], [one.name for one in wanted], trainings),
    )
    rows = db.execute(
        "SELECT name, training_ids, id FROM pass_types WHERE name = ANY(%s)", ([one.name for one in wanted],)
    )
    return {PassType(name, None if ids is None else tuple(sorted(ids))): id_ for name, ids, id_ in rows}


def add_members(db: Db, new: Iterable[NewMember]) -> None:
    """Add members in one COPY."""
    with (
        db.cursor() as cursor,
        cursor.copy("COPY members (id, key, name, email, password_hash, role) FROM STDIN") as copy,
    ):
        for one in new:
            copy.write_row((one.id, one.key, one.name, one.email, one.password_hash, one.role))


def add_passes(db: Db, new: Sequence[NewPass]) -> None:
    """Grant passes in one COPY, adding the pass types they need; each is full, as no session was taken from it yet."""
    types = pass_type_ids(db, {one.type for one in new})
    with (
        db.cursor() as cursor,
        cursor.copy("""
            COPY passes (id, key, pass_type_id, member_id, training_ids, active, sessions_granted, sessions_left,
                         expires_at) FROM STDIN
            """) as copy,
    ):
        for one in new:
            trainings = None if one.type.trainings is None else list(one.type.trainings)
            copy.write_row((
                one.id, one.key, types[one.type], one.member_id, trainings, one.active, one.sessions, one.sessions,
                one.expires_at,
            ))  # fmt: skip


def add_training_sessions(db: Db, new: Iterable[NewTrainingSession]) -> None:
    """Open sessions in one COPY; each row carries its opening facts and the receipt that vouches for them."""
    with (
        db.cursor() as cursor,
        cursor.copy("""
            COPY training_sessions (id, key, training_id, trainer_id, space_id, starts_at, lasts_minutes, capacity,
                cancelled, booking_opens_at, booking_deadline_minutes, cancellation_deadline_minutes,
                promotion_deadline_minutes, promotion_grace_minutes, waitlist_limit, free_cancelling_until,
                policies, opening, receipt, exclusive, series_id, occurrence) FROM STDIN
            """) as copy,
    ):
        for one in new:
            copy.write_row(_session_row(one))


def _session_row(new: NewTrainingSession) -> tuple[object, ...]:
    facts = new.training_session
    opening = plain_opening(facts)
    deadlines = (facts.booking_deadline, facts.cancellation_deadline, facts.promotion_deadline, facts.promotion_grace)
    return (
        facts.id,
        new.key,
        facts.training_id,
        facts.trainer_id,
        facts.space_id,
        facts.starts_at,
        facts.lasts_minutes,
        facts.capacity,
        facts.cancelled,
        facts.booking_opens_at,
        *(int(deadline.total_seconds()) // 60 for deadline in deadlines),
        facts.waitlist_limit,
        facts.free_cancelling_until,
        Jsonb(plain_policies(facts.policies)),
        Jsonb(opening),
        first_receipt(opening),
        new.exclusive,
        new.series_id,
        new.occurrence,
    )
