"""Tell the world what a committed batch brought: whoever waits, the metrics, the delivery workers.

All of it travels in one round trip to Redis and may be lost: who waits asks the database again after a while.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson
from redis import Redis

from domain.events import CapacityChanged, Event, SessionCancelled, SessionRescheduled, SessionUpdated
from domain.facts import Facts
from domain.ids import MemberId
from domain.outcomes import Applied, Refused
from storage.notices import WrittenNotice
from storage.outcomes import Settled
from workers import flags, publish
from workers.batch import CommittedBatch
from workers.metrics import BATCH_SIZE_BUCKETS, COUNTERS, LATENCY_BUCKETS, Counts
from workers.queues import session_queue_name

CHANNEL = "seatline:outcomes"
"""The one pub/sub channel. A message is JSON: what `message_of` makes of a batch, or `applied_at` with what was told
without one, `notices` or an `inbox`."""

NOTIFY_ARMED = "notify:armed"
NOTIFY_ARMED_SECONDS = 10  # a delivery token that got lost is missed no longer than this

_CHANGES_THE_SESSION = CapacityChanged | SessionRescheduled | SessionUpdated | SessionCancelled
"""Events about no booking; every other one changes the booking that it names."""


def announce(redis: Redis, result: CommittedBatch) -> bool:
    """Trim the session's queue, push the outcomes, count them, and call a worker for the deliveries.

    Returns whether a token of the session was used up while the batch had the lane; see `flags.take_rerun`.
    """
    training_session_id = result.facts.training_session.id
    with redis.pipeline(transaction=False) as pipe:
        flags.take_rerun(pipe, training_session_id)
        pipe.rpop(session_queue_name(training_session_id), len(result.settled))
        pipe.publish(CHANNEL, orjson.dumps(message_of(result)))
        for field, count in _counts_of(result).items():
            pipe.hincrby(COUNTERS, field, count)
        if result.notices:
            pipe.set(NOTIFY_ARMED, flags.now_milliseconds(), nx=True, ex=NOTIFY_ARMED_SECONDS)
        answers = pipe.execute()
    if result.notices and answers[-1]:
        publish.delivery_token(redis)
    return answers[0] is not None


def announce_notices(redis: Redis, notices: Sequence[WrittenNotice]) -> None:
    """Tell of notices that no batch of commands wrote: push them, and call a worker for the deliveries.

    May be lost like everything else here: beat calls for deliveries anyway.
    """
    if not notices:
        return
    message = {"applied_at": notices[0].created_at.isoformat(), "notices": [notice_state(one) for one in notices]}
    with redis.pipeline(transaction=False) as pipe:
        pipe.publish(CHANNEL, orjson.dumps(message))
        pipe.set(NOTIFY_ARMED, flags.now_milliseconds(), nx=True, ex=NOTIFY_ARMED_SECONDS)
        _, armed = pipe.execute()
    if armed:
        publish.delivery_token(redis)


def call_for_deliveries(redis: Redis) -> None:
    """Call a worker for the deliveries, unless one is called already. May be lost like everything else here."""
    if redis.set(NOTIFY_ARMED, flags.now_milliseconds(), nx=True, ex=NOTIFY_ARMED_SECONDS):
        publish.delivery_token(redis)


def announce_inbox(redis: Redis, member_id: MemberId, *, unread: int, at: datetime) -> None:
    """Tell a member's other tabs and devices how much is unread since `at`. May be lost like everything else here."""
    message = {"applied_at": at.isoformat(), "inbox": {"member_id": str(member_id), "unread": unread}}
    redis.publish(CHANNEL, orjson.dumps(message))


def message_of(result: CommittedBatch) -> dict[str, Any]:
    """Return a batch as those who wait and watch need it: states rather than changes, so a lost one does no harm."""
    return {
        "applied_at": result.applied_at.isoformat(),
        "session": session_state(result.facts),
        "commands": [_command_state(one) for one in result.settled],
        "bookings": list(_booking_states(result)),
        "notices": [notice_state(notice) for notice in result.notices],
    }


def session_state(facts: Facts) -> dict[str, Any]:
    """Return the session's counts as the API shows them."""
    training_session = facts.training_session
    return {
        "id": str(training_session.id),
        "status": "cancelled" if training_session.cancelled else "scheduled",
        "starts_at": training_session.starts_at.isoformat(),
        "capacity": training_session.capacity,
        "booked": facts.booked,
        "spots_left": max(training_session.capacity - facts.booked, 0),
        "waitlisted": facts.waiting + facts.skipped,
        "position": facts.position,
    }


def notice_state(notice: WrittenNotice) -> dict[str, Any]:
    """Return a notice as event streams tell it; what it says is read from the inbox."""
    return {
        "id": notice.id,
        "member_id": str(notice.member_id),
        "kind": notice.kind,
        "booking_id": None if notice.booking_id is None else str(notice.booking_id),
        "pass_id": None if notice.pass_id is None else str(notice.pass_id),
        "created_at": notice.created_at.isoformat(),
    }


def _command_state(one: Settled) -> dict[str, Any]:
    return {
        "id": str(one.command.id),
        "session_id": str(one.command.training_session_id),
        "actor_id": None if one.command.actor_id is None else str(one.command.actor_id),
        "kind": one.command.kind,
        "status": one.plain_outcome["status"],
        "position": one.position,
        "reasons": one.plain_outcome.get("reasons", []),
    }


def _booking_states(result: CommittedBatch) -> Iterator[dict[str, Any]]:
    """Yield the state of each booking that the batch changed, once."""
    changed = {event.booking_id for event in _events(result.settled) if not isinstance(event, _CHANGES_THE_SESSION)}
    for booking_id in changed:
        booking = result.facts.bookings[booking_id]
        yield {
            "id": str(booking.id),
            "session_id": str(result.facts.training_session.id),
            "member_id": str(booking.member_id),
            "status": str(booking.status),
            "skipped": [str(reason) for reason in booking.skipped],
        }


def _counts_of(result: CommittedBatch) -> Counts:
    counts = Counts()
    counts.observe("batch_size", BATCH_SIZE_BUCKETS, [len(result.settled)])
    counts.observe("applied_seconds", LATENCY_BUCKETS, _waited(result.settled, result.applied_at))
    for one in result.settled:
        counts[f"settled:{one.plain_outcome['status']}"] += 1
        if isinstance(one.outcome, Refused):
            counts.update(f"refused:{reason}" for reason in one.outcome.reasons)
    return counts


def _waited(settled: Iterable[Settled], applied_at: datetime) -> Iterator[float]:
    for one in settled:
        yield (applied_at - one.command.accepted_at).total_seconds()


def _events(settled: Iterable[Settled]) -> Iterator[Event]:
    for one in settled:
        if isinstance(one.outcome, Applied):
            yield from one.outcome.events
