"""The mails that the folder provider wrote, for the local stack's page."""

import email
import heapq
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path

from domain.notices import NoticeKind
from storage.settings import Settings
from workers.messages.links import read_unsubscribe

LISTED_MAX = 200

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}\.eml")
_UNSUBSCRIBE_TOKEN = re.compile(r"/unsubscribe/([^/>]+)>")


@dataclass(frozen=True, slots=True)
class MailEntry:
    """A mail in the list; `kind` is None where the mail's link to unsubscribe does not tell it."""

    name: str
    subject: str
    to: str
    kind: NoticeKind | None
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail taken apart: headers in their order, and each part as text, None where it has no such part."""

    subject: str
    headers: list[tuple[str, str]]
    text: str | None
    html: str | None
    calendar: str | None


def list_mails(folder: Path, settings: Settings) -> list[MailEntry]:
    """Return the newest mails, newest first, at most `LISTED_MAX`; none where there is no such folder yet."""
    newest = heapq.nlargest(LISTED_MAX, _written(folder))
    read = ((name, written_at, _read(folder, name)) for written_at, name in newest)
    return [_entry(name, written_at, message, settings) for name, written_at, message in read if message is not None]


def _written(folder: Path) -> Iterator[tuple[datetime, str]]:
    """Yield when each mail was written, and its name; one that is removed meanwhile is passed over."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name):
                with suppress(FileNotFoundError):
                    yield datetime.fromtimestamp(entry.stat().st_mtime, UTC), entry.name


def find_mail(folder: Path, name: str) -> Mail | None:
    """Return this mail; None if there is none of this name in the folder itself."""
    message = _read(folder, name)
    if message is None:
        return None
    headers = [(header, str(value)) for header, value in message.items()]
    parts = {kind: _part(message, kind) for kind in ("text/plain", "text/html", "text/calendar")}
    return Mail(_header(message, "Subject"), headers, parts["text/plain"], parts["text/html"], parts["text/calendar"])


def raw_mail(folder: Path, name: str) -> bytes | None:
    """Return the mail as it was written; None if there is none of this name in the folder itself."""
    if not _NAME.fullmatch(name):
        return None
    try:
        return (folder / name).read_bytes()
    except OSError:
        return None


def _read(folder: Path, name: str) -> EmailMessage | None:
    raw = raw_mail(folder, name)
    return None if raw is None else email.message_from_bytes(raw, _class=EmailMessage, policy=default)


def _entry(name: str, written_at: datetime, message: EmailMessage, settings: Settings) -> MailEntry:
    token = _UNSUBSCRIBE_TOKEN.search(_header(message, "List-Unsubscribe"))
    meant = read_unsubscribe(settings, token[1]) if token else None
    subject = _header(message, "Subject") or "(no subject)"
    return MailEntry(name, subject, _header(message, "To"), meant and meant[1], written_at)


def _header(message: Message, name: str) -> str:
    return str(message.get(name, ""))


def _part(message: EmailMessage, kind: str) -> str | None:
    """Return the first part of this kind; what its charset cannot spell is shown as a question mark."""
    for part in message.walk():
        if part.get_content_type() == kind:
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                return content.decode("utf-8", errors="replace")
    return None
