"""One procrastinate job for each command, with the session as the job's lock: Postgres is the queue.

The command and its job are written in one transaction. Of the jobs with one lock procrastinate runs one at a time, in
the order in which they were deferred. Jobs of a worker that died are found by its heartbeat and run again, as its guide
says.

Run as `python -m benchmarks.peers.procrastinate_lock` it is one worker process.
"""

import os
from uuid import UUID

from flask import Flask
from procrastinate import App, JobContext, PsycopgConnector
from sqlalchemy.orm import Session

from benchmarks.peers import mailbox
from benchmarks.peers.booking import settle
from benchmarks.peers.tables import CommandRow
from benchmarks.peers.web import Asked, Plain, accept, first_with_key, make_app, sessions

JOBS_AT_ONCE = 4  # in each process; it waits for the database most of the time
# Nobody is told when a job whose lock was held may run; at the usual five seconds a hot session stands still between.
LOOK_EVERY_SECONDS = 0.05

app = App(connector=PsycopgConnector(conninfo=os.environ.get("SEATLINE_DATABASE_URL", "")))


@app.task(name="settle")
def settle_command(command_id: str) -> None:
    """Settle one command; one that has its outcome stays as it is."""
    with sessions()() as db:
        command = db.get_one(CommandRow, UUID(command_id))
        for one in settle(db, command):
            db.flush()
            _defer(db, one)
        db.commit()
    mailbox.put(command)


@app.periodic(cron="* * * * *")
@app.task(name="retry_stalled", queueing_lock="retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 - procrastinate hands it over
    """Run again what a dead worker left."""
    for job in await context.app.job_manager.get_stalled_jobs():
        await context.app.job_manager.retry_job(job)


def hand_in(asked: Asked) -> Plain:
    """Accept the command together with its job, and wait if the client does."""
    with sessions()() as db:
        command = accept(db, asked)
        if command is None:
            command = first_with_key(db, asked)
        else:
            _defer(db, command)
            db.commit()
    return mailbox.wait_for(command, asked.wait_seconds)


def _defer(db: Session, command: CommandRow) -> None:
    """Write the job by the connection that wrote the command."""
    own = db.connection().connection.driver_connection
    session_id = str(command.training_session_id)
    settle_command.configure(lock=session_id, connection=own).defer(command_id=str(command.id))


def create_app() -> Flask:
    """Return the WSGI application."""
    return make_app(hand_in)


if __name__ == "__main__":
    app.run_worker(
        concurrency=JOBS_AT_ONCE, fetch_job_polling_interval=LOOK_EVERY_SECONDS, delete_jobs="always", wait=True
    )
