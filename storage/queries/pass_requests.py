"""Requests for passes: a member's own, and those that wait for an answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.sql import SQL

from domain.ids import MemberId, PassId
from domain.pass_requests import RequestStatus
from storage.database import Db


@dataclass(frozen=True, slots=True)
class PassRequest:
    """A request with whose and for what it is; `answered_by` names who of the staff granted or declined it."""

    id: UUID
    member_id: MemberId
    member_name: str
    pass_type_id: UUID
    type_name: str
    message: str
    asked_at: datetime
    status_code: str
    answered_at: datetime | None
    answered_by: str | None
    reason: str
    pass_id: PassId | None

    @property
    def status(self) -> RequestStatus:
        """Where it stands."""
        return RequestStatus(self.status_code)


_REQUESTS = SQL(
    """
    SELECT pass_requests.id, member_id, members.name AS member_name, pass_type_id, pass_types.name AS type_name,
           message, asked_at, status AS status_code, answered_at, answerers.name AS answered_by, reason, pass_id
      FROM pass_requests
      JOIN members ON members.id = member_id
      JOIN pass_types ON pass_types.id = pass_type_id
      LEFT JOIN members AS answerers ON answerers.id = answered_by
    """
)


def list_requests_of(db: Db, member_id: MemberId, *, before: UUID | None, limit: int) -> list[PassRequest]:
    """Return the member's requests, newest first, from behind `before`."""
    return _listed(
        db,
        SQL(
            """
            {} WHERE member_id = %(member)s AND (%(before)s::uuid IS NULL OR pass_requests.id < %(before)s)
               ORDER BY pass_requests.id DESC LIMIT %(limit)s
            """
        ),
        {"member": member_id, "before": before, "limit": limit},
    )


def list_open_requests(db: Db, *, after: UUID | None, limit: int) -> list[PassRequest]:
    """Return the requests that wait for an answer, longest first, from behind `after`."""
    return _listed(
        db,
        SQL(
            """
            {} WHERE status = 'open' AND (%(after)s::uuid IS NULL OR pass_requests.id > %(after)s)
               ORDER BY pass_requests.id LIMIT %(limit)s
            """
        ),
        {"after": after, "limit": limit},
    )


def find_request(db: Db, request_id: UUID) -> PassRequest | None:
    """Return the request; None if there is none with this id (any more)."""
    found = _listed(db, SQL("{} WHERE pass_requests.id = %(id)s"), {"id": request_id})
    return found[0] if found else None


def count_open_requests(db: Db) -> int:
    """Return how many requests wait for an answer."""
    row = db.execute("SELECT count(*) FROM pass_requests WHERE status = 'open'").fetchone()
    return row[0] if row else 0


def _listed(db: Db, query: SQL, values: dict[str, Any]) -> list[PassRequest]:
    with db.cursor(row_factory=class_row(PassRequest)) as cursor:
        return cursor.execute(query.format(_REQUESTS), values).fetchall()
