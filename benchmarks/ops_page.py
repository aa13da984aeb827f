"""What one view of the operators' page costs the database, beside a long backlog and a long history.

Fills a scratch database with 1,000,000 settled commands and 20,000 that wait in 1,000 sessions, then asks what the
page asks, as its operation does, and prints each statement's time by the database's own clock:

    .venv/bin/python -m benchmarks.ops_page
"""

import statistics
import time

import click

from benchmarks.bulk import Bulk, bulk_studio, scratch_database
from storage.database import API_TIMEOUTS, Db, connect
from storage.queries.backlog import limits_of, look_at_backlog
from storage.queries.health import oldest_due_seconds, open_deliveries
from storage.queries.waiting import waiting_now
from storage.settings import settings

ROUNDS = 50

FILL = """
INSERT INTO commands (id, training_session_id, actor_id, kind, payload, status, position, outcome, witness, receipt,
                      accepted_at, applied_at)
SELECT gen_random_uuid(), session.id, NULL, 'book_seat', '{{}}', 'applied', n, '{{}}', '{{}}', '',
       now() - interval '1 day', now() - interval '1 day'
  FROM (SELECT id FROM training_sessions ORDER BY id) AS session
 CROSS JOIN generate_series(1, {settled}) AS n;

INSERT INTO commands (id, training_session_id, actor_id, kind, payload)
SELECT gen_random_uuid(), session.id, NULL, 'book_seat', '{{}}'
  FROM generate_series(1, {waiting}) AS n
 CROSS JOIN (SELECT id FROM training_sessions ORDER BY id) AS session;

INSERT INTO notices (number, cause, member_id, pass_id, kind, details, created_at)
SELECT n, gen_random_uuid(), pass.member_id, pass.id, 'pass_expiring', '{{}}', now()
  FROM generate_series(1, {open}) AS n CROSS JOIN (SELECT id, member_id FROM passes LIMIT 1) AS pass;
INSERT INTO deliveries (notice_id, kind, channel, address, status, due_at)
SELECT id, kind, 'email', '', 'due', now() FROM notices;
"""


def fill(bulk: Bulk, *, sessions: int, settled: int, waiting: int, open_: int) -> None:
    """Fill the database, and bring its statistics up to date."""
    bulk.members(1)
    bulk.sessions(sessions, capacity=10)
    bulk.db.execute("SET session_replication_role = replica")  # no triggers, which count what is booked
    bulk.db.execute(FILL.format(settled=settled // sessions, waiting=waiting // sessions, open=open_))
    bulk.settle_statistics()


def backlog(db: Db) -> None:
    """Ask whether members are turned away."""
    look_at_backlog(db, limits_of(settings()))


def view(db: Db) -> None:
    """Ask what the page asks."""
    waiting_now(db)
    backlog(db)
    open_deliveries(db)
    oldest_due_seconds(db)


@click.command()
@click.option("--sessions", default=1_000, show_default=True)
@click.option("--settled", default=1_000_000, show_default=True)
@click.option("--waiting", default=20_000, show_default=True)
@click.option("--open-deliveries", "open_", default=5_000, show_default=True)
def main(sessions: int, settled: int, waiting: int, open_: int) -> None:
    """Measure a view of the operators' page."""
    with scratch_database(settings().database_url) as url:
        with bulk_studio(url) as bulk:
            fill(bulk, sessions=sessions, settled=settled, waiting=waiting, open_=open_)
        with connect(url, API_TIMEOUTS) as db:
            found = waiting_now(db)
            click.echo(f"{found.commands:,} commands wait in {found.sessions:,} sessions")
            for name, ask in (
                ("what waits", waiting_now),
                ("whether it is too much", backlog),
                ("deliveries open", open_deliveries),
                ("deliveries late", oldest_due_seconds),
                ("the whole view", view),
            ):
                times = []
                for _ in range(ROUNDS):
                    began = time.perf_counter()
                    ask(db)
                    times.append(1000 * (time.perf_counter() - began))
                click.echo(f"{name}: median {statistics.median(times):.1f} ms, at most {max(times):.1f} ms")


if __name__ == "__main__":
    main()
