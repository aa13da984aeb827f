"""Calendars put a place in, move it and take it out again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from domain.facts import BookingStatus
from domain.notices import NoticeKind
from storage.told import ToldNotice
from tests.builders import NOW, START
from tests.messages.reading import calendar_of, event_in, parts_of, received
from tests.messages.telling import a_delivery, a_scheduled_session, a_told_booking, a_told_notice, some_settings

REQUESTS = [
    NoticeKind.BOOKING_CONFIRMED,
    NoticeKind.PROMOTED,
    NoticeKind.SESSION_RESCHEDULED,
    NoticeKind.SESSION_UPDATED,
]
CANCELS = [NoticeKind.BOOKING_CANCELLED, NoticeKind.SESSION_CANCELLED]
NOTHING = [kind for kind in NoticeKind if kind not in {*REQUESTS, *CANCELS}]


def with_session(notice: ToldNotice, **differences: Any) -> ToldNotice:
    assert notice.booking is not None
    return replace(notice, booking=replace(notice.booking, session=replace(notice.booking.session, **differences)))


@pytest.mark.parametrize(
    ("kind", "method", "status"),
    [(kind, "REQUEST", "CONFIRMED") for kind in REQUESTS] + [(kind, "CANCEL", "CANCELLED") for kind in CANCELS],
)
def test_a_place_that_begins_changes_or_ends_reaches_the_calendar(kind: NoticeKind, method: str, status: str) -> None:
    mail = received(a_delivery(a_told_notice(kind)))

    (part,) = [part for part in mail.iter_parts() if part.get_content_type() == "text/calendar"]
    assert part["Content-Type"].params == {"method": method, "charset": "utf-8"}
    assert calendar_of(mail)["METHOD"] == method
    assert event_in(mail)["STATUS"] == status


@pytest.mark.parametrize("kind", NOTHING)
def test_what_changes_no_place_leaves_the_calendar_alone(kind: NoticeKind) -> None:
    assert "text/calendar" not in parts_of(received(a_delivery(a_told_notice(kind))))


@pytest.mark.parametrize("kind", [NoticeKind.SESSION_RESCHEDULED, NoticeKind.SESSION_UPDATED])
@pytest.mark.parametrize("status", [BookingStatus.WAITLISTED, BookingStatus.CANCELLED])
def test_who_has_no_place_gets_no_invitation(kind: NoticeKind, status: BookingStatus) -> None:
    notice = replace(a_told_notice(kind), booking=a_told_booking(status))

    assert "text/calendar" not in parts_of(received(a_delivery(notice)))


def test_who_only_waited_for_a_cancelled_session_has_nothing_to_take_out() -> None:
    notice = a_told_notice(NoticeKind.SESSION_CANCELLED, refunded=False)

    assert "text/calendar" not in parts_of(received(a_delivery(notice)))


def test_a_place_keeps_its_uid_and_each_change_comes_after_the_one_before() -> None:
    way = [
        (NoticeKind.PROMOTED, 12),
        (NoticeKind.SESSION_RESCHEDULED, 15),
        (NoticeKind.SESSION_UPDATED, 16),
        (NoticeKind.BOOKING_CANCELLED, 20),
    ]

    events = [event_in(received(a_delivery(with_session(a_told_notice(kind), position=at)))) for kind, at in way]

    assert len({event["UID"] for event in events}) == 1
    assert [event["SEQUENCE"] for event in events] == [12, 15, 16, 20]
    assert [event["STATUS"] for event in events] == ["CONFIRMED", "CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert len({str(event[who]) for event in events for who in ("ORGANIZER", "ATTENDEE")}) == 2


def test_two_bookings_have_two_uids() -> None:
    other = a_told_booking(id=a_told_notice(NoticeKind.PROMOTED).member_id)

    uids = {event_in(received(a_delivery(notice)))["UID"] for notice in (a_told_notice(), a_told_notice(booking=other))}

    assert len(uids) == 2
    assert all(uid.endswith("@book.example.com") for uid in uids)


def test_a_second_sending_says_the_same_but_when_it_was_said() -> None:
    first = event_in(received(a_delivery()))
    second = event_in(received(a_delivery(attempts=2, now=NOW + timedelta(minutes=5))))

    assert second["DTSTAMP"].dt == NOW + timedelta(minutes=5)
    assert {name for name in first if first[name] != second[name]} == {"DTSTAMP"}


@pytest.mark.parametrize("starts_at", [START, START.astimezone(timezone(timedelta(hours=2)))])
def test_times_are_utc_and_the_end_is_as_far_as_the_session_is_long(starts_at: datetime) -> None:
    notice = with_session(
        a_told_notice(),
        training_session=a_scheduled_session({"starts_at": starts_at, "lasts_minutes": 75}).training_session,
    )

    text = parts_of(received(a_delivery(notice)))["text/calendar"]

    assert "\nDTSTART:20260305T180000Z\n" in text
    assert "\nDTEND:20260305T191500Z\n" in text


def test_a_session_over_the_change_of_clocks_keeps_its_length() -> None:
    over_the_change = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    notice = a_told_notice(
        booking=a_told_booking(session=a_scheduled_session({"starts_at": over_the_change, "lasts_minutes": 90}))
    )

    event = event_in(received(a_delivery(notice)))

    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(minutes=90)


def test_the_calendar_says_what_where_and_who() -> None:
    event = event_in(received(a_delivery()))

    assert event["SUMMARY"] == "Evening yoga"
    assert event["LOCATION"] == "Blue room, Lumen Studio"
    assert event["ORGANIZER"] == "mailto:hello@book.example.com"
    assert event["ORGANIZER"].params["CN"] == "Lumen Studio"
    assert event["ATTENDEE"] == "mailto:maria@example.com"
    assert dict(event["ATTENDEE"].params) == {"CN": "Maria Ivanenko", "PARTSTAT": "ACCEPTED"}
    assert event["URL"].startswith("https://book.example.com/sessions/")


@pytest.mark.parametrize(
    "name",
    [
        'He said "yoga"; a, b: c\\n \\ d',
        "Yoga\r\nMETHOD:CANCEL\nEND:VEVENT",
        "Вечірня йога 🧘🏽‍♀️ " * 30,
        "x" * 500,
        "^n^'caret",
    ],
)
def test_names_can_neither_end_a_line_nor_add_a_property(name: str) -> None:
    usual = event_in(received(a_delivery()))
    notice = with_session(a_told_notice(member_name=name, studio_name=name), training_name=name, space_name=name)

    mail = received(a_delivery(notice))

    event = event_in(mail)
    assert set(event) == set(usual)
    assert event["SUMMARY"] == " ".join(name.split())
    assert [error for part in calendar_of(mail).walk() for error in part.errors] == []
    assert all(len(line.encode()) <= 75 for line in parts_of(mail)["text/calendar"].split("\n"))


def test_an_unusual_address_is_one_uri() -> None:
    delivery = a_delivery(address="maria+o'neill?subject=x@example.com")

    assert event_in(received(delivery))["ATTENDEE"] == "mailto:maria+o'neill%3Fsubject%3Dx@example.com"


def test_without_a_sender_the_organizer_is_at_the_host_of_the_api() -> None:
    event = event_in(received(a_delivery(), some_settings(mail_from="")))

    assert event["ORGANIZER"] == "mailto:seatline@book.example.com"
