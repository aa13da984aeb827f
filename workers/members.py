"""The one door for making and inviting members, from the interface and the command line alike."""

from uuid import UUID

from redis import Redis

from domain.ids import MemberId
from storage import members
from storage.database import Db
from storage.member_removal import remove_member
from storage.password_links import Invitation
from workers import inbox
from workers.messages.headers import address_of
from workers.password_links import call_for_mail

NAME_CHARACTERS_MAX = 200
EMAIL_CHARACTERS_MAX = 254  # RFC 5321, section 4.5.3.1.3, without the angle brackets


def checked_name(name: str) -> str:
    """Return the name without space around it; raises `ValueError` with a sentence if it is none."""
    name = name.strip()
    if not name or not name.isprintable() or len(name) > NAME_CHARACTERS_MAX:
        raise ValueError(f"A name has 1 to {NAME_CHARACTERS_MAX} characters and no line breaks; not {name!r}.")
    return name


def checked_email(email: str, *, name: str = "") -> str:
    """Return the address without space around it; raises `ValueError` with a sentence if no mail can be sent there."""
    email = email.strip()
    if len(email) > EMAIL_CHARACTERS_MAX:
        raise ValueError(f"An e-mail address has at most {EMAIL_CHARACTERS_MAX} characters.")
    try:
        address_of(name, email)
    except ValueError as error:
        raise ValueError(f"No mail can be sent there: {error}.") from None
    return email


def invite(db: Db, redis: Redis, *, link_id: UUID, member_id: MemberId, actor_id: MemberId | None = None) -> Invitation:
    """Invite the member as `storage.members.invite` does, and have the mail sent; raises `MemberRefusedError`."""
    invitation = members.invite(db, link_id, member_id, actor_id=actor_id)
    call_for_mail(redis)
    return invitation


def remove(db: Db, redis: Redis, member_id: MemberId, *, why: str, actor_id: MemberId) -> None:
    """Remove the member as `storage.member_removal.remove_member` does, and call workers for their bookings."""
    inbox.call_workers(redis, remove_member(db, member_id, why=why, actor_id=actor_id))
