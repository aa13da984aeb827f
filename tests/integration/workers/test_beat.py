"""Beat, which calls for what is due every few seconds."""

import pytest
from celery.beat import PersistentScheduler
from kombu.utils.imports import symbol_by_name

from workers.app import app


def test_beat_knows_what_is_due_and_keeps_no_file_that_could_be_torn() -> None:
    scheduler = symbol_by_name(app.conf.beat_scheduler)

    assert not issubclass(scheduler, PersistentScheduler)
    assert set(scheduler(app).schedule) >= {"sweep", "deliver", "remind", "plan"}


@pytest.mark.filterwarnings(
    "ignore::celery.exceptions.CDeprecationWarning"
)  # Celery reads it itself when it makes the tasks
def test_every_worker_knows_what_beat_calls_for() -> None:
    app.loader.import_default_modules()

    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
