"""Celery's doors: read the ids, call one function, nothing else.

Every task swallows keywords it does not know, so that an old worker survives a newer publisher.
"""

from typing import Any
from uuid import UUID

from domain.ids import TrainingSessionId
from workers import history, offers, remind, series_ahead, sweep, turns
from workers.app import app
from workers.deliver import postroom
from workers.queues import QueueName
from workers.resources import heart, lane_pool, redis_client, worker_pool


@app.task(name="seatline.serve_session", queue=QueueName.SESSIONS)
def serve_session(*, training_session_id: str, **_newer: Any) -> None:
    """Apply the waiting commands of one session, and of those whose tokens come next."""
    turns.serve(lane_pool(), redis_client(), heart(), TrainingSessionId(UUID(training_session_id)))


@app.task(name="seatline.sweep", queue=QueueName.UPKEEP)
def sweep_lanes(**_newer: Any) -> None:
    """Give a token to every session that waits without one, and note how things are for the last hour's charts."""
    with heart().busy("sweep"):
        sweep.sweep(worker_pool(), redis_client())
        history.take_sample(worker_pool(), redis_client())


@app.task(name="seatline.expire_offers", queue=QueueName.UPKEEP)
def expire_offers(**_newer: Any) -> None:
    """Have offers ended that nobody accepted in time."""
    with heart().busy("expire offers"):
        offers.expire_offers(worker_pool(), redis_client())


@app.task(name="seatline.deliver_due", queue=QueueName.NOTIFICATIONS)
def deliver_due(**_newer: Any) -> None:
    """Deliver what is due."""
    with heart().busy("deliver"):
        postroom().deliver_due()


@app.task(name="seatline.remind", queue=QueueName.NOTIFICATIONS)
def remind_members(**_newer: Any) -> None:
    """Write the notices whose time has come: reminders, passes that expire soon."""
    with heart().busy("remind"):
        remind.remind(worker_pool(), redis_client())


@app.task(name="seatline.plan_ahead", queue=QueueName.UPKEEP)
def plan_series_ahead(**_newer: Any) -> None:
    """Plan series without an end a year ahead."""
    with heart().busy("plan"):
        series_ahead.plan_ahead(worker_pool())
