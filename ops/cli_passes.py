"""The commands that say what members have and when they are reminded: passes, reminders."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from rich.markup import escape
from rich.table import Column, Table

from domain.facts import Pass
from domain.ids import PassId
from ops.cli_data import UUID_CHARACTERS, as_json, print_table
from ops.errors import OperatorError
from storage import catalogue, reminders
from storage.database import Db, connect
from storage.intake import KnownMember, member_by_email
from storage.passes import DAYS_MAX, SESSIONS_MAX, ChangedPass, PassError
from storage.queries.passes import list_passes
from storage.settings import settings
from workers.resources import redis_client

PAGE = 200  # passes read at once


@click.group()
def passes() -> None:
    """List, grant and extend the passes of members."""


@passes.command("list")
@click.argument("email")
@as_json
def list_(email: str, *, as_json: bool) -> None:
    """Show the passes of the member with this e-mail address."""
    with connect(settings().database_url) as db:
        member = _member(db, email)
        plain = list(_plain_passes(db, member))
        zone = _zone(db)
    if as_json:
        click.echo(json.dumps(plain))
        return
    table = Table(
        Column("pass", min_width=UUID_CHARACTERS), "type", "left", "granted", "good until the end of", "active"
    )
    for one in plain:
        counts = [
            "unlimited" if one[name] is None else str(one[name]) for name in ("sessions_left", "sessions_granted")
        ]
        good_until = _last_day(one["expires_at"], zone)
        table.add_row(one["id"], escape(one["name"]), *counts, good_until, "yes" if one["active"] else "no")
    print_table(table)


@passes.command()
@click.argument("email")
@click.argument("type_name", metavar="TYPE")
@click.option("--sessions", type=click.IntRange(1, SESSIONS_MAX), help="How many sessions it pays for.")
@click.option("--unlimited", is_flag=True, help="It pays for any number of sessions.")
@click.option("--days", type=click.IntRange(1, DAYS_MAX), help="Days after today that it is good for (default: ever).")
@click.option("--training", "trainings", multiple=True, help="A training it pays for; may be given more than once.")
@click.option("--new-type", is_flag=True, help="Add the type if there is none yet.")
@as_json
def grant(
    email: str,
    type_name: str,
    *,
    sessions: int | None,
    unlimited: bool,
    days: int | None,
    trainings: tuple[str, ...],
    new_type: bool,
    as_json: bool,
) -> None:
    """Give the member with this e-mail address a pass of TYPE, and tell them."""
    from workers import passes as door  # noqa: PLC0415 - loads Celery

    if unlimited == (sessions is not None):
        raise click.UsageError("Give either --sessions or --unlimited.")
    with connect(settings().database_url) as db, _said_plainly():
        changed = door.grant(
            db,
            redis_client(),
            member_id=_member(db, email).id,
            type_name=type_name,
            sessions=sessions,
            days=days,
            trainings=trainings,
            new_type=new_type,
        )
        _print_changed(db, changed, "Granted", as_json=as_json)


@passes.command()
@click.argument("pass_id", type=click.UUID)
@click.option("--sessions", type=click.IntRange(1, SESSIONS_MAX), help="Sessions to add.")
@click.option("--days", type=click.IntRange(1, DAYS_MAX), help="Days to add to its expiry, or to today if it is over.")
@as_json
def extend(pass_id: UUID, *, sessions: int | None, days: int | None, as_json: bool) -> None:
    """Add sessions, days or both to the pass PASS_ID, and tell its member."""
    from workers import passes as door  # noqa: PLC0415 - loads Celery

    with connect(settings().database_url) as db, _said_plainly():
        changed = door.extend(db, redis_client(), PassId(pass_id), sessions=sessions, days=days)
        _print_changed(db, changed, "Extended", as_json=as_json)


@click.command("reminders")
@click.argument("minutes", type=int, nargs=-1)
@click.option("--off", is_flag=True, help="Remind nobody.")
@as_json
def reminders_(minutes: tuple[int, ...], *, off: bool, as_json: bool) -> None:
    """Show how long before a session its reminders go out, or set that to these MINUTES."""
    if off and minutes:
        raise click.UsageError("Give either minutes or --off.")
    looked_at = None
    with connect(settings().database_url) as db:
        if minutes or off:
            try:
                looked_at = reminders.set_leads(db, minutes)
            except ValueError as error:
                raise OperatorError(str(error)) from None
        set_to = reminders.reminder_minutes(db)
    if as_json:
        click.echo(json.dumps({"reminder_minutes": set_to, "bookings_looked_at_anew": looked_at}))
        return
    click.echo("Reminders go out " + " and ".join(map(_duration, set_to)) + " before." if set_to else "No reminders.")
    if looked_at is not None:
        click.echo(f"Bookings that are looked at anew for it: {looked_at}")


def _member(db: Db, email: str) -> KnownMember:
    member = member_by_email(db, email)
    if member is None:
        raise OperatorError(f"No member has the e-mail address {email!r}. Is it the right database?")
    return member


def _zone(db: Db) -> ZoneInfo:
    studio = catalogue.studio(db)
    return ZoneInfo("UTC" if studio is None else studio.time_zone)


def _plain_passes(db: Db, member: KnownMember) -> Iterator[dict[str, Any]]:
    after = None
    while page := list_passes(db, member.id, after=after, limit=PAGE):
        for one in page:
            yield _plain(one.facts, one.name, one.sessions_granted)
        after = page[-1].facts.id


def _plain(pass_: Pass, name: str, sessions_granted: int | None) -> dict[str, Any]:
    return {
        "id": str(pass_.id),
        "name": name,
        "active": pass_.active,
        "sessions_left": pass_.sessions_left,
        "sessions_granted": sessions_granted,
        "expires_at": None if pass_.expires_at is None else pass_.expires_at.isoformat(),
    }


@contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except PassError as error:
        raise OperatorError(str(error)) from None


def _print_changed(db: Db, changed: ChangedPass, done: str, *, as_json: bool) -> None:
    plain = _plain(changed.pass_, changed.name, changed.sessions_granted)
    if as_json:
        click.echo(json.dumps({**plain, "sessions_asked_to_look_again": len(changed.caused)}))
        return
    left = "any number of sessions" if plain["sessions_left"] is None else f"{plain['sessions_left']} sessions left"
    until = _last_day(plain["expires_at"], _zone(db))
    click.echo(f"{done}: pass {plain['id']}, {plain['name']}, {left}, good until: {until}.")
    if changed.caused:
        click.echo(f"Sessions asked to look again at a waiter who was skipped for it: {len(changed.caused)}")


def _last_day(expires_at: str | None, zone: ZoneInfo) -> str:
    """Return the last day of the studio on which a pass is good."""
    if expires_at is None:
        return "ever"
    good_until = datetime.fromisoformat(expires_at) - timedelta(microseconds=1)
    return good_until.astimezone(zone).date().isoformat()


def _duration(minutes: int) -> str:
    for length, unit in ((24 * 60, "day"), (60, "hour")):
        if minutes % length == 0:
            return f"{minutes // length} {unit}{'s' * (minutes != length)}"
    return f"{minutes} minutes"


PASSES_COMMANDS: Sequence[click.Command] = (passes, reminders_)
