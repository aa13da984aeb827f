"""Sessions as the schedule and their page show them, and what the schedule can be filtered by."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from api.language import gettext
from api.models.bookings import BookingState
from api.models.common import Answer, Cursor, Input, Instant, Named, NextCursor, QueryInstant, Reason
from domain.explanations import explained
from storage.queries.bookings import MyBooking
from storage.queries.schedule import MAPPED_MAX, CatalogueEntry, PassType, ScheduledSession


class SessionsQuery(Input):
    """Which sessions are wanted."""

    from_: QueryInstant | None = Field(
        None, alias="from", description="Only sessions that start then or later; without it, from now on."
    )
    to: QueryInstant | None = Field(None, description="Only sessions that start before then.")
    trainer_id: UUID | None = Field(None, description="Only this trainer's sessions.")
    training_id: UUID | None = Field(None, description="Only sessions of this training.")
    cursor: Cursor | None = None
    limit: int | None = Field(None, ge=1, description="How many at most; never more than the server's page size.")


class Session(Answer):
    """One session of the schedule."""

    id: UUID
    name: str = Field(description="What it is: the training's name.")
    status: Literal["scheduled", "cancelled"]
    training: Named
    trainer: Named
    space: Named
    starts_at: Instant
    ends_at: Instant
    starts_at_local: datetime = Field(description="The start with the studio's offset from UTC at that time.")
    time_zone: str = Field(description="The studio's IANA time zone.", examples=["Europe/Berlin"])
    lasts_minutes: int
    capacity: int
    booked: int
    spots_left: int
    waitlisted: int = Field(description="How many wait, those included who were skipped.")
    booking_opens_at: Instant | None
    booking_closes_at: Instant

    @classmethod
    def of(cls, scheduled: ScheduledSession) -> "Session":
        """Return the session as the schedule shows it."""
        return _session(scheduled)


@lru_cache(maxsize=MAPPED_MAX)
def _session(scheduled: ScheduledSession) -> Session:
    return Session(**session_values(scheduled))


def session_values(scheduled: ScheduledSession) -> dict[str, Any]:
    """Return what is shown of a session in the schedule and on its page alike."""
    session = scheduled.training_session
    return {
        "id": session.id,
        "name": scheduled.training_name,
        "status": "cancelled" if session.cancelled else "scheduled",
        "training": Named(id=session.training_id, name=scheduled.training_name),
        "trainer": Named(id=session.trainer_id, name=scheduled.trainer_name),
        "space": Named(id=session.space_id, name=scheduled.space_name),
        "starts_at": session.starts_at,
        "ends_at": session.starts_at + timedelta(minutes=session.lasts_minutes),
        "starts_at_local": session.starts_at.astimezone(ZoneInfo(scheduled.time_zone)),
        "time_zone": scheduled.time_zone,
        "lasts_minutes": session.lasts_minutes,
        "capacity": session.capacity,
        "booked": scheduled.booked,
        "spots_left": scheduled.spots_left,
        "waitlisted": scheduled.waitlisted,
        "booking_opens_at": session.booking_opens_at,
        "booking_closes_at": session.booking_closes_at,
    }


class SessionsPage(Answer):
    """Sessions in order of their start."""

    items: list[Session]
    next_cursor: NextCursor


class SessionDetail(Session):
    """Everything there is to know before booking."""

    description: str
    cancelling_closes_at: Instant = Field(description="Until when a confirmed booking can usually be cancelled.")
    free_cancelling_until: Instant | None = Field(
        description="After the session was moved: until when cancelling is free whatever the deadline."
    )
    promotion_closes_at: Instant = Field(description="Until when free places go to the next in line.")
    refunding_closes_at: Instant = Field(
        description="Until when cancelling usually gives the session back to the pass; never later than it closes."
    )
    waitlist_limit: int | None = Field(description="How many may wait; null is no limit.")
    policies: list[Reason] = Field(
        description="What else holds here, in words; the code is that of the refusal by the same rule."
    )
    position: int = Field(description="How many commands the session has settled; grows with every change.")
    pass_types: list[Named] = Field(description="Which kinds of pass are valid; at most 100, by name.")
    my_booking: BookingState | None = Field(description="My place or place in line; null without one or a token.")

    @classmethod
    def of_all(cls, scheduled: ScheduledSession, pass_types: list[PassType], mine: MyBooking | None) -> "SessionDetail":
        """Return the session with what its page shows beside it."""
        session = scheduled.training_session
        return cls(
            **session_values(scheduled),
            description=scheduled.training_description,
            cancelling_closes_at=session.cancelling_closes_at,
            free_cancelling_until=session.free_cancelling_until,
            promotion_closes_at=session.starts_at - session.promotion_deadline,
            refunding_closes_at=session.refunding_closes_at,
            waitlist_limit=session.waitlist_limit,
            policies=[
                Reason(code=str(one.reason), sentence=gettext(one.sentence) % one.values) for one in explained(session)
            ],
            position=scheduled.position,
            pass_types=[Named(id=pass_type.id, name=pass_type.name) for pass_type in pass_types],
            my_booking=None if mine is None else BookingState.of(mine),
        )


class Studio(Answer):
    """Whose schedule it is, and in which time zone it is meant."""

    name: str
    time_zone: str = Field(description="The studio's IANA time zone.", examples=["Europe/Berlin"])


class NamesPage(Answer):
    """Trainers, trainings or spaces, by name."""

    items: list[Named]
    next_cursor: NextCursor

    @classmethod
    def of(cls, found: list[CatalogueEntry], next_cursor: str | None) -> "NamesPage":
        """Return a page of the list."""
        return cls(items=[Named(id=one.id, name=one.name) for one in found], next_cursor=next_cursor)
