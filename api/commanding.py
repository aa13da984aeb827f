"""Hand a command in, wait for its outcome if that is wished, and answer with what became of it."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import psycopg
from structlog import get_logger

from api.auth import caller, let_in
from api.backlog import come_again_seconds
from api.hub import Waiter
from api.models.commands import Command, CommandHeaders
from api.outcomes import read_outcome, seen_by
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.requests import preferred_wait
from api.services import Services
from domain.commands import Actor
from domain.commands import Command as AskedCommand
from domain.ids import CommandId, MemberId, TrainingSessionId
from domain.outcomes import CommandStatus, Refused
from domain.refusals import RefusalReason
from storage import command_log
from storage.command_codec import encode_command
from storage.command_log import Accepted, KeyReused, LoggedCommand, NewCommand
from storage.database import Db
from storage.identifiers import new_id
from storage.queries.bookings import MyBooking
from storage.queries.commands import CommandState
from workers import inbox

log = get_logger()

Accept = Callable[[Db, CommandId], Accepted]


@dataclass(frozen=True, slots=True)
class Given:
    """A command about to be handed in, with how it is to be taken; `as_staff` for the studio, not for oneself.

    `accept` is another door than the inbox, for a command that is accepted with more in the same transaction.
    """

    member_id: MemberId
    training_session_id: TrainingSessionId
    command: AskedCommand
    headers: CommandHeaders
    as_staff: bool = False
    accept: Accept | None = None


def give(services: Services, given: Given, *, done: int) -> tuple[Command, int, dict[str, str]]:
    """Accept the command and return it with the HTTP status and headers to answer with.

    The status is `done` when it has been applied, 202 while it waits. A refusal or a failure ends the request with a
    problem. A crash anywhere leaves the command accepted or not, never half: the same idempotency key finds it again.
    """
    services.allowances.take_command(given.member_id, caller().token_generation, as_staff=given.as_staff)
    seconds = preferred_wait(given.headers.prefer, seconds_max=services.settings.wait_seconds_max)
    wait_until = time.monotonic() + (seconds or 0)
    command_id = CommandId(new_id())
    with ExitStack() as stack:
        # Before the command is accepted, so that its outcome cannot come too early to be heard.
        waiter = stack.enter_context(services.hub.waiting_for(command_id)) if seconds else None
        if waiter is None and seconds:
            # As many wait in this process as may: a preference may go unheard (RFC 7240).
            seconds = None
        logged = _accept(services, given, command_id)
        if logged.id != command_id and seconds:
            waiter = stack.enter_context(services.hub.waiting_for(logged.id))
        state, booking = _settled_state(services, given, logged, waiter, wait_until)
    headers = {"Location": f"/v1/commands/{logged.id}"}
    if seconds is not None:
        headers["Preference-Applied"] = f"wait={seconds}"
    return _answer(Command.of(state, booking), state, headers, done=done)


def _answer(
    command: Command, state: CommandState, headers: dict[str, str], *, done: int
) -> tuple[Command, int, dict[str, str]]:
    match state.status:
        case CommandStatus.WAITING:
            return command, 202, headers
        case CommandStatus.APPLIED:
            return command, done, headers
        case CommandStatus.REFUSED:
            raise ProblemError(ProblemCode.REFUSED, headers=headers, reasons=state.reasons, command=command.plain())
        case CommandStatus.FAILED:
            raise ProblemError(ProblemCode.COMMAND_FAILED, headers=headers, command=command.plain())


def _accept(services: Services, given: Given, command_id: CommandId) -> LoggedCommand:
    actor, key = Actor(given.member_id, is_staff=given.as_staff), given.headers.idempotency_key
    generation = caller().token_generation
    accepted: Accepted | None
    new = NewCommand(command_id, given.training_session_id, actor, given.command, key, generation)
    # What staff ask for may be what brings the backlog down.
    if not given.as_staff and not services.backlog.takes(given.training_session_id):
        accepted = services.ask(lambda db: command_log.accepted_before(db, new))
    # Asked again with the same id when the connection broke, so it is accepted once.
    elif (accept := given.accept) is not None:
        accepted = services.ask(lambda db: accept(db, command_id))
    else:
        accepted = services.accept(new)
    match accepted:
        case None:
            raise ProblemError(ProblemCode.BACKLOG_FULL, headers={"Retry-After": str(come_again_seconds())})
        case Refused((RefusalReason.NOT_PERMITTED,)):
            let_in(caller())  # says why not
            return _accept(services, given, command_id)
        case Refused():
            raise ProblemError(ProblemCode.SESSION_NOT_FOUND)
        case KeyReused(first_id):
            raise ProblemError(ProblemCode.IDEMPOTENCY_KEY_REUSED, headers={"Location": f"/v1/commands/{first_id}"})
        case LoggedCommand(is_repeat=True) if accepted.id == command_id:
            # The first try was written after all, but its answer was lost before a worker was called.
            inbox.call_workers(services.redis, [accepted])
    return accepted


def _settled_state(
    services: Services, given: Given, logged: LoggedCommand, waiter: Waiter | None, wait_until: float
) -> tuple[CommandState, MyBooking | None]:
    """Return the command as it stands when its outcome is there or time is up."""
    kind, payload = encode_command(given.command)
    state = CommandState(logged.id, logged.seq, logged.training_session_id, kind, payload, logged.accepted_at)
    found = None
    try:
        if logged.is_repeat:
            found = services.ask_for_crowd(lambda db: read_outcome(db, logged.id, given.member_id))
        is_open = found is None or found[0].status is CommandStatus.WAITING
        if is_open and waiter is not None and _heard(services, waiter, wait_until):
            # Whoever woke us has read it for everybody of the batch, unless the database was away just then.
            found = None if waiter.outcome is None else seen_by(given.member_id, waiter.outcome)
            found = found or services.ask_for_crowd(lambda db: read_outcome(db, logged.id, given.member_id))
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        # It is accepted, and that is the truth that can still be told.
        log.warning("outcome cannot be read", command_id=str(logged.id), error=str(error))
    return found or (state, None)


def _heard(services: Services, waiter: Waiter, wait_until: float) -> bool:
    """Wait for the outcome; return whether it is there to be read."""
    with services.in_hand.laid_aside():
        return waiter.wait(max(wait_until - time.monotonic(), 0.0))
