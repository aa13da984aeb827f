"""What was settled in the database, lived once more by the naive model; and what the API must then say."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.ids import TrainingSessionId
from storage.database import Db
from storage.queries.schedule import find_session
from tests.integration.api.conftest import Caller
from tests.properties.naive_model import NaiveSession, NaiveStudio, Person, Told
from tests.properties.world import naive_session

LIVE = ("confirmed", "offered", "waiting", "skipped")


@dataclass
class Asked:
    """A command that was accepted, with all it takes to send it once more."""

    by: Caller
    path: str
    body: Any
    key: str
    answer: dict[str, Any] = field(default_factory=dict)


def as_planned(db: Db, session: TrainingSessionId) -> NaiveSession:
    """Return a session nobody has asked for yet, as the model knows it."""
    found = find_session(db, session)
    assert found is not None
    return naive_session(found.training_session)


def lived(naive: NaiveStudio, session: TrainingSessionId, row: dict[str, Any]) -> list[Told]:
    """Let the model carry out a command as the log holds it; return what it says came of it."""
    payload, actor, now = row["payload"], row["actor_id"], row["accepted_at"]
    booking = UUID(payload.get("booking_id", str(row["id"])))
    match row["kind"]:
        case "book_seat":
            return naive.book(session, booking, actor, UUID(payload["pass_id"]), now, by_staff=False)
        case "book_for_member":
            member, pass_id = UUID(payload["member_id"]), UUID(payload["pass_id"])
            return naive.book(session, booking, member, pass_id, now, by_staff=True)
        case "cancel_booking":
            return naive.cancel(session, booking, actor, now)
        case "cancel_for_member":
            return naive.cancel(session, booking, None, now, refund=payload.get("refund", True))
        case "accept_offer":
            owners = [one.member for one in naive.sessions[session].people if one.booking == booking]
            return naive.accept(session, booking, (owners or [actor])[0] if row["actor_is_staff"] else actor, now)
        case _:
            return _of_the_session(naive, session, row)


def _of_the_session(naive: NaiveStudio, session: TrainingSessionId, row: dict[str, Any]) -> list[Told]:
    payload, now = row["payload"], row["accepted_at"]
    match row["kind"]:
        case "change_capacity":
            return naive.change_capacity(session, payload["capacity"], now)
        case "reschedule_session":
            return naive.move(
                session,
                datetime.fromisoformat(payload["starts_at"]),
                minutes=payload["lasts_minutes"],
                trainer=UUID(payload["trainer_id"]),
                space=UUID(payload["space_id"]),
                now=now,
            )
        case "clear_bookings":
            return naive.clear(session, refund=payload.get("refund", True))
        case "cancel_session":
            return naive.call_off(session)
        case "reconsider_waitlist":
            return naive.reconsider(session, UUID(payload["pass_id"]), now)
        case "expire_offers":
            return naive.expire(session, now)
        case kind:
            raise AssertionError(kind)


def refused(told: list[Told]) -> set[str]:
    """Return the reasons, if the model refuses."""
    return set(told[0][1]) if told and told[0][0] == "refused" else set()  # type: ignore[arg-type]


def expected_session(session: NaiveSession, member: UUID, position: int) -> dict[str, Any]:
    """Return what the session's page says to this member."""
    booked = len(session.those("confirmed", "offered"))
    mine = [one for one in session.those(*LIVE) if one.member == member]
    return {
        "status": "cancelled" if session.off else "scheduled",
        "starts_at": session.starts_at,
        "lasts_minutes": session.minutes,
        "capacity": session.capacity,
        "booked": booked,
        "spots_left": max(session.capacity - booked, 0),
        "waitlisted": len(session.those("waiting", "skipped")),
        "position": position,
        "my_booking": expected_booking(session, mine[0]) if mine else None,
    }


def expected_booking(session: NaiveSession, person: Person) -> dict[str, Any]:
    """Return what is said of a booking to whose it is."""
    waits = person.state in {"waiting", "skipped"}
    ahead = session.people[: session.people.index(person)]
    return {
        "id": str(person.booking),
        "status": {"waiting": "waitlisted", "skipped": "waitlisted", "gone": "cancelled"}.get(
            person.state, person.state
        ),
        "pass": str(person.pays_with),
        "place_in_line": 1 + sum(one.state == "waiting" for one in ahead) if waits else None,
        "skipped": set(person.why_skipped) if waits else set(),
        "promoted_at": person.promoted_at,
        "offered_until": person.offered_until if person.state == "offered" else None,
    }


def shown_session(detail: dict[str, Any]) -> dict[str, Any]:
    """Return the same of an answer."""
    names = ("status", "lasts_minutes", "capacity", "booked", "spots_left", "waitlisted", "position")
    mine = detail["my_booking"]
    return {
        **{name: detail[name] for name in names},
        "starts_at": datetime.fromisoformat(detail["starts_at"]),
        "my_booking": None if mine is None else shown_booking(mine),
    }


def shown_booking(booking: dict[str, Any]) -> dict[str, Any]:
    """Return the same of an answer."""
    return {
        "id": booking["id"],
        "status": booking["status"],
        "pass": booking["pass"]["id"],
        "place_in_line": booking["place_in_line"],
        "skipped": {reason["code"] for reason in booking["skipped"]},
        **{name: _instant(booking[name]) for name in ("promoted_at", "offered_until")},
    }


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@contextmanager
def commands_come_later(db: Db) -> Iterator[None]:
    """Let commands be accepted, and settled, later than now, by as much as the table `clock_ahead` says."""
    db.execute("""
        CREATE TABLE clock_ahead (by interval NOT NULL);
        INSERT INTO clock_ahead VALUES ('0');
        CREATE FUNCTION come_later() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        DECLARE later interval := (SELECT by FROM clock_ahead);
        BEGIN
            IF TG_OP = 'INSERT' THEN
                NEW.accepted_at := NEW.accepted_at + later;
            ELSE
                NEW.applied_at := NEW.applied_at + later;
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER come_later BEFORE INSERT OR UPDATE OF applied_at ON commands
            FOR EACH ROW EXECUTE FUNCTION come_later();
    """)
    try:
        yield
    finally:
        db.execute("DROP TRIGGER come_later ON commands; DROP FUNCTION come_later; DROP TABLE clock_ahead")


def paged(me: Caller, path: str) -> Iterator[dict[str, Any]]:
    page = me.get(path).json
    yield from page["items"]
    while page["next_cursor"]:
        page = me.get(f"{path}&cursor={page['next_cursor']}").json
        yield from page["items"]
