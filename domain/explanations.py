"""What holds for a session beyond its deadlines, for members to read before it refuses anything."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.facts import TrainingSession
from domain.policies import Offer
from domain.refusals import RULES, RefusalReason

_LINE = f"{RULES[RefusalReason.WAITLIST_FULL]}: %(limit)s."
_LIMIT = f"{RULES[RefusalReason.BOOKING_LIMIT_REACHED]}: %(limit)s."
_OFFER = f"{RULES[RefusalReason.OFFER_EXPIRED]}: within %(minutes)s minutes."
_OFFER_WITH_PAUSE = (
    f"{RULES[RefusalReason.OFFER_EXPIRED]}: within %(minutes)s minutes, not counting %(begins)s to %(ends)s."
)

SENTENCES = (_LINE, _LIMIT, _OFFER, _OFFER_WITH_PAUSE)
"""Every sentence there is, for its translation."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A sentence with its values (to be filled in with `%`), and the reason with which the same rule refuses."""

    reason: RefusalReason
    sentence: str
    values: Mapping[str, object]


def explained(training_session: TrainingSession) -> Iterator[Explanation]:
    """Yield what is decided for this session; its deadlines are not among it."""
    policies = training_session.policies
    if policies.upcoming_limit is not None:
        yield Explanation(RefusalReason.BOOKING_LIMIT_REACHED, _LIMIT, {"limit": policies.upcoming_limit})
    if training_session.waitlist_limit is not None:
        yield Explanation(RefusalReason.WAITLIST_FULL, _LINE, {"limit": training_session.waitlist_limit})
    if policies.offer is not None:
        yield _offer(policies.offer)


def _offer(offer: Offer) -> Explanation:
    if offer.pause is None:
        return Explanation(RefusalReason.OFFER_EXPIRED, _OFFER, {"minutes": offer.minutes})
    pause = {"begins": f"{offer.pause.begins:%H:%M}", "ends": f"{offer.pause.ends:%H:%M}"}
    return Explanation(RefusalReason.OFFER_EXPIRED, _OFFER_WITH_PAUSE, {"minutes": offer.minutes, **pause})
