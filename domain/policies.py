"""What a studio decides for a training beyond deadlines: data that its sessions carry from their planning on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.quiet_hours import QuietHours

OFFER_MINUTES_MAX = 24 * 60
"""No offer waits longer for its answer, the pause not counted."""

PAUSE_MAX = timedelta(hours=16)
"""No pause is longer, so that each day has hours in which an offer can be answered."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A free place is offered to the next in line for so many minutes, instead of being given at once.

    In the `pause` of each night, by the clocks of `time_zone` (IANA), the time to accept stands still.
    """

    minutes: int
    pause: QuietHours | None = None
    time_zone: str = "UTC"

    def __post_init__(self) -> None:
        if not 1 <= self.minutes <= OFFER_MINUTES_MAX:
            raise ValueError(f"an offer stands for 1 to {OFFER_MINUTES_MAX} minutes")
        if self.pause is not None and self.pause.lasts > PAUSE_MAX:
            raise ValueError(f"a pause lasts at most {PAUSE_MAX.total_seconds() / 3600:.0f} hours")

    def ends_at(self, made_at: datetime) -> datetime:
        """Return the first instant at which an offer made at `made_at` can no longer be accepted."""
        left = timedelta(minutes=self.minutes)
        if self.pause is None:
            return made_at + left
        zone = ZoneInfo(self.time_zone)
        at = self.pause.after(made_at, zone)
        while at + left > (begins := self.pause.next_after(at, zone)):
            left -= begins - at
            at = self.pause.after(begins, zone)
        return at + left


@dataclass(frozen=True, slots=True)
class Policies:
    """What is decided for a training; None is no such rule, and none at all is what a training begins with.

    Booking opens `booking_window_minutes` before the start. A member holds at most `upcoming_limit` bookings of the
    training that are still to come, those in line among them. From `refund_deadline_minutes` before the start until
    the cancellation deadline a place can be given back without a refund. An `offer` takes the place of promotion.
    """

    booking_window_minutes: int | None = None
    upcoming_limit: int | None = None
    refund_deadline_minutes: int | None = None
    offer: Offer | None = None

    def opens_at(self, starts_at: datetime) -> datetime | None:
        """Return when booking of a session with this start opens; None where it is open from its planning on."""
        minutes = self.booking_window_minutes
        return None if minutes is None else starts_at - timedelta(minutes=minutes)
