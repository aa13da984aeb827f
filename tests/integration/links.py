"""Links to a password under test: those a member has, as the mail would show them."""

from typing import Any
from uuid import UUID

from storage.database import Db
from storage.identifiers import new_id
from storage.password_links import ask_for_reset, invite
from storage.settings import settings
from tests.integration.studio import Member
from workers.messages.links import password_secret


def address_of(member: Member) -> str:
    return f"{member.id}@example.test"


def a_reset(db: Db, member: Member) -> str:
    """Ask for a reset and return its secret."""
    link_id = new_id()
    ask_for_reset(db, link_id, address_of(member))
    return password_secret(settings(), link_id)


def an_invitation(db: Db, member: Member) -> str:
    """Invite a member who has no password and return the secret."""
    invitation = invite(db, new_id(), member.id)
    assert invitation is not None
    return password_secret(settings(), invitation.link_id)


def links_of(db: Db, member: Member) -> list[UUID]:
    """Return the ids of the member's links, oldest first."""
    rows = db.execute("SELECT id FROM password_links WHERE member_id = %s ORDER BY created_at, id", (member.id,))
    return [row[0] for row in rows]


def states_of(db: Db, member: Member) -> list[tuple[str, str | None]]:
    """Return purpose and ending of the member's links, oldest first."""
    rows = db.execute(
        "SELECT purpose, ended FROM password_links WHERE member_id = %s ORDER BY created_at, id", (member.id,)
    )
    return [(purpose, ended) for purpose, ended in rows]


def expire(db: Db, member: Member) -> None:
    """Let the member's links have been made long ago."""
    db.execute(
        "UPDATE password_links SET created_at = now() - interval '30 days', expires_at = now() WHERE member_id = %s",
        (member.id,),
    )


def mails_of(db: Db, member: Member) -> list[tuple[Any, ...]]:
    """Return kind, channel, address and status of what is on its way to the member with a link, oldest first."""
    return db.execute(
        "SELECT deliveries.kind, channel, address, status FROM deliveries JOIN notices ON notices.id = notice_id"
        " WHERE member_id = %s AND password_link_id IS NOT NULL ORDER BY deliveries.id",
        (member.id,),
    ).fetchall()
