"""A booking in its member's own calendar: the same event in mails, as a file and in the feed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from icalendar import Calendar

from domain.channels import Channel
from domain.commands import CancelSession, RescheduleSession
from domain.ids import BookingId, TrainingSessionId
from storage.deliveries import Delivery, claim_due
from storage.notices import relay
from storage.queries.bookings import find_booking
from tests.integration.api.calendars import booked, cancelled, event_of, events_of, new_feed, pretend, taken_along
from tests.integration.api.conftest import Caller, problem
from tests.integration.studio import Member, Studio
from tests.messages.reading import event_in, received
from workers.messages.plain import plain

HOSTILE = [
    'He said "yoga"; a, b: c\\n \\ d',
    "Yoga\r\nMETHOD:CANCEL\nEND:VEVENT\r\nEND:VCALENDAR",
    "Вечірня йога 🧘🏽‍♀️ " * 30,
    "\N{LINE SEPARATOR}\x0b\x85;,\N{RIGHT-TO-LEFT OVERRIDE}",
]


@pytest.fixture(autouse=True)
def _no_notices_of_others(studio: Studio) -> None:
    studio.db.execute("TRUNCATE notices CASCADE")


def moved(studio: Studio, session_id: TrainingSessionId, starts_at: datetime, *, lasts_minutes: int) -> None:
    command = RescheduleSession(starts_at, lasts_minutes, studio.trainer_id, studio.space_id)
    command_id = studio.ask(session_id, studio.staff, command)
    studio.serve(session_id)
    assert studio.status(command_id) == "applied"


def mailed(studio: Studio, member: Member | None) -> Any:
    """Return the event in the newest mail to this member."""
    assert member is not None
    while relay(studio.db, limit=100):
        pass
    claimed = claim_due(studio.db, Channel.EMAIL, limit=100, lease_seconds=60)
    mine = [one for one in claimed if isinstance(one, Delivery) and one.notice.member_id == member.id]
    return event_in(received(mine[-1]))


def common(event: Any) -> dict[str, Any]:
    """Return what every way of an event says; of UID and URL the host is the mail's own, so it is left out."""
    assert event["UID"].partition("@")[2] in {"127.0.0.1", "book.example.com"}
    path = event["URL"].partition("/sessions/")[2]
    names = ("SEQUENCE", "SUMMARY", "LOCATION", "STATUS")
    times = {name: event[name].dt for name in ("DTSTART", "DTEND")}
    return {"UID": event["UID"].partition("@")[0], "URL": path, **times} | {name: event[name] for name in names}


def test_a_confirmed_booking_can_be_taken_along(me: Caller, studio: Studio) -> None:
    booking_id = booked(studio, me.member, studio.a_session())

    answer = taken_along(me, booking_id)

    assert answer.content_type == "text/calendar; charset=utf-8; method=PUBLISH"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="booking.ics"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert Calendar.from_ical(answer.data)["METHOD"] == "PUBLISH"
    event = event_of(answer)
    assert event["UID"] == f"{booking_id}@127.0.0.1"
    assert event["ORGANIZER"].params["CN"] == "Studio"
    assert "ATTENDEE" not in event


def test_mail_download_and_feed_are_one_event(me: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    booking_id = booked(studio, me.member, session_id)

    mail = common(mailed(studio, me.member))

    assert common(event_of(taken_along(me, booking_id))) == mail
    assert common(event_of(me.get(new_feed(me)))) == mail
    assert mail["UID"] == str(booking_id)


def test_a_session_that_is_moved_moves_in_the_calendar(me: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    booking_id = booked(studio, me.member, session_id)
    feed = new_feed(me)
    before = event_of(me.get(feed))
    starts_at = datetime(2031, 1, 16, 16, 0, tzinfo=UTC)

    moved(studio, session_id, starts_at, lasts_minutes=75)

    after = event_of(me.get(feed))
    assert (after["DTSTART"].dt, after["DTEND"].dt) == (starts_at, starts_at + timedelta(minutes=75))
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["DTSTAMP"].dt >= before["DTSTAMP"].dt
    assert common(after) == common(mailed(studio, me.member)) == common(event_of(taken_along(me, booking_id)))


def test_a_booking_that_is_cancelled_is_cancelled_in_the_feed(me: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    booking_id = booked(studio, me.member, session_id)
    feed = new_feed(me)
    before = event_of(me.get(feed))

    cancelled(studio, me.member, session_id, booking_id)

    after = event_of(me.get(feed))
    assert (before["STATUS"], after["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert common(after) == common(mailed(studio, me.member))
    said = problem(taken_along(me, booking_id), 404, "booking_not_found")["detail"]
    assert "is cancelled" in said


def test_a_session_that_is_cancelled_is_cancelled_in_the_feed(me: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    booked(studio, me.member, session_id)
    feed = new_feed(me)

    studio.ask(session_id, studio.staff, CancelSession("The heating is broken"))
    studio.serve(session_id)

    event = event_of(me.get(feed))
    assert event["STATUS"] == "CANCELLED"
    assert common(event) == common(mailed(studio, me.member))


def test_who_books_again_has_two_events(me: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    first = booked(studio, me.member, session_id)
    cancelled(studio, me.member, session_id, first)
    second = booked(studio, me.member, session_id)

    events = events_of(me.get(new_feed(me)))

    stands = {event["UID"].partition("@")[0]: str(event["STATUS"]) for event in events}
    assert stands == {str(first): "CANCELLED", str(second): "CONFIRMED"}


def test_who_waits_has_nothing_in_the_calendar_until_a_place_comes(me: Caller, studio: Studio) -> None:
    session_id, other = studio.a_session(capacity=1), studio.a_member()
    others_booking = booked(studio, other, session_id)
    booking_id = booked(studio, me.member, session_id)
    feed = new_feed(me)

    assert events_of(me.get(feed)) == []
    assert "waits in line" in problem(taken_along(me, booking_id), 404, "booking_not_found")["detail"]

    cancelled(studio, other, session_id, others_booking)

    assert event_of(me.get(feed))["STATUS"] == "CONFIRMED"
    assert event_of(taken_along(me, booking_id))["UID"].startswith(str(booking_id))


def test_who_left_the_line_never_had_an_event(me: Caller, studio: Studio) -> None:
    session_id = studio.a_session(capacity=1)
    booked(studio, studio.a_member(), session_id)
    booking_id = booked(studio, me.member, session_id)

    cancelled(studio, me.member, session_id, booking_id)

    assert events_of(me.get(new_feed(me))) == []


@pytest.mark.parametrize(
    ("starts_at", "begin", "end"),
    [
        (datetime(2031, 3, 30, 0, 30, tzinfo=UTC), "20310330T003000Z", "20310330T020000Z"),
        (datetime(2031, 10, 26, 0, 30, tzinfo=UTC), "20311026T003000Z", "20311026T020000Z"),
    ],
)
def test_over_the_change_of_clocks_times_are_utc_and_the_length_stays(
    me: Caller, studio: Studio, starts_at: datetime, begin: str, end: str
) -> None:
    booking_id = booked(studio, me.member, studio.a_session(starts_at=starts_at, lasts_minutes=90))

    for answer in (taken_along(me, booking_id), me.get(new_feed(me))):
        lines = answer.text.split("\r\n")
        assert f"DTSTART:{begin}" in lines
        assert f"DTEND:{end}" in lines
        assert "BEGIN:VTIMEZONE" not in lines


def test_another_members_booking_is_neither_in_my_feed_nor_to_be_taken_along(me: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    others = booked(studio, studio.a_member(), session_id)
    mine = booked(studio, me.member, session_id)

    event = event_of(me.get(new_feed(me)))

    assert event["UID"] == f"{mine}@127.0.0.1"
    found = [problem(taken_along(me, BookingId(id_)), 404, "booking_not_found") for id_ in (others, uuid4())]
    assert found[0] == found[1]


def test_a_booking_whose_command_waits_is_in_no_calendar(me: Caller, studio: Studio) -> None:
    assert me.member is not None
    booking_id = studio.book(studio.a_session(), me.member)

    problem(taken_along(me, booking_id), 404, "booking_not_found")
    assert events_of(me.get(new_feed(me))) == []


def test_a_booking_of_a_past_session_can_still_be_taken_along(me: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    booking_id = booked(studio, me.member, session_id)
    pretend(studio, session_id, datetime.now(UTC) - timedelta(days=90))

    found = find_booking(studio.db, booking_id)

    assert found is not None
    assert event_of(taken_along(me, booking_id))["SEQUENCE"] == found.session.position


@pytest.fixture
def studio_named(studio: Studio) -> Iterator[Any]:
    yield lambda name: studio.db.execute("UPDATE studio SET name = %s", (name,))
    studio.db.execute("UPDATE studio SET name = 'Studio'")


@pytest.mark.parametrize("name", HOSTILE)
def test_names_can_neither_end_a_line_nor_add_a_property(
    me: Caller, studio: Studio, studio_named: Any, name: str
) -> None:
    booking_id = booked(studio, me.member, studio.a_session())
    feed = new_feed(me)
    usual = [set(event_of(answer)) for answer in (taken_along(me, booking_id), me.get(feed))]
    studio_named(name)
    own = f"{name} {studio.training_id}"
    studio.db.execute("UPDATE trainings SET name = %s WHERE id = %s", (own, studio.training_id))
    studio.db.execute("UPDATE spaces SET name = %s WHERE id = %s", (own, studio.space_id))

    answers = [taken_along(me, booking_id), me.get(feed)]

    assert [set(event_of(answer)) for answer in answers] == usual
    for answer in answers:
        assert event_of(answer)["SUMMARY"] == plain(own)
        assert all(len(line) <= 75 for line in answer.data.split(b"\r\n"))
        assert answer.data.count(b"\n") == answer.data.count(b"\r\n")
        assert answer.data.count(b"BEGIN:VEVENT") == 1
    assert set(Calendar.from_ical(answers[1].data)) == {
        *("PRODID", "VERSION", "NAME", "X-WR-CALNAME", "REFRESH-INTERVAL", "X-PUBLISHED-TTL")
    }
