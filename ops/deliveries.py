"""`seatline deliveries retry` and `drop`: change deliveries by hand, and say why some were not changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from redis import Redis

from domain.channels import Channel
from domain.notices import NoticeKind
from storage import delivery_upkeep
from storage.database import Db
from storage.deliveries import DeliveryStatus
from storage.delivery_upkeep import ChangedDelivery
from workers.hints import hint
from workers.metrics import Counts, add_counts

WHY_NOT = {
    DeliveryStatus.DUE: "it is due already",
    DeliveryStatus.SENDING: "it is being sent right now",
    DeliveryStatus.SENT: "it was sent",
    DeliveryStatus.FAILED: "it has failed meanwhile; ask again",
    DeliveryStatus.DROPPED: "it is dropped already",
}


@dataclass(frozen=True, slots=True)
class FailedOnes:
    """The failed deliveries; with a channel or a kind, only those of it."""

    channel: Channel | None = None
    kind: NoticeKind | None = None


@dataclass(frozen=True, slots=True)
class ByHand:
    """What came of a change by hand: how many deliveries were changed, and why others were not, by their ids."""

    changed: int
    refused: dict[int, str]


def retry(db: Db, which: Sequence[int] | FailedOnes) -> ByHand:
    """Make failed and dropped deliveries due now, with all their attempts before them again.

    Whether they still hold and are wanted is asked before they are sent, as ever. No worker is called.
    """
    if isinstance(which, FailedOnes):
        return ByHand(len(delivery_upkeep.retry_failed(db, channel=which.channel, kind=which.kind)), {})
    return _told(db, which, delivery_upkeep.retry(db, which))


def drop(db: Db, redis: Redis, which: Sequence[int] | FailedOnes, *, why: str) -> ByHand:
    """Drop due and failed deliveries with this reason, and count them among those settled."""
    if isinstance(which, FailedOnes):
        dropped = delivery_upkeep.drop_failed(db, channel=which.channel, kind=which.kind, reason=why)
        told = ByHand(len(dropped), {})
    else:
        dropped = delivery_upkeep.drop(db, which, reason=why)
        told = _told(db, which, dropped)
    counts = Counts()
    for one in dropped:
        counts.delivered(one.channel, one.kind, DeliveryStatus.DROPPED)
    with hint("count dropped deliveries"):
        add_counts(redis, counts)
    return told


def _told(db: Db, ids: Sequence[int], changed: Sequence[ChangedDelivery]) -> ByHand:
    left = sorted(set(ids) - {one.id for one in changed})
    statuses = delivery_upkeep.statuses_of(db, left) if left else {}
    why = {id_: WHY_NOT[DeliveryStatus(status)] for id_, status in statuses.items()}
    return ByHand(len(changed), {id_: why.get(id_, "there is none with this id") for id_ in left})
