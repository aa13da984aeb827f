"""Every page in each of its states, for one member of the demo studio whose week is as full as a real one."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.ids import MemberId, PassId
from ops import seed_plan as plan
from tests.browser.house import House, Person
from tests.e2e.running_stack import until

ME = "andrii@example.com"
TEN_SESSIONS, YOGA_MONTH = "Ten sessions", "Yoga month"
WITHOUT_SIGN_IN = {
    "sign-in",
    "password forgotten",
    "password forgotten, sent",
    "password",
    "password, invited",
    "password, dead link",
    "session, signed out",
    "unsubscribe",
    "unsubscribe, broken link",
}
PAGES = (
    "sign-in",
    "password forgotten",
    "password forgotten, sent",
    "password",
    "password, invited",
    "password, dead link",
    "schedule",
    "schedule, nothing found",
    "dates",
    "dates, backwards",
    "week",
    "week of dates",
    "month",
    "session, signed out",
    "session, open",
    "session, in line",
    "session, with a place",
    "session, cancelled",
    "session, over",
    "booking",
    "bookings",
    "bookings, past",
    "cancel",
    "passes",
    "ask for a pass",
    "inbox",
    "preferences",
    "problem",
    "unsubscribe",
    "unsubscribe, broken link",
)


@dataclass(frozen=True)
class Showcase:
    """The addresses of `PAGES`; those that are not in `WITHOUT_SIGN_IN` are seen by `me`."""

    me: Person
    addresses: dict[str, str]


def set_up(house: House) -> Showcase:
    """Make the member's week and return where to see it."""
    until(lambda: house.one("SELECT count(*) FROM commands WHERE status = 'waiting'") == (0,), "the seed is applied")
    me_id = house.demo_member(ME)
    monday = _next_monday()
    strength, boxing, yoga = (_first(house, name, monday) for name in ("Strength basics", "Boxing", "Yoga flow"))
    full = _first(house, "HIIT", monday, capacity=6)
    booking_id = house.book(strength, me_id, _pass(house, me_id, TEN_SESSIONS))
    house.book(yoga, me_id, _pass(house, me_id, YOGA_MONTH))
    _stand_in_line(house, full, me_id)
    cancelled, over = house.a_session(), house.a_session(starts_in=timedelta(days=-2))
    house.db.execute("UPDATE training_sessions SET cancelled = true WHERE id = %s", (cancelled.id,))
    until(lambda: house.one("SELECT count(*) >= 3 FROM notices WHERE member_id = %s", me_id)[0], "the inbox is told")
    dates_end = monday.date() + timedelta(days=10)
    me = Person(me_id, "Andrii Shevchuk", ME, PassId(_pass(house, me_id, TEN_SESSIONS)), TEN_SESSIONS)
    return Showcase(me, {
        "sign-in": "/sign-in",
        "password forgotten": "/password-reset",
        "password forgotten, sent": "/password-reset/sent",
        "password": house.password_path(house.a_member()),
        "password, invited": house.invitation_path("Nadiia"),
        "password, dead link": "/password/dead",
        "schedule": f"/?day={monday.date()}",
        "schedule, nothing found": "/?day=2001-01-01",
        "dates": f"/?from={monday.date()}&to={dates_end}",
        "dates, backwards": f"/?from={dates_end}&to={monday.date()}",
        "week": f"/week?day={monday.date()}",
        "week of dates": f"/week?from={monday.date()}&to={dates_end}",
        "month": f"/month?day={monday.date()}",
        "session, signed out": f"/sessions/{boxing}",
        "session, open": f"/sessions/{boxing}",
        "session, in line": f"/sessions/{full}",
        "session, with a place": f"/sessions/{strength}",
        "session, cancelled": cancelled.path,
        "session, over": over.path,
        "booking": f"/bookings/{booking_id}",
        "bookings": "/bookings",
        "bookings, past": "/bookings?when=past",
        "cancel": f"/bookings/{booking_id}/cancel",
        "passes": "/passes",
        "ask for a pass": "/passes/ask",
        "inbox": "/inbox",
        "preferences": "/preferences",
        "problem": "/no/such/page",
        "unsubscribe": house.unsubscribe_path(me),
        "unsubscribe, broken link": "/unsubscribe/broken",
    })  # fmt: skip


def _next_monday() -> datetime:
    today = datetime.now(UTC).astimezone(ZoneInfo(plan.TIME_ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=7 - today.weekday())


def _first(house: House, training: str, after: datetime, *, capacity: int | None = None) -> UUID:
    """Return the first session of the training from then on, of this capacity or any."""
    found: UUID = house.one(
        """
        SELECT training_sessions.id FROM training_sessions JOIN trainings ON trainings.id = training_id
         WHERE trainings.name = %s AND starts_at >= %s AND (%s::int IS NULL OR training_sessions.capacity = %s)
         ORDER BY starts_at LIMIT 1
        """,
        training, after, capacity, capacity,
    )[0]  # fmt: skip
    return found


def _pass(house: House, member_id: MemberId, name: str) -> UUID:
    found: UUID = house.one(
        """
        SELECT passes.id FROM passes JOIN pass_types ON pass_types.id = pass_type_id
         WHERE member_id = %s AND pass_types.name = %s
        """,
        member_id, name,
    )[0]  # fmt: skip
    return found


def _stand_in_line(house: House, session_id: UUID, me: MemberId) -> None:
    """Fill the session, with two in line before me and two behind me where that many are not there yet."""
    there, capacity = house.one("SELECT booked + waiting, capacity FROM training_sessions WHERE id = %s", session_id)
    others = _regulars_not_in(house, session_id)
    before = max(capacity + 2 - there, 0)
    everybody = [*others[:before], me, *others[before : before + 2]]
    for one in everybody:
        house.book(session_id, one, _pass(house, one, TEN_SESSIONS))


def _regulars_not_in(house: House, session_id: UUID) -> list[MemberId]:
    regulars = [one.email for one in plan.PEOPLE if one.role == "member" and not one.signs_in]
    rows: list[tuple[Any, ...]] = house.db.execute(
        """
        SELECT id FROM members WHERE email = ANY(%s)
           AND id NOT IN (SELECT member_id FROM bookings WHERE training_session_id = %s) ORDER BY email
        """,
        (regulars, session_id),
    ).fetchall()
    return [MemberId(row[0]) for row in rows]
