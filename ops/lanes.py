"""`seatline lanes`: which sessions have commands waiting, and whether a worker was called for them."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from redis import Redis
from rich.table import Table

from domain.ids import TrainingSessionId
from storage import journal
from storage.command_log import lanes_with_work
from storage.database import Db
from workers import flags
from workers.queues import QueueName, session_queue_name

COUNT_MAX = 10_000  # commands counted in one session; beyond, it is "at least so many"
LANES_SHOWN = 50  # on a terminal; JSON has them all


class TokenState(StrEnum):
    """What the lane's flags say; hints that may be lost, never the truth about commands."""

    ARMED = "armed"
    RERUN = "rerun"
    SERVING = "serving"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class LaneState:
    """One session with work. Ages are in seconds; `armed_seconds` says how long its token has waited."""

    training_session_id: TrainingSessionId
    waiting: int
    oldest_seconds: float
    queue_length: int
    tokens: tuple[TokenState, ...]
    armed_seconds: float | None


@dataclass(frozen=True, slots=True)
class Lanes:
    """All sessions with work, the longest waiting first, and the tokens that wait for a worker."""

    lanes: Sequence[LaneState]
    tokens_waiting: int
    deliveries_waiting: int

    @property
    def waiting(self) -> int:
        """How many commands wait, over all lanes."""
        return sum(lane.waiting for lane in self.lanes)

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest of them has waited."""
        return max((lane.oldest_seconds for lane in self.lanes), default=0.0)


def read_lanes(db: Db, redis: Redis) -> Lanes:
    """Read the lanes. Database and Redis are read one after the other, so a busy lane may look half done."""
    ages = {lane.training_session_id: lane.oldest_age_seconds for lane in lanes_with_work(db)}
    counts = journal.waiting_counts(db, list(ages), at_most=COUNT_MAX)
    lanes = [_lane(redis, id_, counts.get(id_, 0), age) for id_, age in ages.items()]
    return Lanes(
        sorted(lanes, key=lambda lane: -lane.oldest_seconds),
        int(redis.llen(QueueName.SESSIONS)),
        int(redis.llen(QueueName.NOTIFICATIONS)),
    )


def _lane(redis: Redis, id_: TrainingSessionId, waiting: int, age: float) -> LaneState:
    with redis.pipeline(transaction=False) as pipe:
        pipe.llen(session_queue_name(id_))
        pipe.get(flags.armed_key(id_))
        pipe.exists(flags.rerun_key(id_))
        pipe.exists(flags.serving_key(id_))
        queue_length, armed_at, rerun, serving = pipe.execute()
    found = {TokenState.ARMED: armed_at is not None, TokenState.RERUN: rerun, TokenState.SERVING: serving}
    tokens = tuple(state for state, there in found.items() if there) or (TokenState.NONE,)
    armed_seconds = None if armed_at is None else max(time.time() - int(armed_at) / 1000, 0.0)
    return LaneState(id_, waiting, age, int(queue_length), tokens, armed_seconds)


def plain_lanes(lanes: Lanes) -> str:
    """Return the lanes as one line of JSON."""
    return json.dumps({
        "lanes": [
            {
                "session_id": str(lane.training_session_id),
                "waiting": lane.waiting,
                "oldest_seconds": round(lane.oldest_seconds, 3),
                "queue_length": lane.queue_length,
                "tokens": [str(state) for state in lane.tokens],
                "armed_seconds": lane.armed_seconds and round(lane.armed_seconds, 3),
            }
            for lane in lanes.lanes
        ],
        "waiting": lanes.waiting,
        "oldest_seconds": round(lanes.oldest_seconds, 3),
        "tokens_waiting": lanes.tokens_waiting,
        "deliveries_waiting": lanes.deliveries_waiting,
    })  # fmt: skip


def lanes_table(lanes: Lanes) -> Table:
    """Return the lanes as a table for a terminal, with the totals below."""
    oldest = f"{lanes.oldest_seconds:.1f} s"
    totals = f"{lanes.waiting:,} commands wait in {len(lanes.lanes):,} sessions, the oldest for {oldest}; "
    totals += (
        f"{lanes.tokens_waiting:,} tokens and {lanes.deliveries_waiting:,} calls for deliveries wait for a worker."
    )
    table = Table("session", "waiting", "oldest", "queue", "token", caption=totals, caption_justify="left")
    for column in table.columns[1:4]:
        column.justify = "right"
    for lane in lanes.lanes[:LANES_SHOWN]:
        waiting = f"{lane.waiting:,}" + "+" * (lane.waiting == COUNT_MAX)
        states = ", ".join(
            f"armed {lane.armed_seconds:.1f} s" if state is TokenState.ARMED else str(state) for state in lane.tokens
        )
        age = f"{lane.oldest_seconds:.1f} s"
        table.add_row(str(lane.training_session_id), waiting, age, f"{lane.queue_length:,}", states)
    if len(lanes.lanes) > LANES_SHOWN:
        table.add_row(f"and {len(lanes.lanes) - LANES_SHOWN:,} more", "", "", "", "")
    return table
