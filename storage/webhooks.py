"""Webhooks: the operators' own endpoints, which are told every notice, or every notice of some kinds."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from domain.notices import NoticeKind
from storage.database import Db
from storage.identifiers import new_id


@dataclass(frozen=True, slots=True)
class Webhook:
    """One endpoint. `kinds` is None for every kind; `active` is false once it answered that it is gone for good."""

    id: UUID
    url: str
    kinds: list[str] | None
    active: bool
    created_at: datetime


def add_webhook(db: Db, *, url: str, secret: str, kinds: Collection[NoticeKind]) -> UUID | None:
    """Tell this URL every notice from now on, or those of these kinds; return its id, None if it is told already."""
    row = db.execute(
        """
        INSERT INTO webhooks (id, url, secret, kinds) VALUES (%s, %s, %s, %s)
        ON CONFLICT ON CONSTRAINT webhooks_url DO NOTHING RETURNING id
        """,
        (new_id(), url, secret, sorted({str(kind) for kind in kinds}) or None),
    ).fetchone()
    return row[0] if row else None


def list_webhooks(db: Db) -> list[Webhook]:
    """Return every webhook, oldest first; their secrets stay where they are."""
    with db.cursor(row_factory=class_row(Webhook)) as cursor:
        return cursor.execute(
            "SELECT id, url, kinds, active, created_at FROM webhooks ORDER BY created_at, id"
        ).fetchall()


def remove_webhook(db: Db, webhook_id: UUID) -> str | None:
    """Remove a webhook and return its URL, None if there is none; what is due to it is dropped."""
    row = db.execute("DELETE FROM webhooks WHERE id = %s RETURNING url", (webhook_id,)).fetchone()
    return row[0] if row else None


def enable_webhook(db: Db, webhook_id: UUID) -> str | None:
    """Tell a webhook again that was switched off, and return its URL, None if there is none.

    It is told what happens from now on. What it missed it finds by its number at `GET /v1/staff/events`.
    """
    row = db.execute("UPDATE webhooks SET active = true WHERE id = %s RETURNING url", (webhook_id,)).fetchone()
    return row[0] if row else None
