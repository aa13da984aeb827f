"""`seatline deliveries`: look at deliveries, have failed ones tried again, drop those that need not arrive."""

import json
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

import click
from rich.console import Console
from rich.markup import escape

from domain.channels import Channel
from domain.ids import MemberId
from domain.notices import NoticeKind
from ops.cli_data import as_json, print_table
from ops.deliveries import ByHand, FailedOnes, drop, retry
from ops.errors import OperatorError
from storage.database import Db, connect
from storage.deliveries import DeliveryStatus
from storage.intake import member_by_email
from storage.queries.deliveries import find_delivery, list_deliveries
from storage.settings import settings
from workers.hints import HINT_ERRORS
from workers.resources import redis_client

ID_MAX = 2**63 - 1
LIMIT_MAX = 10_000

Command = TypeVar("Command", bound=Callable[..., None])

DELIVERY_ID = click.IntRange(1, ID_MAX)
CHANNEL = click.Choice([channel.value for channel in Channel if channel is not Channel.IN_APP])
KIND = click.Choice([kind.value for kind in NoticeKind])
STATUS = click.Choice([status.value for status in DeliveryStatus])


def _which_ones(command: Command) -> Command:
    """Let a command be told deliveries by their ids, or failed ones by channel and kind."""
    for decorate in (
        click.option("--kind", type=KIND, help="With --failed: only those of this kind."),
        click.option("--channel", type=CHANNEL, help="With --failed: only those of this channel."),
        click.option("--failed", is_flag=True, help="Every failed delivery."),
        click.argument("ids", metavar="[ID]...", type=DELIVERY_ID, nargs=-1),
    ):
        command = decorate(command)
    return command


@click.group()
def deliveries() -> None:
    """Show what is to reach members and webhooks, try again what failed, or drop it."""


@deliveries.command("list")
@click.option("--status", "statuses", type=STATUS, multiple=True, help="Only these; may be given several times.")
@click.option("--channel", type=CHANNEL, help="Only those of this channel.")
@click.option("--kind", type=KIND, help="Only those of this kind.")
@click.option("--member", metavar="EMAIL", help="Only those about this member.")
@click.option("--limit", type=click.IntRange(1, LIMIT_MAX), default=50, show_default=True)
@as_json
def list_(
    *, statuses: Sequence[str], channel: str | None, kind: str | None, member: str | None, limit: int, as_json: bool
) -> None:
    """List deliveries, newest first."""
    from ops.delivery_report import deliveries_table, plain_delivery  # noqa: PLC0415 - loads the messages' templates

    with connect(settings().database_url) as db:
        found = list_deliveries(
            db,
            statuses=[DeliveryStatus(status) for status in statuses],
            channel=Channel(channel) if channel else None,
            kind=NoticeKind(kind) if kind else None,
            member_id=_member_id(db, member) if member else None,
            limit=limit,
        )
    if as_json:
        click.echo(json.dumps([plain_delivery(one) for one in found]))
    elif not found:
        click.echo("There is no such delivery.")
    else:
        print_table(deliveries_table(found))


@deliveries.command()
@click.argument("id_", metavar="ID", type=DELIVERY_ID)
@as_json
def show(id_: int, *, as_json: bool) -> None:
    """Show one delivery: whom it tells what, every attempt, and the words of its message."""
    from ops.delivery_report import harmless, plain_shown, shown_lines  # noqa: PLC0415 - loads the messages' templates

    with connect(settings().database_url) as db:
        shown = find_delivery(db, id_)
    if shown is None:
        raise OperatorError(f"There is no delivery {id_}. `seatline deliveries list` shows which there are.")
    if as_json:
        click.echo(json.dumps(plain_shown(shown)))
        return
    console = Console(highlight=False, soft_wrap=True)
    for name, text in shown_lines(shown):
        console.print(f"[bold]{name:<12}[/] {escape(harmless(text))}")


@deliveries.command("retry")
@_which_ones
@as_json
def retry_(*, ids: tuple[int, ...], failed: bool, channel: str | None, kind: str | None, as_json: bool) -> None:
    """Have failed or dropped deliveries tried again at once, with all their attempts before them."""
    which = _chosen(ids, failed=failed, channel=channel, kind=kind)
    with connect(settings().database_url) as db:
        done = retry(db, which)
    if done.changed:
        _call_a_worker()
    _tell(done, "due now", as_json=as_json)


@deliveries.command("drop")
@_which_ones
@click.option("--why", metavar="TEXT", default="dropped by hand", show_default=True, help="Kept as the reason.")
@as_json
def drop_(
    *, ids: tuple[int, ...], failed: bool, channel: str | None, kind: str | None, why: str, as_json: bool
) -> None:
    """Drop deliveries that are due or failed: they need not arrive any more."""
    which = _chosen(ids, failed=failed, channel=channel, kind=kind)
    with connect(settings().database_url) as db:
        done = drop(db, redis_client(), which, why=why)
    _tell(done, "dropped", as_json=as_json)


def _member_id(db: Db, email: str) -> MemberId:
    member = member_by_email(db, email)
    if member is None:
        raise OperatorError(f"No member has the e-mail address {email!r}. Is it the right database?")
    return member.id


def _chosen(ids: tuple[int, ...], *, failed: bool, channel: str | None, kind: str | None) -> Sequence[int] | FailedOnes:
    if failed == bool(ids):
        raise click.UsageError("Give either the ids of deliveries or --failed.")
    if not failed and (channel or kind):
        raise click.UsageError("--channel and --kind go with --failed.")
    if ids:
        return ids
    return FailedOnes(Channel(channel) if channel else None, NoticeKind(kind) if kind else None)


def _call_a_worker() -> None:
    from workers import publish  # noqa: PLC0415 - loads Celery

    try:
        publish.delivery_token(redis_client())
    except HINT_ERRORS as error:
        click.echo(f"No worker could be called ({error}); it begins once Redis answers.", err=True)


def _tell(done: ByHand, became: str, *, as_json: bool) -> None:
    """Print what was changed and what was not and why; end with status 1 if anything was not."""
    if as_json:
        refused = [{"id": id_, "why": why} for id_, why in done.refused.items()]
        click.echo(json.dumps({"changed": done.changed, "refused": refused}))
    else:
        click.echo(f"{done.changed:,} {'delivery is' if done.changed == 1 else 'deliveries are'} {became}.")
        for id_, why in done.refused.items():
            click.echo(f"Delivery {id_} was not changed: {why}.", err=True)
    if done.refused:
        sys.exit(1)
