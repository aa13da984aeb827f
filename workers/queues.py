"""The names of the Celery queues, and the one right way to name a session's own queue."""

from enum import StrEnum

from kombu import Exchange, Queue

from domain.ids import TrainingSessionId

DIRECT = Exchange("")
SESSION_QUEUE_PREFIX = "session."


class QueueName(StrEnum):
    """The queues every worker consumes. A session's own queue is read only by a worker pinned to it."""

    SESSIONS = "sessions"
    NOTIFICATIONS = "notifications"
    UPKEEP = "upkeep"


TASK_QUEUES = tuple(Queue(str(name), DIRECT, routing_key=str(name)) for name in QueueName)


def session_queue_name(training_session_id: TrainingSessionId) -> str:
    """Return the name of the session's queue, which is also its key in Redis."""
    return f"{SESSION_QUEUE_PREFIX}{training_session_id}"


def session_queue(training_session_id: TrainingSessionId) -> Queue:
    """Return the session's queue for a worker that is pinned to it.

    Bound to the default exchange it leaves no binding key in Redis.
    """
    name = session_queue_name(training_session_id)
    return Queue(name, DIRECT, routing_key=name)
