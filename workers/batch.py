"""Apply one batch of a session's commands in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError
from redis import Redis
from structlog import get_logger

from domain.commands import AcceptedCommand, ChangesTheSession
from domain.decide import decide
from domain.facts import Facts, LineContinues, RosterNeeded
from domain.ids import TrainingSessionId
from domain.journal import Plain, entry_of, plain_outcome, receipt, witness
from domain.notices import Notice, notices_for
from domain.outcomes import Failed, Outcome
from domain.recorder import record
from storage.command_log import LoggedCommand, WaitingCommand, accept_reconsiderations, waiting_commands
from storage.database import Db
from storage.facts import BatchFacts, load_facts, load_more_of_the_line, load_roster
from storage.notices import WrittenNotice
from storage.outcomes import Settled, write_batch
from storage.session_rows import LockedSession, count_attempt, lock_training_session
from workers import flags
from workers.hints import hint

ATTEMPTS_MAX = 3  # times a command may take its process down with it before it is given up as failed

log = get_logger()


@dataclass(frozen=True, slots=True)
class CommittedBatch:
    """A committed batch (never empty): what was settled, how it left the session, what it caused elsewhere.

    `applied_at` is the database's clock. `more` says that other commands may still wait.
    """

    settled: Sequence[Settled]
    facts: Facts
    applied_at: datetime
    caused: Sequence[LoggedCommand]
    notices: Sequence[WrittenNotice]
    more: bool


@dataclass(frozen=True, slots=True)
class NothingWaits:
    """The lane was free and empty."""


@dataclass(frozen=True, slots=True)
class LaneHeld:
    """Somebody else is serving this session."""


def apply(
    db: Db, redis: Redis, training_session_id: TrainingSessionId, *, limit: int, fault: str | None = None
) -> CommittedBatch | NothingWaits | LaneHeld:
    """Settle up to `limit` waiting commands and commit.

    With a `fault` the first command is settled as failed for that reason, undecided. An exception leaves everything
    as it was.
    """
    for may_count in (True, False):
        with db.transaction():
            locked = lock_training_session(db, training_session_id)
            if locked is None:
                return LaneHeld()
            process_died = False
            with hint("clear the lane's flags"):
                process_died = flags.begin(redis, training_session_id, position=locked.position)
            if not (process_died and may_count):
                try:
                    return settle_locked(db, locked, limit=limit, fault=fault)
                finally:
                    # Before the commit gives the lock away: the next holder must not take us for dead.
                    with hint("say that the batch ended"):
                        flags.ended(redis, training_session_id)
            # Committed on its own, so that it counts even if this process dies too; then the lane is taken anew.
            count_attempt(db, training_session_id, careful=limit)
    raise AssertionError("the second round never counts an attempt")


def settle_locked(
    db: Db, locked: LockedSession, *, limit: int, fault: str | None = None
) -> CommittedBatch | NothingWaits:
    """Decide and write what waits, inside the transaction that holds the session's row; the caller commits."""
    if locked.careful_left:
        limit = 1
    waiting = waiting_commands(db, locked.training_session.id, limit)
    if not waiting:
        return NothingWaits()
    if locked.attempts >= ATTEMPTS_MAX and locked.attempted_command_id == waiting[0].id:
        fault = f"its process died {locked.attempts} times while it was applied"
    asked = _alone_if_it_changes_the_session([_read(command) for command in waiting])
    if fault is not None:
        asked[0] = Failed(fault)
    loaded = load_facts(db, locked, [one for one in asked if isinstance(one, AcceptedCommand)])
    settled: list[Settled] = []
    last_receipt = locked.receipt
    for command, one in zip(waiting, asked, strict=False):
        settled.append(_settle(db, loaded, command, one, last_receipt))
        last_receipt = settled[-1].receipt
    written = write_batch(db, loaded, settled)
    caused = accept_reconsiderations(db, written.refunded) if written.refunded else []
    more = len(waiting) == limit or len(settled) < len(waiting)
    return CommittedBatch(settled, loaded.facts, written.applied_at, caused, written.notices, more)


def _read(command: WaitingCommand) -> AcceptedCommand | Failed:
    try:
        return command.read()
    except (KeyError, ValidationError) as error:
        log.exception("command cannot be read", command_id=str(command.id))
        return Failed(f"the log's entry cannot be read: {error}")


def _alone_if_it_changes_the_session(asked: list[AcceptedCommand | Failed]) -> list[AcceptedCommand | Failed]:
    """Cut the batch so that a command that changes the session itself is the only one in its transaction."""
    for index, one in enumerate(asked):
        if isinstance(one, AcceptedCommand) and isinstance(one.command, ChangesTheSession):
            return asked[: max(index, 1)]
    return asked


def _settle(
    db: Db, loaded: BatchFacts, command: WaitingCommand, asked: AcceptedCommand | Failed, last_receipt: str
) -> Settled:
    """Decide one command, carry its outcome into the facts and write its entry into the chain of receipts."""
    facts = loaded.facts
    outcome = asked if isinstance(asked, Failed) else _decide(db, loaded, asked)
    seen: Plain = {}
    notices: tuple[Notice, ...] = ()
    if isinstance(asked, AcceptedCommand):
        seen = witness(facts, asked, outcome)
        record(facts, asked, outcome)
        notices = notices_for(facts, asked, outcome)
    else:
        facts.position += 1
    plain = plain_outcome(outcome)
    entry = entry_of(
        command_id=command.id,
        position=facts.position,
        actor=str(command.actor_id or "seatline"),
        kind=command.kind,
        payload=command.payload,
        accepted_at=command.accepted_at,
        outcome=plain,
        seen=seen,
    )
    return Settled(
        command=command,
        position=facts.position,
        outcome=outcome,
        plain_outcome=plain,
        witness=seen,
        receipt=receipt(last_receipt, entry),
        notices=notices,
    )


def _decide(db: Db, loaded: BatchFacts, accepted: AcceptedCommand) -> Outcome:
    """Decide by the facts at hand, loading more as long as the decision asks for it."""
    while True:
        try:
            return decide(loaded.facts, accepted)
        except LineContinues:
            load_more_of_the_line(db, loaded)
        except RosterNeeded:
            load_roster(db, loaded)
        except Exception as error:
            log.exception("command failed", command_id=str(accepted.id))
            return Failed(f"{type(error).__name__}: {error}")
