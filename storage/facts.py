"""Load what a batch is decided by: under the session's lock, and no more rows than the batch touches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from domain.commands import (
    AcceptedCommand,
    AcceptOffer,
    BookForMember,
    BookSeat,
    CancelBooking,
    CancelForMember,
    ExpireOffers,
    ReconsiderWaitlist,
    RescheduleSession,
)
from domain.facts import Booking, BookingStatus, Facts, Pass
from domain.ids import BookingId, MemberId, PassId
from domain.refusals import RefusalReason
from storage.database import Db
from storage.session_rows import LockedSession
from storage.taken import find_taken
from storage.upcoming import find_upcoming

LINE_CHUNK = 100  # waiters read at once when a batch frees more places than was foreseen
_BOOKING_COLUMNS = (
    "id, member_id, pass_id, status, position, booked_at, promoted_at, cancelled_at, skipped, offered_until"
)


@dataclass(slots=True)
class BatchFacts:
    """The facts of one batch, and beside them the bookings and passes as they were loaded.

    `reminder_leads` are the durations before a start at which this studio reminds its members. `to_write` says that
    the passes are locked as they are read, because the batch may change them.
    """

    facts: Facts
    starts_at_was: datetime
    reminder_leads: tuple[timedelta, ...] = ()
    to_write: bool = True
    loaded_bookings: dict[BookingId, Booking] = field(default_factory=dict)
    loaded_passes: dict[PassId, Pass] = field(default_factory=dict)


def load_facts(db: Db, locked: LockedSession, batch: Sequence[AcceptedCommand], *, to_write: bool = True) -> BatchFacts:
    """Load what this batch touches and lock its passes, in two statements whatever the batch's size.

    What is not `to_write` is only read, and locks nothing.
    """
    facts = Facts(
        training_session=locked.training_session,
        position=locked.position,
        booked=locked.booked,
        waiting=locked.waiting,
        skipped=locked.skipped,
    )
    loaded = BatchFacts(facts, locked.training_session.starts_at, locked.reminder_leads, to_write=to_write)
    if locked.exclusive and batch and isinstance(batch[0].command, RescheduleSession):
        # Such a command is alone in its batch.
        facts.taken = find_taken(db, locked.training_session.id, batch[0].command)
    wanted = _wanted_by(batch)
    # Each cancellation may free a place; without one nobody is promoted and the line need not be read.
    line_limit = min(len(wanted.bookings), locked.waiting)
    session_id = locked.training_session.id
    rows = db.execute(
        f"""
        (SELECT {_BOOKING_COLUMNS}, false FROM bookings
          WHERE training_session_id = %(session)s AND member_id = ANY(%(members)s) AND status <> 'cancelled')
        UNION ALL
        (SELECT {_BOOKING_COLUMNS}, false FROM bookings
          WHERE id = ANY(%(bookings)s) AND training_session_id = %(session)s)
        UNION ALL
        (SELECT {_BOOKING_COLUMNS}, false FROM bookings
          WHERE pass_id = ANY(%(reconsidered)s) AND skipped IS NOT NULL AND training_session_id = %(session)s)
        UNION ALL
        (SELECT {_BOOKING_COLUMNS}, false FROM bookings
          WHERE status = 'offered' AND offered_until <= %(offers_until)s AND training_session_id = %(session)s)
        UNION ALL
        (SELECT {_BOOKING_COLUMNS}, true FROM bookings
          WHERE training_session_id = %(session)s AND status = 'waitlisted' AND skipped IS NULL
          ORDER BY position LIMIT %(line)s)
        """,  # noqa: S608 - the columns are a constant
        {
            "session": session_id,
            "members": wanted.members,
            "bookings": wanted.bookings,
            "reconsidered": wanted.reconsidered,
            "offers_until": wanted.offers_until,
            "line": line_limit,
        },
    ).fetchall()
    _add_bookings(loaded, (row[:-1] for row in rows))
    in_line = [row[4] for row in rows if row[-1]]
    facts.line_known_to = _known_to(locked.waiting, len(in_line), in_line[-1] if in_line else 0)
    if locked.training_session.policies.upcoming_limit is not None:
        facts.upcoming = find_upcoming(db, locked.training_session, _booking_members(batch), to_lock=to_write)
    _lock_passes(db, loaded, [*wanted.passes, *(booking.pass_id for booking in loaded.loaded_bookings.values())])
    return loaded


def load_more_of_the_line(db: Db, loaded: BatchFacts) -> None:
    """Load the next chunk of those who wait, with their passes locked."""
    facts = loaded.facts
    rows = db.execute(
        f"""
        SELECT {_BOOKING_COLUMNS} FROM bookings
         WHERE training_session_id = %s AND status = 'waitlisted' AND skipped IS NULL AND position > %s
         ORDER BY position LIMIT %s
        """,  # noqa: S608
        (facts.training_session.id, facts.line_known_to, LINE_CHUNK),
    ).fetchall()
    _add_bookings(loaded, rows)
    facts.line_known_to = rows[-1][4] if len(rows) == LINE_CHUNK else None
    _lock_passes(db, loaded, (PassId(row[2]) for row in rows))


def load_roster(db: Db, loaded: BatchFacts) -> None:
    """Load every live booking of the session, with the passes that may be refunded or charged."""
    facts = loaded.facts
    rows = db.execute(
        f"SELECT {_BOOKING_COLUMNS} FROM bookings WHERE training_session_id = %s AND status <> 'cancelled'",  # noqa: S608
        (facts.training_session.id,),
    ).fetchall()
    _add_bookings(loaded, rows)
    facts.roster_known = True
    facts.line_known_to = None
    _lock_passes(db, loaded, (PassId(row[2]) for row in rows))


def load_head_of_roster(db: Db, loaded: BatchFacts, *, limit: int) -> None:
    """Load so many with a place, and so many in line, and take them for the roster: the session's row counts all."""
    facts = loaded.facts
    rows = db.execute(
        f"""
        (SELECT {_BOOKING_COLUMNS} FROM bookings
          WHERE training_session_id = %(session)s AND status IN ('confirmed', 'offered')
          ORDER BY position LIMIT %(limit)s)
        UNION ALL
        (SELECT {_BOOKING_COLUMNS} FROM bookings
          WHERE training_session_id = %(session)s AND status = 'waitlisted' AND skipped IS NULL
          ORDER BY position LIMIT %(limit)s)
        """,  # noqa: S608
        {"session": facts.training_session.id, "limit": limit},
    ).fetchall()
    _add_bookings(loaded, rows)
    facts.roster_known = True
    facts.line_known_to = _known_to(facts.waiting, len(facts.line), facts.line[-1][0] if facts.line else 0)
    _lock_passes(db, loaded, (PassId(row[2]) for row in rows))


def _booking_members(batch: Iterable[AcceptedCommand]) -> dict[MemberId, datetime]:
    """Return who books for themselves, each with the first moment at which they do."""
    members: dict[MemberId, datetime] = {}
    for accepted in batch:
        if isinstance(accepted.command, BookSeat) and accepted.actor.member_id is not None:
            first = members.get(accepted.actor.member_id, accepted.accepted_at)
            members[accepted.actor.member_id] = min(first, accepted.accepted_at)
    return members


@dataclass(slots=True)
class _Wanted:
    members: list[MemberId] = field(default_factory=list)
    bookings: list[BookingId] = field(default_factory=list)
    passes: list[PassId] = field(default_factory=list)
    reconsidered: list[PassId] = field(default_factory=list)
    offers_until: datetime | None = None


def _wanted_by(batch: Iterable[AcceptedCommand]) -> _Wanted:
    wanted = _Wanted()
    for accepted in batch:
        match accepted.command:
            case BookSeat(pass_id):
                if accepted.actor.member_id is not None:
                    wanted.members.append(accepted.actor.member_id)
                wanted.passes.append(pass_id)
            case BookForMember(member_id, pass_id):
                wanted.members.append(member_id)
                wanted.passes.append(pass_id)
            case ExpireOffers():
                wanted.offers_until = accepted.accepted_at
            case CancelBooking(booking_id) | CancelForMember(booking_id) | AcceptOffer(booking_id):
                wanted.bookings.append(booking_id)
            case ReconsiderWaitlist(pass_id):
                wanted.passes.append(pass_id)
                wanted.reconsidered.append(pass_id)
            case _:
                # Commands that change the session ask for the whole roster when they need it.
                pass
    return wanted


def _known_to(waiting: int, loaded: int, last_position: int) -> int | None:
    """Up to where the line is known: wholly (None), or to the last position that was loaded (0 for nothing)."""
    return None if loaded >= waiting else last_position


def _add_bookings(loaded: BatchFacts, rows: Iterable[Sequence[Any]]) -> None:
    for row in rows:
        booking = _booking_from(row)
        if booking.id not in loaded.facts.bookings:
            loaded.loaded_bookings[booking.id] = booking
            loaded.facts.add_booking(booking)


def _lock_passes(db: Db, loaded: BatchFacts, pass_ids: Iterable[PassId]) -> None:
    """Read these passes in one statement, locked in `id` order, so that two batches seldom wait crosswise."""
    missing = list({id_ for id_ in pass_ids if id_ not in loaded.facts.passes})
    if not missing:
        return
    rows = db.execute(
        f"""
        SELECT id, member_id, active, sessions_left, expires_at, training_ids
          FROM passes WHERE id = ANY(%s) ORDER BY id {"FOR NO KEY UPDATE" if loaded.to_write else ""}
        """,  # noqa: S608
        (missing,),
    )
    for id_, member_id, active, sessions_left, expires_at, training_ids in rows:
        trainings = None if training_ids is None else frozenset(training_ids)
        pass_ = Pass(id_, member_id, active, sessions_left, expires_at, trainings)
        loaded.loaded_passes[id_] = pass_
        loaded.facts.passes[id_] = pass_


def _booking_from(row: Sequence[Any]) -> Booking:
    id_, member_id, pass_id, status, position, booked_at, promoted_at, cancelled_at, skipped, offered_until = row
    return Booking(
        id_,
        member_id,
        pass_id,
        BookingStatus(status),
        position,
        booked_at,
        promoted_at,
        cancelled_at,
        tuple(RefusalReason(reason) for reason in skipped) if skipped else (),
        offered_until,
    )
