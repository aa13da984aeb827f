"""Passes under test: rows, notices, and a waiter who was skipped for one."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.ids import BookingId, PassId, TrainingSessionId
from tests.integration.studio import KYIV, Member, Studio


def email(studio: Studio, member: Member) -> str:
    return str(one(studio, "SELECT email FROM members WHERE id = %s", member.id)[0])


def one(studio: Studio, query: str, *params: object) -> tuple[Any, ...]:
    row = studio.db.execute(query, params).fetchone()
    assert row is not None
    return row


def row_of(studio: Studio, pass_id: PassId) -> tuple[Any, ...]:
    """Return granted, left, expires_at, active, expiry_told."""
    return one(
        studio,
        "SELECT sessions_granted, sessions_left, expires_at, active, expiry_told FROM passes WHERE id = %s",
        pass_id,
    )


def notices_of(studio: Studio, pass_id: PassId) -> list[tuple[str, dict[str, Any]]]:
    rows = studio.db.execute(
        "SELECT kind, details FROM notices WHERE pass_id = %s AND booking_id IS NULL ORDER BY id", (pass_id,)
    )
    return [(kind, details) for kind, details in rows]


def end_of_day(days: int, after: datetime | None = None) -> datetime:
    """The end of the studio's day that is so many days after today, or after the day of this instant."""
    day = (after or datetime.now(UTC)).astimezone(KYIV).date() + timedelta(days=days + 1)
    return datetime(day.year, day.month, day.day, tzinfo=KYIV).astimezone(UTC)


def skipped_for_an_empty_pass(studio: Studio) -> tuple[TrainingSessionId, Member, BookingId]:
    """Make a session with a free place whose waiter was skipped, as the one session on the pass went elsewhere."""
    full, elsewhere = studio.a_session(capacity=1), studio.a_session()
    holder, waiter = studio.a_member(), studio.a_member(sessions=1)
    holding, waiting = studio.book(full, holder), studio.book(full, waiter)
    studio.serve(full)
    studio.book(elsewhere, waiter)
    studio.serve(elsewhere)
    studio.cancel(full, holder, holding)
    studio.serve(full)
    assert studio.counts(full) == (0, 0, 1)
    return full, waiter, waiting


def type_of(studio: Studio) -> str:
    return str(one(studio, "SELECT name FROM pass_types WHERE id = %s", studio.pass_type_id)[0])
