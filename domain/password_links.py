"""Links by which a member chooses a password: how long each holds, and why one does not hold any more."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class LinkPurpose(StrEnum):
    """What a link is for."""

    RESET = "reset"
    INVITATION = "invitation"


class LinkEnding(StrEnum):
    """What ended a link before its time."""

    USED = "used"
    REPLACED = "replaced"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - what happened, not a password


HOLDS = {LinkPurpose.RESET: timedelta(hours=1), LinkPurpose.INVITATION: timedelta(days=14)}
"""How long a link holds."""

OPEN_RESETS_MAX = 3
"""So many resets of one member hold at a time. Whoever is sent no more has this many that hold, so nobody can keep a
member from a new password by asking for it in their name; and no mailbox gets more than this many in an hour."""

_ENDED = {
    LinkEnding.USED: "the link was used",
    LinkEnding.REPLACED: "a newer link has taken its place",
    LinkEnding.PASSWORD_CHANGED: "the password was changed",
}


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """A link as it stands now; `ended` is None until something ends it. Its secret is made of its id when needed."""

    id: UUID
    expires_at: datetime
    ended: LinkEnding | None = None

    def why_dead(self, now: datetime) -> str | None:
        """Return why the link does not hold at `now`; None while it does."""
        if self.ended is not None:
            return _ENDED[self.ended]
        return "the link has expired" if now >= self.expires_at else None
