"""Requests for passes, for the tests of what becomes of them."""

from uuid import UUID

from storage.identifiers import new_id
from storage.pass_requests import ask_for_pass
from tests.integration.studio import Member, Studio


def an_offered_type(studio: Studio, *, sessions: int | None = 10, days: int | None = 30) -> UUID:
    """Offer a type of pass."""
    type_id = new_id()
    studio.db.execute(
        "INSERT INTO pass_types (id, name, sessions, days, offered) VALUES (%s, %s, %s, %s, true)",
        (type_id, f"Spring {type_id}", sessions, days),
    )
    return type_id


def a_request_of(studio: Studio, member: Member, type_id: UUID | None = None, message: str = "") -> str:
    """Let the member ask for a pass; return the request's id."""
    request_id = new_id()
    ask_for_pass(studio.db, request_id, member.id, pass_type_id=type_id or an_offered_type(studio), message=message)
    return str(request_id)
