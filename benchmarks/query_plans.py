"""What every query of a booking, a cancellation, a listing and a sweep reads, by EXPLAIN ANALYZE on a full database.

Fills a scratch database with 100,000 sessions, 1,000,000 bookings and one waitlist of 100,000, then calls the real
functions through a cursor that explains each statement before it runs, and prints one line for each:

    .venv/bin/python -m benchmarks.query_plans
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Self
from uuid import UUID

import click
import psycopg
from psycopg.rows import tuple_row

from benchmarks.bulk import Bulk, bulk_studio, scratch_database
from benchmarks.filling import fill as fill_sessions
from domain.channels import Channel
from domain.commands import Actor, BookSeat, CancelBooking
from domain.ids import CommandId, MemberId, TrainingSessionId
from storage.command_log import LoggedCommand, NewCommand, accept, lanes_with_work
from storage.database import Db
from storage.deliveries import AttemptRow, Delivery, DeliveryStatus, Settlement, Unreadable, claim_due, settle
from storage.identifiers import new_id
from storage.notices import relay
from storage.queries import bookings, changes, commands, events, notifications, passes, schedule
from storage.queries.backlog import limits_of, look_at_backlog
from storage.session_rows import lock_training_session
from storage.settings import settings
from workers import batch

CAPACITY = 8
EXPLAINED = ("SELECT", "INSERT", "UPDATE", "WITH", "(SELECT")


@dataclass
class Plan:
    """One statement as it ran: rows that came out or were written, rows that were read, and by which indexes."""

    statement: str
    returned: int
    planning_ms: float
    read: int = 0
    scans: list[str] = field(default_factory=list)


class ExplainingCursor(psycopg.Cursor[Any]):
    """Explains each statement in a savepoint that is rolled back, then runs it."""

    plans: list[Plan] | None = None

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> Self:
        """Run the statement as ever, with its plan added to the list."""
        text = query if isinstance(query, str) else query.as_string(self.connection)
        if ExplainingCursor.plans is not None and text.lstrip().startswith(EXPLAINED):
            with (
                self.connection.transaction(force_rollback=True),
                psycopg.Cursor(self.connection, row_factory=tuple_row) as plain,
            ):
                plain.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", params)
                row = plain.fetchone()
                assert row is not None
                ExplainingCursor.plans.append(read_plan(text, row[0][0]))
        return super().execute(query, params, **kwargs)


def read_plan(text: str, explained: dict[str, Any]) -> Plan:
    """Add up what the scans of a plan read: rows they passed on and rows they threw away."""
    root = explained["Plan"]
    returned = root["Actual Rows"] * root["Actual Loops"]
    plan = Plan(" ".join(text.split())[:70], returned, explained["Planning Time"])
    if root["Node Type"] == "ModifyTable":
        plan.returned = root["Plans"][0]["Actual Rows"] * root["Plans"][0]["Actual Loops"]
    pending = [root]
    while pending:
        node = pending.pop()
        pending += node.get("Plans", [])
        table = node.get("Relation Name")
        if table is None and "Bitmap Index Scan" not in node["Node Type"]:
            continue
        loops = node["Actual Loops"]
        thrown_away = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        if "Scan" in node["Node Type"]:
            plan.read += round((node["Actual Rows"] + thrown_away) * loops)
            plan.scans.append(node.get("Index Name") or f"{node['Node Type']} on {table}")
    plan.returned = round(plan.returned)
    return plan


@contextmanager
def explained(db: Db) -> Iterator[list[Plan]]:
    """Collect the plan of every statement run on this connection meanwhile."""
    db.cursor_factory = ExplainingCursor
    ExplainingCursor.plans = []
    yield ExplainingCursor.plans
    ExplainingCursor.plans = None


def fill(bulk: Bulk, *, sessions: int, bookings_: int, waitlist: int) -> UUID:
    """Fill the database, in the state that so many commands would have left, and return the hot session."""
    members = waitlist + CAPACITY
    bulk.members(members)
    others = bulk.sessions(sessions, capacity=CAPACITY, first_day=-sessions // 40)
    (hot,) = bulk.sessions(1, capacity=CAPACITY)
    for table, column in (("trainers", "trainer_id"), ("trainings", "training_id")):
        bulk.db.execute(
            f"""
            INSERT INTO {table} (id, name) SELECT gen_random_uuid(), '{table} ' || n FROM generate_series(1, 40) AS n;
            WITH others AS (SELECT id, row_number() OVER () AS n FROM {table}),
                 spread AS (SELECT id, (random() * 39)::int + 1 AS n FROM training_sessions)
            UPDATE training_sessions SET {column} = others.id
              FROM spread JOIN others ON others.n = spread.n WHERE training_sessions.id = spread.id
            """
        )
    fill_sessions(bulk, others, bookings=bookings_ // sessions, capacity=CAPACITY)
    fill_sessions(bulk, [hot], bookings=members, capacity=CAPACITY)
    bulk.db.execute(
        """
        INSERT INTO deliveries (notice_id, kind, channel, address, status, due_at, settled_at)
        SELECT id, kind, 'email', '', 'sent', now(), now() FROM notices;
        UPDATE bookings SET remind_at = starts_at - interval '2 hours'
         WHERE status = 'confirmed' AND starts_at > now() + interval '1 day'
        """
    )
    bulk.settle_statistics()
    return hot


def the_work(db: Db, hot: UUID) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield each thing that is done in a running system, by name."""
    member, pass_id, booking = one(
        db,
        "SELECT member_id, pass_id, id FROM bookings WHERE training_session_id = %s AND status = 'confirmed' LIMIT 1",
        hot,
    )
    (leaving,) = one(
        db,
        "SELECT id FROM bookings WHERE training_session_id = %s AND status = 'waitlisted'"
        " ORDER BY position DESC LIMIT 1",
        hot,
    )
    (leaver,) = one(db, "SELECT member_id FROM bookings WHERE id = %s", leaving)
    trainer, training, starts_at = one(
        db, "SELECT trainer_id, training_id, starts_at FROM training_sessions WHERE id = %s", hot
    )
    (quiet,) = one(
        db,
        "SELECT id FROM training_sessions WHERE id <> %s AND starts_at > now() + interval '3 days'"
        " ORDER BY starts_at LIMIT 1",
        hot,
    )
    newcomer, new_pass = one(
        db,
        "SELECT member_id, id FROM passes WHERE NOT EXISTS (SELECT 1 FROM bookings WHERE bookings.member_id ="
        " passes.member_id AND training_session_id = %s) LIMIT 1",
        quiet,
    )

    def ask(session: UUID, who: UUID, command: BookSeat | CancelBooking) -> LoggedCommand:
        actor = Actor(MemberId(who))
        new = NewCommand(CommandId(new_id()), TrainingSessionId(session), actor, command, str(new_id()))
        accepted = accept(db, new)
        assert isinstance(accepted, LoggedCommand)
        return accepted

    def serve(session: UUID) -> None:
        with db.transaction():
            locked = lock_training_session(db, session)  # type: ignore[arg-type]
            assert locked is not None
            assert isinstance(batch.settle_locked(db, locked, limit=250), batch.CommittedBatch)

    yield "accept a booking", lambda: ask(quiet, newcomer, BookSeat(new_pass))
    yield "apply a booking", lambda: serve(quiet)
    ask(hot, member, CancelBooking(booking))
    yield "apply a cancellation that promotes", lambda: serve(hot)
    ask(hot, leaver, CancelBooking(leaving))
    yield "apply leaving the waitlist", lambda: serve(hot)
    for _ in range(50):
        ask(quiet, newcomer, BookSeat(new_pass))
    yield "sweep", lambda: lanes_with_work(db)
    yield "backlog", lambda: look_at_backlog(db, limits_of(settings()))
    yield "relay notices", lambda: relay(db, limit=500)
    claimed: list[Delivery | Unreadable] = []
    yield "claim deliveries", lambda: claimed.extend(claim_due(db, Channel.EMAIL, limit=100, lease_seconds=60))
    attempt = AttemptRow("smtp", "sent", "250 taken", 3)
    sent = [
        Settlement(one.id, one.kind, one.attempts, one.lease_ends_at, DeliveryStatus.SENT, attempt=attempt)
        for one in claimed
    ]
    yield "record deliveries", lambda: settle(db, sent)
    week = datetime.now(UTC) + timedelta(days=7)
    for name, filters in {
        "list sessions": schedule.Filters(week, None, None, None),
        "list sessions of a trainer": schedule.Filters(week, None, trainer, None),
        "list sessions of a training": schedule.Filters(week, None, None, training),
        "list sessions of both": schedule.Filters(week, None, trainer, training),
    }.items():
        listing = partial(schedule.list_sessions, db, filters, limit=50)
        yield name, partial(listing, after=None)
        yield f"{name}, next page", partial(listing, after=(starts_at, hot))
    yield "session detail", lambda: schedule.find_session(db, hot)  # type: ignore[arg-type]
    yield "my booking of a session", lambda: bookings.find_live_booking(db, hot, leaver)  # type: ignore[arg-type]
    yield (
        "my upcoming bookings",
        lambda: bookings.list_bookings(db, member, bookings.When.UPCOMING, after=None, limit=20),
    )
    yield "my past bookings", lambda: bookings.list_bookings(db, member, bookings.When.PAST, after=None, limit=20)
    yield "my passes", lambda: passes.list_passes(db, member, after=None, limit=20)
    yield "my ledger", lambda: passes.newest_ledger_lines(db, [pass_id], limit=20)
    yield "my notifications", lambda: notifications.list_notices(db, member, before=None, limit=20)
    yield "my unread notifications", lambda: notifications.count_unread(db, member)
    yield "staff events", lambda: events.list_events(db, after=1000, limit=50)
    yield "a command", lambda: commands.find_command(db, booking, member)
    since = datetime.now(UTC) - timedelta(seconds=20)
    yield "events: my commands", lambda: changes.commands_settled_since(db, [member], since, limit=50)
    yield "events: my bookings", lambda: changes.bookings_changed_since(db, [member], since)
    yield "events: sessions", lambda: changes.session_states(db, [TrainingSessionId(hot), TrainingSessionId(quiet)])


def one(db: Db, query: str, *params: object) -> tuple[Any, ...]:
    """Return the one row of a query."""
    row = db.execute(query, params).fetchone()
    assert row is not None
    return row


@click.command()
@click.option("--sessions", default=100_000, show_default=True)
@click.option("--bookings", "bookings_", default=1_000_000, show_default=True)
@click.option("--waitlist", default=100_000, show_default=True)
def main(sessions: int, bookings_: int, waitlist: int) -> None:
    """Print a table of every statement: rows returned or written, rows read, and the scans that read them."""
    with scratch_database(settings().database_url) as url, bulk_studio(url) as bulk:
        began = time.perf_counter()
        hot = fill(bulk, sessions=sessions, bookings_=bookings_, waitlist=waitlist)
        click.echo(f"filled in {time.perf_counter() - began:.0f} s\n", err=True)
        click.echo("| doing | statement | rows out | rows read | planned in, ms | scans |\n|---|---|---|---|---|---|")
        for name, work in the_work(bulk.db, hot):
            with explained(bulk.db) as plans:
                work()
            for plan in plans:
                scans = ", ".join(sorted(set(plan.scans)))
                figures = f"{plan.returned} | {plan.read} | {plan.planning_ms:.1f}"
                click.echo(f"| {name} | `{plan.statement}` | {figures} | {scans} |")


if __name__ == "__main__":
    main()
