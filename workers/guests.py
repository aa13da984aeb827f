"""The one door for putting a guest on a session: look whether it can be, make the guest, call a worker."""

from redis import Redis

from domain.commands import Actor
from domain.ids import CommandId, MemberId
from domain.outcomes import Refused
from domain.refusals import RefusalReason
from storage import guests
from storage.command_log import Accepted, LoggedCommand
from storage.database import Db
from storage.guests import NewGuest
from workers import inbox
from workers.what_if import what_if

__all__ = ["NewGuest", "add"]


def add(db: Db, redis: Redis, new: NewGuest, *, command_id: CommandId, actor_id: MemberId, key: str | None) -> Accepted:
    """Put a guest on a session as `storage.guests.add_guest` does; raises `MemberRefusedError`.

    `Refused`, with nobody made, where the rules would say no at this moment. They may say so later still, when the
    command's turn comes: its outcome tells, and the guest stays for staff to book for again or to remove.
    """
    if key is not None and (before := guests.added_before(db, new, actor_id=actor_id, key=key)):
        return before
    if reasons := _against(db, new, actor_id):
        return Refused(reasons)
    logged = guests.add_guest(db, new, command_id=command_id, actor_id=actor_id, key=key)
    if isinstance(logged, LoggedCommand) and not logged.is_repeat:
        inbox.call_workers(redis, [logged])
    return logged


def _against(db: Db, new: NewGuest, actor_id: MemberId) -> tuple[RefusalReason, ...]:
    """Return why a booking would be refused now, but for the pass, which is still to be made."""
    seen = what_if(db, new.training_session_id, Actor(actor_id, is_staff=True), new.command)
    if seen is None:
        return (RefusalReason.SESSION_NOT_FOUND,)
    return tuple(reason for reason in seen.refused if reason is not RefusalReason.PASS_NOT_FOUND)
