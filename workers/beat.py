"""Beat's scheduler: by a clock that nobody sets, publishing nothing that expires by the clock of another machine."""

import time
from typing import Any

from celery.beat import Scheduler as CelerysScheduler
from celery.schedules import schedstate

from workers.resources import redis_client

WAITING_MAX = 10  # messages in a queue; where so many wait, beat adds none


class Scheduler(CelerysScheduler):
    """Asks for each thing every so many seconds, kept in memory.

    Celery's own goes by the machine's clock: set back by an hour it stops for an hour. And its way to keep old messages
    from piling up while no worker runs is to let them expire, which a worker decides by its own clock: on machines some
    seconds apart, all of them.
    """

    def _when(self, _entry: Any, next_time_to_run: float, **_: Any) -> float:
        """Return when, by the monotonic clock, an entry comes that is due in so many seconds."""
        return time.monotonic() + next_time_to_run

    def is_due(self, entry: Any) -> schedstate:
        """Say that it is, and when it is again: whoever asks has waited until `_when`."""
        return schedstate(is_due=True, next=entry.schedule.seconds)

    def apply_async(self, entry: Any, *arguments: Any, **options: Any) -> Any:
        """Publish the entry's message, unless its queue is full of messages; return None then."""
        if int(redis_client().llen(entry.options["queue"])) >= WAITING_MAX:
            return None
        return super().apply_async(entry, *arguments, **options)
