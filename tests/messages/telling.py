"""Plain functions that make what messages are written from; a test gives only what it is about.

Every instant is fixed and every id follows from a name, so that a message has the same bytes on every run.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from domain.channels import Channel, Preferences
from domain.facts import Booking, BookingStatus
from domain.ids import BookingId
from domain.notices import WITH_A_LINK, NoticeKind
from domain.password_links import PasswordLink
from domain.refusals import RefusalReason
from storage.deliveries import Delivery
from storage.queries.bookings import MyBooking
from storage.queries.schedule import ScheduledSession
from storage.settings import Settings
from storage.told import ToldNotice
from tests.builders import NOW, START, a_member, a_pass, a_training_session, an_id

MEMBER = a_member("Maria")

EXPIRES_AT = datetime(2026, 3, 31, 21, 0, tzinfo=UTC)
"""Midnight after the last day of March in Kyiv, where the clocks went forward two days before."""


def some_settings(**differences: Any) -> Settings:
    """Return the settings of an installation at https://book.example.com; no server is behind them."""
    usual = Settings(
        database_url="postgresql://127.0.0.1:1/none",
        redis_url="redis://127.0.0.1:1/0",
        secret_key="a secret of the tests",
        api_url="https://book.example.com",
        data=Path("unused"),
        mail_from="hello@book.example.com",
    )
    return replace(usual, **differences)


def a_scheduled_session(training_session: Mapping[str, Any] | None = None, **differences: Any) -> ScheduledSession:
    """Return evening yoga with Olena in the Blue room; `training_session` differs from the usual in these fields."""
    usual = ScheduledSession(
        training_session=a_training_session(**(training_session or {})),
        training_name="Evening yoga",
        training_description="",
        trainer_name="Olena Koval",
        space_name="Blue room",
        time_zone="Europe/Kyiv",
        booked=10,
        waitlisted=2,
        position=12,
    )
    return replace(usual, **differences)


def a_told_booking(
    status: BookingStatus = BookingStatus.CONFIRMED,
    *,
    session: ScheduledSession | None = None,
    place_in_line: int | None = None,
    pass_name: str = "Ten sessions",
    **differences: Any,
) -> MyBooking:
    """Return Maria's booking as it stands now; `differences` are of the `Booking` itself."""
    usual = Booking(
        id=BookingId(an_id("booking of Maria")),
        member_id=MEMBER,
        pass_id=a_pass("Maria").id,
        status=status,
        position=7,
        booked_at=NOW - timedelta(days=1),
        cancelled_at=NOW if status is BookingStatus.CANCELLED else None,
    )
    return MyBooking(replace(usual, **differences), session or a_scheduled_session(), pass_name, place_in_line)


def a_told_notice(kind: NoticeKind = NoticeKind.BOOKING_CONFIRMED, **differences: Any) -> ToldNotice:
    """Return a notice of this kind to Maria with details, booking and pass as they usually are with it."""
    usual = ToldNotice(
        id=4711,
        number=318,
        kind=kind,
        details={},
        created_at=NOW,
        read_at=None,
        starts_at=None,
        booking_id=None,
        pass_id=None,
        member_id=MEMBER,
        member_name="Maria Ivanenko",
        email="maria@example.com",
        studio_name="Lumen Studio",
        time_zone="Europe/Kyiv",
        pass_=None,
        pass_name=None,
        told_before=False,
        refunded=False,
        booking=None,
    )
    if kind in WITH_A_LINK:
        return replace(usual, **{**_usual_with_a_link(kind), **differences})
    told = replace(usual, **{**_usual_with(kind), **differences})
    booking = told.booking
    return replace(
        told,
        booking_id=booking.booking.id if booking and "booking_id" not in differences else told.booking_id,
        starts_at=booking.session.training_session.starts_at
        if booking and "starts_at" not in differences
        else told.starts_at,
        pass_id=told.pass_.id if told.pass_ and "pass_id" not in differences else told.pass_id,
    )


def a_delivery(notice: ToldNotice | None = None, channel: Channel = Channel.EMAIL, **differences: Any) -> Delivery:
    """Return a delivery of this notice, claimed for the first time at `NOW` or at once after the notice, if later."""
    told = notice or a_told_notice()
    address, keys = _ADDRESSES.get(channel, ("", {}))
    usual = Delivery(
        id=90210,
        channel=channel,
        address=told.email or "" if channel is Channel.EMAIL else address,
        address_id=None if channel is Channel.EMAIL else an_id(f"address of {channel}"),
        attempts=1,
        lease_ends_at=max(NOW, told.created_at) + timedelta(minutes=2),
        attempts_allowed=12,
        keys=dict(keys),
        preferences=Preferences(),
        notice=told,
        now=max(NOW, told.created_at) + timedelta(seconds=2),
    )
    return replace(usual, **differences)


_ADDRESSES: dict[Channel, tuple[str, dict[str, str]]] = {
    Channel.PUSH: (
        "Maria's phone",
        {
            # The receiver's keys of the example in RFC 8291, section 5.
            "endpoint": "https://push.example.com/v1/maria",
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        },
    ),
    Channel.WEBHOOK: ("https://hooks.example.com/seatline", {"secret": "a secret of the operator"}),
}


_OF_WAITERS = {
    NoticeKind.WAITLISTED,
    NoticeKind.PROMOTED,
    NoticeKind.PLACE_OFFERED,
    NoticeKind.OFFER_EXPIRED,
    NoticeKind.SKIPPED,
}


def _usual_with(kind: NoticeKind) -> dict[str, Any]:
    """Return what differs between the kinds: what the engine writes with each, and how things stand right after."""
    cancelled = BookingStatus.CANCELLED
    match kind:
        case NoticeKind.BOOKING_CONFIRMED | NoticeKind.SESSION_UPDATED:
            return {"booking": a_told_booking()}
        case NoticeKind.BOOKING_CANCELLED:
            return {"booking": a_told_booking(cancelled), "details": {"by": "member", "why": ""}, "refunded": True}
        case NoticeKind.LEFT_WAITLIST:
            return {"booking": a_told_booking(cancelled), "details": {"by": "member", "why": ""}}
        case NoticeKind.SESSION_RESCHEDULED:
            free_until = NOW + timedelta(days=1)
            session = a_scheduled_session({"free_cancelling_until": free_until})
            return {
                "booking": a_told_booking(session=session),
                "details": {"starts_at": START.isoformat(), "free_cancelling_until": free_until.isoformat()},
            }
        case NoticeKind.SESSION_CANCELLED:
            return {
                "booking": a_told_booking(cancelled, session=a_scheduled_session({"cancelled": True})),
                "details": {"by": "session", "why": "Olena is ill."},
                "refunded": True,
            }
        case NoticeKind.REMINDER:
            lead = timedelta(hours=24)
            return {"booking": a_told_booking(), "details": {"lead_minutes": 1440}, "created_at": START - lead}
        case _ if kind in _OF_WAITERS:
            return _usual_with_a_waiter(kind)
        case _:
            return _usual_with_a_pass(kind)


def _usual_with_a_waiter(kind: NoticeKind) -> dict[str, Any]:
    waiting, cancelled = BookingStatus.WAITLISTED, BookingStatus.CANCELLED
    match kind:
        case NoticeKind.WAITLISTED:
            return {"booking": a_told_booking(waiting, place_in_line=3), "details": {"place_in_line": 3}}
        case NoticeKind.PROMOTED:
            return {"booking": a_told_booking(promoted_at=NOW)}
        case NoticeKind.SKIPPED:
            reasons = (RefusalReason.PASS_EXHAUSTED,)
            return {
                "booking": a_told_booking(waiting, skipped=reasons, place_in_line=1),
                "details": {"reasons": [str(reason) for reason in reasons]},
            }
        case NoticeKind.PLACE_OFFERED:
            until = NOW + timedelta(minutes=30)
            return {
                "booking": a_told_booking(BookingStatus.OFFERED, offered_until=until),
                "details": {"until": until.isoformat()},
            }
        case NoticeKind.OFFER_EXPIRED:
            return {"booking": a_told_booking(cancelled, offered_until=NOW)}
        case _:
            raise AssertionError(f"say what is usual with {kind}")


def _usual_with_a_link(kind: NoticeKind) -> dict[str, Any]:
    """Written as read, and never numbered."""
    holds = timedelta(hours=1) if kind is NoticeKind.PASSWORD_RESET else timedelta(days=14)
    return {"link": PasswordLink(an_id("link of Maria"), NOW + holds), "number": None, "read_at": NOW}


def _usual_with_a_pass(kind: NoticeKind) -> dict[str, Any]:
    counted = a_pass("Maria", sessions_left=10, expires_at=EXPIRES_AT)
    expiry = EXPIRES_AT.isoformat()
    match kind:
        case NoticeKind.PASS_RUNNING_LOW:
            pass_ = replace(counted, sessions_left=2)
            details: dict[str, Any] = {"sessions_left": 2}
            return {"booking": a_told_booking(), "pass_": pass_, "pass_name": "Ten sessions", "details": details}
        case NoticeKind.PASS_EXPIRING:
            details = {"expires_at": expiry}
        case NoticeKind.PASS_REQUEST_DECLINED:
            why = "It is for beginners only."
            return {"details": {"request_id": str(an_id("request of Maria")), "type": "Ten sessions", "why": why}}
        case NoticeKind.PASS_CHANGED:
            details = {"sessions_left": 10, "expires_at": expiry, "trainings": ["Evening yoga", "Pilates"]}
        case NoticeKind.PASS_GRANTED | NoticeKind.PASS_DEACTIVATED | NoticeKind.PASS_ACTIVATED:
            details = {"sessions_left": 10, "expires_at": expiry, "sessions_added": None, "days_added": None}
        case _:
            details = {"sessions_left": 10, "expires_at": expiry, "sessions_added": 5, "days_added": 30}
    return {"pass_": counted, "pass_name": "Ten sessions", "details": details}
