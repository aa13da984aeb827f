"""The doctor's look at notifications: can each channel be sent, who is told, what has not arrived."""

import asyncio
import ssl
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg

from domain.channels import Channel
from ops.finding import Finding
from storage.database import Db, connect
from storage.queries.health import oldest_due_seconds, open_deliveries
from storage.settings import Settings
from storage.webhooks import list_webhooks
from workers.providers import opened
from workers.providers.outcomes import Provider
from workers.providers.smtp_connections import ServerUnusableError, SmtpConnections
from workers.providers.smtp_server import SmtpServer, read_smtp_url
from workers.providers.unserved import Unserved

MAIL_SECONDS_MAX = 10.0
LATE_SECONDS = 300.0  # what is due for longer than this waits for something that does not come by itself

_NAMES = {Channel.EMAIL: "mail", Channel.PUSH: "push", Channel.WEBHOOK: "webhooks"}


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield a finding for each channel, then one for the deliveries; no message is sent to anybody.

    What is asked of the database is left out when it does not answer: that is a finding of its own.
    """
    providers = opened(settings)
    yield _channel(settings, providers[Channel.EMAIL])
    yield _channel(settings, providers[Channel.PUSH])
    try:
        with connect(settings.database_url) as db:
            yield _webhooks(db, _channel(settings, providers[Channel.WEBHOOK]))
            yield _deliveries(db)
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
        return


def _channel(settings: Settings, provider: Provider) -> Finding:
    name = _NAMES[provider.channel]
    if isinstance(provider, Unserved):
        return Finding(
            name, well=False, found=provider.why, advice="Set what is named here, then start the workers anew."
        )
    match provider.name:
        case "smtp":
            return _smtp(read_smtp_url(settings.smtp_url))
        case "folder" if settings.mail_folder:
            return _folder(settings.mail_folder)
        case "web_push":
            return Finding(name, well=True, found="web_push, its key can be read")
        case "console":
            return Finding(name, well=True, found="console: written into the workers' log, sent to nobody")
        case "webhook":
            return Finding(name, well=True, found="signed and sent")
        case _:
            return Finding(name, well=True, found=provider.name)


def _smtp(server: SmtpServer) -> Finding:
    """Connect and sign in, as for a mail, and say goodbye."""

    async def visit() -> None:
        connections = SmtpConnections(server, ssl.create_default_context())
        try:
            async with asyncio.timeout(MAIL_SECONDS_MAX):
                connections.keep(await connections.connect())
        finally:
            await connections.close()

    advice = "Correct SEATLINE_SMTP_URL, or ask whoever runs that server. Until then mails wait and are tried again."
    try:
        asyncio.run(visit())
    except ServerUnusableError as error:
        return Finding("mail", well=False, found=f"smtp: {error}", advice=advice)
    except TimeoutError:
        found = f"smtp: {server.name} does not answer within {MAIL_SECONDS_MAX:.0f} s"
        return Finding("mail", well=False, found=found, advice=advice)
    who = f"signed in as {server.user}" if server.user else "without signing in"
    return Finding("mail", well=True, found=f"{server.security}, {server.name} answers, {who}")


def _folder(folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        advice = "Get write permission for it, or set SEATLINE_MAIL_FOLDER to another folder."
        found = f"folder: {folder} cannot be written ({error.strerror})"
        return Finding("mail", well=False, found=found, advice=advice)
    return Finding("mail", well=True, found=f"folder: {folder}, sent to nobody")


def _webhooks(db: Db, channel: Finding) -> Finding:
    """Say how many there are, unless they cannot be told anything anyway."""
    if not channel.well:
        return channel
    webhooks = list_webhooks(db)
    silent = [webhook.url for webhook in webhooks if not webhook.active]
    found = f"{len(webhooks)} webhooks, {len(silent)} switched off" + "".join(f"; {url}" for url in silent)
    advice = (
        "It answered that it is gone. `seatline webhooks enable ID` tells it again, `seatline webhooks remove ID` "
        "forgets it; `seatline webhooks list` shows the id."
    )
    return Finding(channel.name, not silent, f"{channel.found}; {found}", advice)


def _deliveries(db: Db) -> Finding:
    counts: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for (channel, _, status), count in open_deliveries(db).items():
        counts[status] += count
        if status == "failed":
            failed[channel] += count
    late = {channel: seconds for channel, seconds in oldest_due_seconds(db).items() if seconds > LATE_SECONDS}
    found = f"{counts['due']:,} due, {counts['sending']:,} being sent, {counts['failed']:,} failed"
    found += "".join(f"; {count:,} by {channel} failed" for channel, count in sorted(failed.items()))
    found += "".join(f"; {channel} late by {seconds / 60:,.0f} min" for channel, seconds in sorted(late.items()))
    advice = []
    if late:
        advice.append("What is late waits for a worker that reads `notifications`: start one, its log says more.")
    if failed:
        advice.append(
            "`seatline deliveries list --status failed` says why; `seatline deliveries retry --failed` tries them "
            "again, `seatline deliveries drop --failed` lets them be."
        )
    return Finding("deliveries", not advice, found, " ".join(advice))
