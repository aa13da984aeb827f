"""`seatline webhooks`: the operators' own endpoints, which are told every notice."""

import json
from dataclasses import asdict
from uuid import UUID

import click
from rich.markup import escape
from rich.table import Column, Table

from domain.notices import OPEN_KINDS, NoticeKind
from ops.cli_data import UUID_CHARACTERS, as_json, print_table
from ops.errors import OperatorError
from storage import webhooks as stored
from storage.database import connect
from storage.settings import settings
from workers.providers.targets import refusal_of
from workers.providers.webhook_secret import new_webhook_secret

KIND = click.Choice([kind.value for kind in OPEN_KINDS])


@click.group()
def webhooks() -> None:
    """Say which endpoints of yours are told every notice."""


@webhooks.command()
@click.argument("url")
@click.option("--kind", "kinds", type=KIND, multiple=True, help="Only these; may be given several times.")
@as_json
def add(url: str, *, kinds: tuple[str, ...], as_json: bool) -> None:
    """Tell URL every notice from now on, signed with a secret that is shown once, here."""
    if refusal := refusal_of(url, settings()):
        raise OperatorError(refusal)
    secret = new_webhook_secret()
    with connect(settings().database_url) as db:
        id_ = stored.add_webhook(db, url=url, secret=secret, kinds=[NoticeKind(kind) for kind in kinds])
    if id_ is None:
        raise OperatorError(f"{url} is told already; `seatline webhooks list` shows its id.")
    if as_json:
        click.echo(json.dumps({"id": str(id_), "url": url, "kinds": sorted(set(kinds)) or None, "secret": secret}))
        return
    click.echo(f"Webhook {id_} tells {url} {', '.join(sorted(set(kinds))) or 'every notice'}.")
    click.echo(f"Its secret, which is not shown again: {secret}")


@webhooks.command("list")
@as_json
def list_(*, as_json: bool) -> None:
    """List the webhooks."""
    with connect(settings().database_url) as db:
        found = stored.list_webhooks(db)
    if as_json:
        plain = [{**asdict(one), "id": str(one.id), "created_at": one.created_at.isoformat()} for one in found]
        click.echo(json.dumps(plain))
        return
    if not found:
        click.echo("There is no webhook. `seatline webhooks add URL` makes one.")
        return
    table = Table(Column("id", min_width=UUID_CHARACTERS), "url", "kinds", "state")
    for one in found:
        state = "active" if one.active else "switched off: it answered that it is gone"
        table.add_row(str(one.id), escape(one.url), ", ".join(one.kinds or ["every kind"]), state)
    print_table(table)


@webhooks.command()
@click.argument("webhook_id", metavar="ID", type=click.UUID)
def remove(webhook_id: UUID) -> None:
    """Tell this webhook nothing any more; what is due to it is dropped."""
    with connect(settings().database_url) as db:
        url = stored.remove_webhook(db, webhook_id)
    click.echo(f"{_known(webhook_id, url)} is told nothing any more.")


@webhooks.command()
@click.argument("webhook_id", metavar="ID", type=click.UUID)
def enable(webhook_id: UUID) -> None:
    """Tell this webhook again, which was switched off when it answered that it is gone."""
    with connect(settings().database_url) as db:
        url = stored.enable_webhook(db, webhook_id)
    click.echo(f"{_known(webhook_id, url)} is told every notice of its kinds from now on.")
    click.echo("What it missed is at GET /v1/staff/events?after=N, N being the last number it had.")


def _known(webhook_id: UUID, url: str | None) -> str:
    if url is None:
        raise OperatorError(f"There is no webhook {webhook_id}. `seatline webhooks list` shows which there are.")
    return url
