"""Beat, which calls for what is due every few seconds."""

from celery.beat import PersistentScheduler
from kombu.utils.imports import symbol_by_name

from workers.app import app


def test_beat_knows_what_is_due_and_keeps_no_file_that_could_be_torn() -> None:
    scheduler = symbol_by_name(app.conf.beat_scheduler)

    assert not issubclass(scheduler, PersistentScheduler)
    assert set(scheduler(app).schedule) >= {"sweep", "deliver", "remind", "plan"}
