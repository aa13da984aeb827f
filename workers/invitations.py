"""The one door for inviting many people at once: write it, then have the mails sent."""

from collections.abc import Sequence

from redis import Redis

from domain.ids import MemberId
from domain.invitations import Invited
from storage import invitations
from storage.database import Db
from storage.invitations import Invitee
from workers.password_links import call_for_mail


def invite_all(db: Db, redis: Redis, people: Sequence[Invitee], *, actor_id: MemberId) -> list[Invited]:
    """Invite them as `storage.invitations.invite_all` does, and call a worker for the mails."""
    outcomes = invitations.invite_all(db, people, actor_id=actor_id)
    call_for_mail(redis)
    return outcomes
