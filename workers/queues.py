"""The names of the Celery queues, and the one right way to name a session's own."""

from enum import StrEnum

from domain.ids import TrainingSessionId

SESSION_QUEUE_PREFIX = "session."


class QueueName(StrEnum):
    """The queues every worker consumes. A session's own queue is read only by a worker pinned to it."""

    SESSIONS = "sessions"
    NOTIFICATIONS = "notifications"
    UPKEEP = "upkeep"


def session_queue_name(training_session_id: TrainingSessionId) -> str:
    """Return the name of the session's queue, which is also its key in Redis."""
    return f"{SESSION_QUEUE_PREFIX}{training_session_id}"
