"""What happens around the processes that a worker forks."""

import gc

from celery.signals import worker_before_create_process

from workers import tasks


def test_what_is_loaded_before_the_fork_is_kept_out_of_the_garbage_collector() -> None:
    before = gc.get_freeze_count()
    try:
        worker_before_create_process.send(sender=tasks)

        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
