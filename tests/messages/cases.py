"""One notice of every kind, and one more for each thing a kind says otherwise: what the snapshots show."""

from dataclasses import replace
from datetime import timedelta

from domain.facts import BookingStatus
from domain.notices import WITH_A_LINK, NoticeKind
from domain.policies import Offer, Policies
from storage.told import ToldNotice
from tests.builders import NOW, START, a_pass
from tests.messages.telling import a_scheduled_session, a_told_booking, a_told_notice

WAITLISTED, CANCELLED = BookingStatus.WAITLISTED, BookingStatus.CANCELLED

_BY_STAFF = {"by": "staff", "why": "The session is for beginners only."}
_MOVED = a_scheduled_session({"free_cancelling_until": NOW + timedelta(days=1)})
_REFUNDED_FOR_A_DAY = a_scheduled_session({"policies": Policies(refund_deadline_minutes=24 * 60)})
_UNLIMITED = a_pass("Maria", sessions_left=None, expires_at=None)
_NOTHING_ADDED = {"sessions_left": 10, "expires_at": None, "sessions_added": None, "days_added": None}


def _cases() -> dict[str, ToldNotice]:
    kinds = NoticeKind
    rescheduled = a_told_notice(kinds.SESSION_RESCHEDULED)
    extended = a_told_notice(kinds.PASS_EXTENDED)
    usual = {str(kind): a_told_notice(kind) for kind in kinds}
    return usual | {
        "booking_confirmed-too_late_to_cancel": a_told_notice(
            kinds.BOOKING_CONFIRMED, created_at=START - timedelta(hours=1)
        ),
        "booking_confirmed-guest": a_told_notice(kinds.BOOKING_CONFIRMED, is_guest=True),
        "pass_granted-guest": a_told_notice(kinds.PASS_GRANTED, is_guest=True),
        "waitlisted-far_back": a_told_notice(
            kinds.WAITLISTED, booking=a_told_booking(WAITLISTED), details={"place_in_line": 1240}
        ),
        "waitlisted-for_an_offer": a_told_notice(
            kinds.WAITLISTED,
            booking=a_told_booking(
                WAITLISTED, place_in_line=3, session=a_scheduled_session({"policies": Policies(offer=Offer(30))})
            ),
        ),
        "place_offered-guest": a_told_notice(kinds.PLACE_OFFERED, is_guest=True),
        "waitlisted-line_stands_still": a_told_notice(kinds.WAITLISTED, created_at=START - timedelta(hours=2)),
        "promoted-within_grace": a_told_notice(
            kinds.PROMOTED,
            booking=a_told_booking(promoted_at=START - timedelta(hours=2)),
            created_at=START - timedelta(hours=2),
        ),
        "skipped-several_reasons": a_told_notice(
            kinds.SKIPPED, details={"reasons": ["pass_expired", "pass_exhausted"]}
        ),
        "booking_cancelled-by_staff": a_told_notice(kinds.BOOKING_CANCELLED, details=_BY_STAFF),
        "booking_cancelled-not_refunded": a_told_notice(kinds.BOOKING_CANCELLED, refunded=False),
        "left_waitlist-by_staff": a_told_notice(kinds.LEFT_WAITLIST, details=_BY_STAFF),
        "session_rescheduled-waiting": replace(
            rescheduled, booking=a_told_booking(WAITLISTED, session=_MOVED, place_in_line=2)
        ),
        "session_updated-waiting": a_told_notice(
            kinds.SESSION_UPDATED, booking=a_told_booking(WAITLISTED, place_in_line=2)
        ),
        "session_updated-offered": a_told_notice(
            kinds.SESSION_UPDATED,
            booking=a_told_booking(BookingStatus.OFFERED, offered_until=NOW + timedelta(minutes=30)),
        ),
        "booking_confirmed-refund_ends_first": a_told_notice(
            kinds.BOOKING_CONFIRMED, booking=a_told_booking(session=_REFUNDED_FOR_A_DAY)
        ),
        "booking_confirmed-no_refund_any_more": a_told_notice(
            kinds.BOOKING_CONFIRMED,
            booking=a_told_booking(session=_REFUNDED_FOR_A_DAY),
            created_at=START - timedelta(hours=12),
        ),
        "session_cancelled-waiting": a_told_notice(kinds.SESSION_CANCELLED, refunded=False),
        "session_cancelled-no_reason_given": a_told_notice(
            kinds.SESSION_CANCELLED, details={"by": "session", "why": ""}
        ),
        "reminder-today": a_told_notice(
            kinds.REMINDER, details={"lead_minutes": 120}, created_at=START - timedelta(hours=2)
        ),
        "reminder-in_three_days": a_told_notice(
            kinds.REMINDER, details={"lead_minutes": 4320}, created_at=START - timedelta(hours=72)
        ),
        "pass_running_low-never_expiring": a_told_notice(
            kinds.PASS_RUNNING_LOW, pass_=a_pass("Maria", sessions_left=2)
        ),
        "pass_expiring-at_an_hour": a_told_notice(
            kinds.PASS_EXPIRING, details={"expires_at": "2026-03-31T13:30:00+00:00"}
        ),
        "pass_expiring-unlimited": a_told_notice(kinds.PASS_EXPIRING, pass_=_UNLIMITED),
        "pass_expiring-used_up": a_told_notice(kinds.PASS_EXPIRING, pass_=replace(_UNLIMITED, sessions_left=0)),
        "pass_granted-unlimited": a_told_notice(
            kinds.PASS_GRANTED, pass_=_UNLIMITED, details=_NOTHING_ADDED | {"sessions_left": None}
        ),
        "pass_activated-unlimited": a_told_notice(
            kinds.PASS_ACTIVATED, pass_=_UNLIMITED, details=_NOTHING_ADDED | {"sessions_left": None}
        ),
        "pass_changed-every_training": a_told_notice(
            kinds.PASS_CHANGED, pass_=_UNLIMITED, details={"sessions_left": None, "expires_at": None, "trainings": None}
        ),
        "pass_changed-many_trainings": a_told_notice(
            kinds.PASS_CHANGED,
            details={
                "sessions_left": 3,
                "expires_at": None,
                "trainings": [f"Morning yoga {n:02}" for n in range(1, 14)],
            },
        ),
        "pass_extended-by_sessions": replace(extended, details=extended.details | {"days_added": None}),
        "pass_extended-by_one_session": replace(
            extended, details=extended.details | {"sessions_added": 1, "days_added": None}
        ),
        "pass_extended-by_days": replace(extended, details=extended.details | {"sessions_added": None}),
        "pass_extended-without_end": a_told_notice(
            kinds.PASS_EXTENDED, pass_=_UNLIMITED, details=_NOTHING_ADDED | {"sessions_left": None}
        ),
    }


CASES = _cases()
"""By the name of its snapshot: the kind, or the kind and what is different about it."""

INBOX_CASES = {name: notice for name, notice in CASES.items() if notice.kind not in WITH_A_LINK}
"""Those of `CASES` that are said in every language."""
