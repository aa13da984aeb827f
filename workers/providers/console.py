"""The console provider: writes each delivery as one line to the worker's log. For the local stack."""

from zoneinfo import ZoneInfo

from structlog import get_logger

from storage.deliveries import Delivery
from workers.providers.outcomes import Sent

log = get_logger()


def print_delivery(delivery: Delivery) -> Sent:
    """Write who is told what, with the session's start in the studio's zone."""
    starts_at = delivery.starts_at.astimezone(ZoneInfo(delivery.time_zone))
    log.info(
        "delivered",
        kind=delivery.kind,
        to=delivery.address,
        training=delivery.training_name,
        starts_at=f"{starts_at:%a %d %b %Y %H:%M}",
        **delivery.details,
    )
    return Sent()
