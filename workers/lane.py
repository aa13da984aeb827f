"""Serve one session: apply its waiting commands in order, one transaction for each batch.

The row lock of the session is both the serialization and the fence. Redis only says that there is work: every
step here is safe if a flag is lost, a token is doubled or the process dies. docs/architecture.md walks through it.
"""

import time
from dataclasses import dataclass

import psycopg
from psycopg.errors import DeadlockDetected, ExclusionViolation, SerializationFailure
from psycopg_pool import ConnectionPool
from redis import Redis
from structlog import get_logger

from domain.ids import TrainingSessionId
from storage.database import Db
from workers import batch, flags, inbox, outcomes, publish
from workers.batch import CommittedBatch, LaneHeld, NothingWaits
from workers.hints import hint

SLICE_SECONDS = 0.25  # a hot session yields to the others after this long
BATCH_MAX = 250  # commands decided in one transaction
CROWD_MIN = 4  # commands in one batch that tell of a crowd: more are likely to come at once
GATHER_FACTOR = 2  # times the last batch's duration that a crowd's next commands gather
GATHER_SECONDS_MAX = 0.02  # and no longer than this
COLLISIONS_MAX = 5  # times a batch is run again after a deadlock or serialization failure

log = get_logger()


@dataclass(frozen=True, slots=True)
class Served:
    """What one turn did: how many commands it settled in how many batches; `held` if somebody else had the lane."""

    commands: int
    batches: int
    held: bool = False


def serve(pool: ConnectionPool[Db], redis: Redis, training_session_id: TrainingSessionId) -> Served:
    """Serve one session on a connection of the pool; see `serve_on`."""
    with pool.connection() as db:
        return serve_on(db, redis, training_session_id)


def serve_on(db: Db, redis: Redis, training_session_id: TrainingSessionId) -> Served:
    """Apply this session's waiting commands until there are none or the slice is used up.

    Between the batches of a crowd it lets commands gather, see `_gather`.
    Returns at once when another worker holds the session. Raises psycopg's errors when the database is away; then
    nothing of the current batch has happened, and the sweep will call again.
    """
    commands = batches = 0
    slice_ends = time.monotonic() + SLICE_SECONDS
    while True:
        began = time.monotonic()
        result = _apply_or_leave_a_note(db, redis, training_session_id)
        if isinstance(result, LaneHeld):
            return Served(commands, batches, held=True)
        if isinstance(result, NothingWaits):
            _leave_empty(redis, training_session_id)
            break
        rerun = _tell(redis, result)
        commands += len(result.settled)
        batches += 1
        now = time.monotonic()
        if now < slice_ends and (result.more or _gather(redis, training_session_id, result, seconds=now - began)):
            continue
        _hand_on(redis, training_session_id, result, rerun=rerun)
        break
    return Served(commands, batches)


def _apply_or_leave_a_note(
    db: Db, redis: Redis, training_session_id: TrainingSessionId
) -> CommittedBatch | NothingWaits | LaneHeld:
    """Apply one batch; where somebody else has the lane, leave them a note that a token was used up meanwhile.

    Then the lane is tried again: if it is still held, whoever holds it finds the note after releasing it.
    """
    result = _apply_whole_or_singly(db, redis, training_session_id)
    if isinstance(result, LaneHeld):
        with hint("say that a token is used up"):
            flags.token_used(redis, training_session_id)
        result = _apply_whole_or_singly(db, redis, training_session_id)
    return result


def _tell(redis: Redis, result: CommittedBatch) -> bool:
    """Do what follows the commit of a batch; return whether a token was used up while it had the lane."""
    rerun = False
    with hint("announce the outcomes"):
        rerun = outcomes.announce(redis, result)
    inbox.call_workers(redis, result.caused)
    return rerun


def _apply_whole_or_singly(
    db: Db, redis: Redis, training_session_id: TrainingSessionId
) -> CommittedBatch | NothingWaits | LaneHeld:
    """Apply a batch; a fault in it as a whole (a constraint, a bug) is narrowed down to the command that causes it."""
    fault = None
    for limit in (BATCH_MAX, 1):
        try:
            return _apply_despite_collisions(db, redis, training_session_id, limit=limit)
        except psycopg.OperationalError:
            raise
        except Exception as error:
            if db.closed:
                raise
            log.exception("batch failed", training_session_id=str(training_session_id), limit=limit)
            fault = f"{type(error).__name__}: {error}"
    return _apply_despite_collisions(db, redis, training_session_id, limit=1, fault=fault)


def _apply_despite_collisions(
    db: Db, redis: Redis, training_session_id: TrainingSessionId, *, limit: int, fault: str | None = None
) -> CommittedBatch | NothingWaits | LaneHeld:
    """Another session's batch may lock the same passes the other way round; one of the two runs again.

    So does a batch that moves its session to where another one has just been moved: then its facts say so.
    """
    for collisions_left in reversed(range(COLLISIONS_MAX)):
        try:
            return batch.apply(db, redis, training_session_id, limit=limit, fault=fault)
        except (DeadlockDetected, SerializationFailure, ExclusionViolation) as error:
            if not collisions_left:
                raise
            log.info("batch runs again", training_session_id=str(training_session_id), error=str(error))
    raise AssertionError("the last round returns or raises")


def _gather(redis: Redis, training_session_id: TrainingSessionId, last: CommittedBatch, *, seconds: float) -> bool:
    """Let a crowd's next commands gather, by how long the last batch took; return whether to look again then.

    A batch of thirty costs little more than one of three, so where processors are short everybody hears sooner
    (docs/adr/0022-a-crowd-gathers.md). Nobody gathers after a few commands, nor while another session waits.
    """
    if len(last.settled) < CROWD_MIN:
        return False
    with hint("let commands gather"):
        if flags.stand_in(redis, training_session_id):
            time.sleep(min(GATHER_FACTOR * seconds, GATHER_SECONDS_MAX))
            return True
    return False


def _hand_on(redis: Redis, training_session_id: TrainingSessionId, last: CommittedBatch, *, rerun: bool) -> None:
    """Leave the lane, its lock released: a token at the tail of the queue if there is, or may be, more to do."""
    with hint("hand the lane on"):
        if rerun:
            publish.token_anew(redis, training_session_id)
        elif last.more:
            armed_at = flags.arm(redis, training_session_id)
            if armed_at is not None:
                publish.token(redis, training_session_id, armed_at=armed_at)


def _leave_empty(redis: Redis, training_session_id: TrainingSessionId) -> None:
    """Leave a lane in which nothing waited, its lock released."""
    with hint("leave an empty lane"):
        if flags.leave_empty(redis, training_session_id):
            publish.token_anew(redis, training_session_id)
