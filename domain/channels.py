"""The ways a notice can reach people, and what each member wants on which."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.notices import WITH_A_LINK, NoticeKind
from domain.quiet_hours import USUAL_QUIET_HOURS, QuietHours


class Channel(StrEnum):
    """A way to people. In the app everything is shown, always; the webhook tells operators, whatever members chose."""

    IN_APP = "in_app"
    EMAIL = "email"
    PUSH = "push"
    WEBHOOK = "webhook"


SWITCHABLE = (Channel.EMAIL, Channel.PUSH)
"""The channels on which a member may choose what to hear."""

_BOTH = frozenset(SWITCHABLE)
_EMAIL = frozenset({Channel.EMAIL})
_NEITHER: frozenset[Channel] = frozenset()

DEFAULTS: dict[NoticeKind, frozenset[Channel]] = {
    NoticeKind.BOOKING_CONFIRMED: _EMAIL,
    NoticeKind.WAITLISTED: _EMAIL,
    NoticeKind.PROMOTED: _BOTH,
    NoticeKind.PLACE_OFFERED: _BOTH,
    NoticeKind.OFFER_EXPIRED: _BOTH,
    NoticeKind.SKIPPED: _BOTH,
    NoticeKind.BOOKING_CANCELLED: _BOTH,
    NoticeKind.LEFT_WAITLIST: _NEITHER,
    NoticeKind.SESSION_RESCHEDULED: _BOTH,
    NoticeKind.SESSION_UPDATED: _BOTH,
    NoticeKind.SESSION_CANCELLED: _BOTH,
    NoticeKind.REMINDER: _BOTH,
    NoticeKind.PASS_RUNNING_LOW: _EMAIL,
    NoticeKind.PASS_EXPIRING: _EMAIL,
    NoticeKind.PASS_GRANTED: _EMAIL,
    NoticeKind.PASS_EXTENDED: _EMAIL,
    NoticeKind.PASS_DEACTIVATED: _EMAIL,
    NoticeKind.PASS_ACTIVATED: _EMAIL,
    NoticeKind.PASS_CHANGED: _EMAIL,
    NoticeKind.PASS_REQUEST_DECLINED: _EMAIL,
}
"""Where each kind is told unless the member chose otherwise: by e-mail what is worth keeping, by push what is news.

Kinds with a link are not among them: nobody chooses about those."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a member chose: channels switched off whole, single choices, quiet hours (None: no hour is quiet)."""

    switched_off: frozenset[Channel] = frozenset()
    choices: Mapping[tuple[NoticeKind, Channel], bool] = field(default_factory=dict)
    quiet_hours: QuietHours | None = USUAL_QUIET_HOURS

    def wants(self, kind: NoticeKind, channel: Channel) -> bool:
        """Whether this kind is to be told on this channel; a channel that cannot be switched is always wanted.

        A kind with a link goes by e-mail whatever was chosen, and nowhere else.
        """
        if kind in WITH_A_LINK:
            return channel is Channel.EMAIL
        if channel not in SWITCHABLE:
            return True
        return channel not in self.switched_off and self.chose(kind, channel)

    def chose(self, kind: NoticeKind, channel: Channel) -> bool:
        """Return the member's choice, or the default, for a kind and channel that can be switched."""
        return self.choices.get((kind, channel), channel in DEFAULTS[kind])
