"""Have links to a password mailed: after a link is written with its notice and delivery, a worker is called.

The call may be lost: beat calls for deliveries anyway.
"""

from uuid import UUID

from redis import Redis

from domain.ids import MemberId
from storage import password_links
from storage.database import Db
from storage.password_links import Invitation
from workers.hints import hint
from workers.outcomes import call_for_deliveries


def invite(db: Db, redis: Redis, link_id: UUID, member_id: MemberId) -> Invitation | None:
    """Invite the member as `storage.password_links.invite` does, and have the mail sent."""
    invitation = password_links.invite(db, link_id, member_id)
    if invitation is not None:
        call_for_mail(redis)
    return invitation


def call_for_mail(redis: Redis) -> None:
    """Call a worker for the mail, if there is one: whoever does so for every address tells nothing by it."""
    with hint("call for a mail with a link"):
        call_for_deliveries(redis)
