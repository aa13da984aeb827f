"""One Celery task for each command, all in one queue, and a Redis lock for each session around the work.

Settings follow Celery's guides to tasks that may run twice: late acknowledgement, rejected when the process is lost, no
prefetching, no results. Order is that of the queue only as long as one process takes from it.
"""

import os
from uuid import UUID

from celery import Celery
from flask import Flask

from benchmarks.peers import mailbox
from benchmarks.peers.booking import settle
from benchmarks.peers.tables import CommandRow
from benchmarks.peers.web import Asked, Plain, accept, first_with_key, make_app, sessions

LOCK_SECONDS = 30  # after which the lock of a process that died is free
LOCK_LOOK_SECONDS = 0.005  # a tenth of a second, redis-py's own pace, would leave the hot session idle

app = Celery("celery_lock", broker=os.environ.get("SEATLINE_REDIS_URL"))
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
)


@app.task(name="settle")
def settle_command(command_id: str, session_id: str) -> None:
    """Settle one command under its session's lock; one that has its outcome stays as it is."""
    lock = mailbox.redis().lock(f"session:{session_id}", timeout=LOCK_SECONDS, sleep=LOCK_LOOK_SECONDS)
    with lock, sessions()() as db:
        command = db.get_one(CommandRow, UUID(command_id))
        caused = settle(db, command)
        db.commit()
    mailbox.put(command)
    for one in caused:
        settle_command.delay(str(one.id), str(one.training_session_id))


def hand_in(asked: Asked) -> Plain:
    """Accept the command, call a worker, and wait if the client does."""
    with sessions()() as db:
        command = accept(db, asked)
        db.commit()
        if command is None:
            command = first_with_key(db, asked)
    if command.status == "waiting":
        # Also for a repeated key: the process may have died between the commit and this line.
        settle_command.delay(str(command.id), str(command.training_session_id))
    return mailbox.wait_for(command, asked.wait_seconds)


def create_app() -> Flask:
    """Return the WSGI application."""
    return make_app(hand_in)
