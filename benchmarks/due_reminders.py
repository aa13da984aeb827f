"""What finding, relaying and claiming 100,000 due reminders reads, by Postgres' own counters.

Fills a scratch database with 300,000 bookings: 100,000 confirmed ones of tomorrow's sessions whose reminder is due, as
many confirmed ones whose is not, and as many that wait or are cancelled. Beside 200,000 e-mails sent earlier there are
50,000 that are to be tried again in an hour. Then, as the workers do it:

    .venv/bin/python -m benchmarks.due_reminders

Each step is told with what it read in every table: rows found through indexes and rows of sequential scans, and of each
index the entries, dead ones too. Then the same statements look once more: what they read then they read for nothing.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from redis import Redis

from benchmarks.bulk import Bulk, bulk_studio, scratch_database
from benchmarks.query_plans import explained
from domain.channels import Channel
from storage.database import WORKER_TIMEOUTS, connect, open_pool
from storage.deliveries import claim_due
from storage.notices import relay
from storage.reminders import claim_due_bookings
from storage.settings import settings
from workers import remind
from workers.resources import redis_client

CAPACITY = 10  # confirmed in each session; half as many again wait
RELAY_MAX = 500
CLAIM_MAX = 100
LEASE_SECONDS = 3600.0

FILL = """
CREATE TEMP TABLE who AS SELECT row_number() OVER () AS n, member_id, id AS pass_id FROM passes;
CREATE UNIQUE INDEX ON who (n);

-- Tomorrow's sessions, whose reminder was due within the last half hour; the others are later.
UPDATE training_sessions SET starts_at = now() + interval '1 day' - random() * interval '30 minutes'
 WHERE id IN (SELECT id FROM training_sessions ORDER BY id LIMIT (SELECT count(*) / 3 FROM training_sessions));

CREATE TEMP TABLE made AS
SELECT gen_random_uuid() AS id, session.id AS session_id, session.starts_at, who.member_id, who.pass_id,
       seat AS position,
       CASE WHEN session.n <= 2 * session.sessions / 3 THEN 'confirmed' WHEN seat % 2 = 0 THEN 'waitlisted'
            ELSE 'cancelled' END AS status
  FROM (SELECT id, starts_at, row_number() OVER (ORDER BY starts_at) AS n, count(*) OVER () AS sessions
          FROM training_sessions) AS session
 CROSS JOIN generate_series(1, {capacity}) AS seat
  JOIN who ON who.n = 1 + (session.n * 7 + seat) % (SELECT count(*) FROM who);

INSERT INTO commands (id, training_session_id, actor_id, kind, payload, status, position, outcome, witness, receipt,
                      accepted_at, applied_at)
SELECT id, session_id, member_id, 'book_seat', jsonb_build_object('pass_id', pass_id), 'applied', position, '{{}}',
       '{{}}', '', now() - interval '3 days', now() - interval '3 days'
  FROM made;

INSERT INTO bookings (id, training_session_id, member_id, pass_id, status, position, starts_at, booked_at,
                      cancelled_at, changed_at, remind_at)
SELECT id, session_id, member_id, pass_id, status, position, starts_at, now() - interval '3 days',
       CASE WHEN status = 'cancelled' THEN now() END, now() - interval '3 days',
       CASE WHEN status <> 'confirmed' THEN now() - interval '1 day'
            WHEN starts_at <= now() + interval '1 day' THEN starts_at - interval '1 day'
            ELSE starts_at - interval '50 hours' END
  FROM made ORDER BY random();

INSERT INTO notification_preferences (member_id, quiet_from, quiet_until)
SELECT member_id, '23:00', '07:00' FROM who WHERE n % 10 = 0;

-- What was told before: most of it sent, some to be tried again in an hour.
INSERT INTO notices (number, cause, member_id, kind, booking_id, starts_at, details, created_at)
SELECT row_number() OVER (), id, member_id, 'booking_confirmed', id, starts_at, '{{}}', now() - interval '3 days'
  FROM made LIMIT {told};

INSERT INTO deliveries (notice_id, kind, channel, address, status, attempts, due_at, settled_at)
SELECT id, kind, 'email', '', CASE WHEN number % 5 = 0 THEN 'due' ELSE 'sent' END, 1,
       now() + interval '1 hour' + random() * interval '1 hour',
       CASE WHEN number % 5 <> 0 THEN now() - interval '3 days' END
  FROM notices;
"""

COUNTERS = """
SELECT relname, NULL, idx_tup_fetch, seq_tup_read FROM pg_stat_user_tables WHERE idx_tup_fetch > 0 OR seq_tup_read > 0
UNION ALL
SELECT relname, indexrelname, idx_tup_read, NULL FROM pg_stat_user_indexes WHERE idx_tup_read > 0
ORDER BY 1, 2 NULLS FIRST
"""


def fill(bulk: Bulk, *, bookings: int) -> None:
    """Fill the database in the state that three days of booking would have left."""
    bulk.members(bookings // 10)
    bulk.sessions(bookings // CAPACITY, capacity=CAPACITY, first_day=4)
    bulk.db.execute(FILL.format(capacity=CAPACITY, told=bookings * 5 // 6))
    bulk.settle_statistics()


@contextmanager
def counted(url: str, what: str) -> Iterator[Callable[[int], None]]:
    """Print what is read meanwhile; the connections that read must be closed inside, which is when they report."""
    with connect(url) as db:
        db.execute("SELECT pg_stat_reset()")
    done = 0

    def report(number: int) -> None:
        nonlocal done
        done = number

    began = time.perf_counter()
    yield report
    seconds = time.perf_counter() - began
    with connect(url) as db:
        click.echo(f"\n{what}: {done:,} in {seconds:.1f} s, {done / seconds:,.0f} a second")
        click.echo("| table, index | rows by index, entries | rows of sequential scans |\n|---|---|---|")
        for table, index, by_index, scanned in db.execute(COUNTERS).fetchall():
            click.echo(f"| {table if index is None else '. ' + index} | {by_index or 0:,} | {scanned or ''} |")


def look_once(url: str, what: str) -> None:
    """Print what each statement reads when nothing is due."""
    with connect(url) as db, explained(db) as plans:
        with db.transaction(force_rollback=True):
            match what:
                case "find":
                    claim_due_bookings(db, now=None, since=None)
                case "relay":
                    relay(db, limit=RELAY_MAX)
                case _:
                    claim_due(db, Channel.EMAIL, limit=CLAIM_MAX, lease_seconds=LEASE_SECONDS)
        for plan in plans:
            click.echo(f"with nothing due: `{plan.statement}` reads {plan.read} ({', '.join(sorted(set(plan.scans)))})")


def find_all(url: str, redis: Redis) -> int:
    """Run the reminders until none is due."""
    number = 0
    with open_pool(url, WORKER_TIMEOUTS, size_max=1) as pool:
        while written := remind.remind(pool, redis):
            number += written
    return number


def relay_all(url: str) -> int:
    """Give every notice its number and its deliveries."""
    number = 0
    with connect(url) as db:
        while relayed := relay(db, limit=RELAY_MAX):
            number += relayed
    return number


def claim_all(url: str) -> int:
    """Claim every e-mail that is due."""
    number = 0
    with connect(url) as db:
        while claimed := claim_due(db, Channel.EMAIL, limit=CLAIM_MAX, lease_seconds=LEASE_SECONDS):
            number += len(claimed)
    return number


@click.command()
@click.option("--bookings", default=300_000, show_default=True, help="Of which a third are due.")
def main(bookings: int) -> None:
    """Print what each of the three steps reads, row by row."""
    with scratch_database(settings().database_url) as url:
        with bulk_studio(url) as bulk:
            began = time.perf_counter()
            fill(bulk, bookings=bookings)
            click.echo(f"filled in {time.perf_counter() - began:.0f} s", err=True)
        with counted(url, "find, plan and write reminders") as report:
            report(find_all(url, redis_client()))
        look_once(url, "find")
        with counted(url, "relay their notices") as report:
            report(relay_all(url))
        look_once(url, "relay")
        with counted(url, "claim their e-mails") as report:
            report(claim_all(url))
        look_once(url, "claim")


if __name__ == "__main__":
    main()
