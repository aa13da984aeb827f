"""What is decided for a training beyond its deadlines."""

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, WithJsonSchema

from api.language import N_, gettext
from api.models.wall_times import WallTime
from domain.policies import OFFER_MINUTES_MAX, PAUSE_MAX, Offer, Policies
from domain.quiet_hours import QuietHours, wall_time_between

MINUTES_MAX = 366 * 24 * 60
UPCOMING_MAX = 1_000

BookingWindow = Annotated[
    Annotated[int, Field(strict=True, ge=1, le=MINUTES_MAX)] | None,
    Field(description="How long before the start booking opens; null is from the beginning."),
]
UpcomingLimit = Annotated[
    Annotated[int, Field(strict=True, ge=1, le=UPCOMING_MAX)] | None,
    Field(description="How many bookings of the training a member may hold that are still to come; null is no limit."),
]
RefundDeadline = Annotated[
    Annotated[int, Field(strict=True, ge=0, le=MINUTES_MAX)] | None,
    Field(
        description="How long before the start cancelling stops giving the session back; not less than the "
        "cancellation deadline, and null is as long as it can be cancelled."
    ),
]
OfferMinutes = Annotated[
    Annotated[int, Field(strict=True, ge=1, le=OFFER_MINUTES_MAX)] | None,
    Field(
        description="A free place is offered to the next in line, who has so many minutes to accept it; null gives it "
        "at once."
    ),
]
PauseTime = Annotated[
    WallTime | None,
    Field(description="Between these times of the studio's clocks an offer's time stands still; both or none."),
]
ShownTime = Annotated[
    time,
    PlainSerializer(lambda at: f"{at:%H:%M}", return_type=str),
    WithJsonSchema({"type": "string", "examples": ["22:00"]}, mode="serialization"),
]

_REFUND = N_("A refund ends when cancelling does or before: write at least as many minutes as cancelling has.")
_PAUSE = N_("Write when the pause begins and when it ends, at most 16 hours later, or leave both empty.")
CLASHES = {
    "trainings_refund_deadline": ("refund_deadline_minutes", _REFUND),
    "trainings_offer_pause": ("offer_pause_until", _PAUSE),
}
"""The field and the sentence of policies that do not go together, by the constraint that refuses them."""


def policy_errors(chosen: Mapping[str, Any]) -> dict[str, str]:
    """Return a sentence for each field of a session's plan whose policy does not go with the rest of it."""
    errors = {}
    refund = chosen["refund_deadline_minutes"]
    if refund is not None and refund < chosen["cancellation_deadline_minutes"]:
        errors["refund_deadline_minutes"] = gettext(_REFUND)
    begins, ends = chosen["offer_pause_from"], chosen["offer_pause_until"]
    whole = begins is not None and ends is not None
    is_pause = whole and timedelta(0) < wall_time_between(begins, ends) <= PAUSE_MAX
    if not is_pause and (begins is not None or ends is not None):
        errors["offer_pause_until"] = gettext(_PAUSE)
    return errors


def policies_of(chosen: Mapping[str, Any], time_zone: str) -> Policies:
    """Return the policies that a session planned with these values carries; `policy_errors` has found none."""
    offer = None
    if chosen["offer_minutes"] is not None and chosen["offer_pause_from"] is None:
        offer = Offer(chosen["offer_minutes"])
    elif chosen["offer_minutes"] is not None:
        pause = QuietHours(chosen["offer_pause_from"], chosen["offer_pause_until"])
        offer = Offer(chosen["offer_minutes"], pause, time_zone)
    return Policies(
        chosen["booking_window_minutes"], chosen["upcoming_limit"], chosen["refund_deadline_minutes"], offer
    )
