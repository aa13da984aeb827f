"""What became of commands, with the bookings they make or end: read for one, or for all who are woken by one batch."""

from collections.abc import Collection
from dataclasses import replace

from domain.ids import CommandId, MemberId
from domain.outcomes import CommandStatus
from storage.database import Db
from storage.queries.bookings import MyBooking, find_bookings
from storage.queries.commands import CommandState, count_ahead, find_command, find_commands

Outcome = tuple[CommandState, MyBooking | None]
"""A command and the booking it speaks of; None also where that is nobody's to see."""


def read_outcome(db: Db, command_id: CommandId, member_id: MemberId) -> Outcome | None:
    """Return this member's command as they may see it, with its booking; None when they gave no such command."""
    state = find_command(db, command_id, member_id)
    if state is None:
        return None
    if state.status is CommandStatus.WAITING:
        return replace(state, ahead=count_ahead(db, state.training_session_id, state.seq)), None
    return seen_by(member_id, _with_bookings(db, [state])[state.id])


def read_outcomes(db: Db, command_ids: Collection[CommandId]) -> dict[CommandId, Outcome]:
    """Return those of these commands that are settled, whoever gave them, in two statements for all."""
    states = [state for state in find_commands(db, command_ids) if state.status is not CommandStatus.WAITING]
    return _with_bookings(db, states)


def seen_by(member_id: MemberId, outcome: Outcome) -> Outcome:
    """Return the outcome as whoever gave the command may see it.

    A booking may be another's where it was made or ended as staff; a cancellation that was refused may name one.
    """
    state, booking = outcome
    may_see = booking is not None and (booking.booking.member_id == member_id or state.as_staff)
    return state, booking if may_see else None


def _with_bookings(db: Db, states: Collection[CommandState]) -> dict[CommandId, Outcome]:
    wanted = [state.booking_id for state in states if state.booking_id is not None]
    bookings = find_bookings(db, wanted) if wanted else {}
    return {state.id: (state, bookings.get(state.booking_id) if state.booking_id else None) for state in states}
