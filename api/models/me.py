"""What a member sees of themselves: who they are, their bookings and passes."""

from typing import Any
from uuid import UUID

from pydantic import Field

from api.models.bookings import BookingState, booking_values
from api.models.common import Answer, Cursor, Input, Instant, NextCursor, Reason
from api.models.sessions import Session
from domain.passes import unusable_reasons
from storage.queries.bookings import MyBooking, When
from storage.queries.members import Member
from storage.queries.passes import LedgerLine, MyPass
from storage.queries.schedule import ScheduledSession


class Me(Answer):
    """Who I am, and where."""

    id: UUID
    name: str
    email: str
    role: str
    created_at: Instant
    studio: str
    time_zone: str

    @classmethod
    def of(cls, member: Member) -> "Me":
        """Return the member with the studio."""
        return cls(
            id=member.id,
            name=member.name,
            email=member.email,
            role=member.role,
            created_at=member.created_at,
            studio=member.studio_name,
            time_zone=member.time_zone,
        )


class PageQuery(Input):
    """Which page of a list."""

    cursor: Cursor | None = None
    limit: int | None = Field(None, ge=1, description="How many at most; never more than the server's page size.")


class BookingsQuery(PageQuery):
    """Which of my bookings."""

    when: When = Field(
        When.UPCOMING,
        description="`upcoming`: sessions still to start, soonest first. `past`: the others, latest first.",
    )


class Booking(BookingState):
    """A booking with its session."""

    session: Session

    @classmethod
    def with_session(cls, mine: MyBooking) -> "Booking":
        """Return the booking with its session."""
        return cls(**booking_values(mine), session=Session.of(mine.session))


class BookingsPage(Answer):
    """My bookings, cancelled ones among them."""

    items: list[Booking]
    next_cursor: NextCursor


class PassState(Answer):
    """A pass of mine as it stands."""

    id: UUID
    name: str
    active: bool
    sessions_granted: int | None = Field(description="Null is unlimited.")
    sessions_left: int | None = Field(description="Null is unlimited.")
    expires_at: Instant | None = Field(description="The first instant at which it cannot pay any more.")
    trainings: list[str] | None = Field(description="The trainings it is valid for, by name; null is all.")


def _pass_values(mine: MyPass) -> dict[str, Any]:
    return {
        "id": mine.facts.id,
        "name": mine.name,
        "active": mine.facts.active,
        "sessions_granted": mine.sessions_granted,
        "sessions_left": mine.facts.sessions_left,
        "expires_at": mine.facts.expires_at,
        "trainings": mine.training_names,
    }


class Line(Answer):
    """One session taken from a pass (-1) or given back (1)."""

    change: int
    written_at: Instant
    booking_id: UUID
    session_id: UUID
    session_name: str
    session_starts_at: Instant


class PassWithLedger(PassState):
    """A pass with the newest lines of its ledger."""

    ledger: list[Line] = Field(description="The newest lines, newest first, at most 20.")

    @classmethod
    def of(cls, mine: MyPass, lines: list[LedgerLine]) -> "PassWithLedger":
        """Return the pass and what was taken from it."""
        ledger = [
            Line(
                change=line.change,
                written_at=line.written_at,
                booking_id=line.booking_id,
                session_id=line.training_session_id,
                session_name=line.training_name,
                session_starts_at=line.starts_at,
            )
            for line in lines
        ]
        return cls(**_pass_values(mine), ledger=ledger)


class PassesPage(Answer):
    """My passes."""

    items: list[PassWithLedger]
    next_cursor: NextCursor


class PassForSession(PassState):
    """A pass of mine, and whether it can pay for this session now."""

    usable: bool
    reasons: list[Reason] = Field(description="Every reason why it cannot pay; empty when it can.")

    @classmethod
    def of(cls, mine: MyPass, session: ScheduledSession) -> "PassForSession":
        """Return the pass judged by the rules at the moment it was read."""
        reasons = unusable_reasons(
            mine.facts,
            member_id=mine.facts.member_id,
            training_id=session.training_session.training_id,
            now=mine.read_at,
        )
        return cls(**_pass_values(mine), usable=not reasons, reasons=Reason.all_of(reasons))


class PassesForSession(Answer):
    """My passes, those first that can pay."""

    items: list[PassForSession]
