"""A push message fits, lives as long as it is of use, and replaces its own earlier sending."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.channels import Channel
from domain.notices import OPEN_KINDS, NoticeKind
from storage.deliveries import Delivery
from tests.builders import NOW, START
from tests.messages.telling import a_delivery, a_scheduled_session, a_told_booking, a_told_notice, some_settings
from workers.messages import MessageError
from workers.messages.push import PAYLOAD_BYTES_MAX, push_for

A_DAY_SECONDS = 24 * 3600


def a_push(kind: NoticeKind = NoticeKind.PROMOTED, **differences: Any) -> Delivery:
    return a_delivery(a_told_notice(kind), Channel.PUSH, **differences)


@pytest.mark.parametrize("name", ["x" * 5000, "🧘🏽‍♀️" * 500, '"\\' * 500, "Ж" * 500])
@pytest.mark.parametrize("kind", OPEN_KINDS)
def test_a_payload_fits_and_is_whole_json_whatever_the_names_are(kind: NoticeKind, name: str) -> None:
    notice = a_told_notice(kind, studio_name=name, pass_name=name)
    session = a_scheduled_session(training_name=name, space_name=name)
    booking = replace(notice.booking, session=session, pass_name=name) if notice.booking else None

    message = push_for(a_delivery(replace(notice, booking=booking), Channel.PUSH), some_settings())

    assert len(message.payload.encode()) <= PAYLOAD_BYTES_MAX
    shown = json.loads(message.payload)
    assert shown.keys() == {"title", "body", "url", "tag", "kind", "notice_id"}
    assert shown["title"]
    assert shown["body"]


@pytest.mark.parametrize("beside", [2, 3, 40, 200])
def test_words_give_way_to_a_long_link(beside: int) -> None:
    short = json.loads(push_for(a_push(), some_settings()).payload) | {"body": ""}
    fixed = len(json.dumps(short, separators=(",", ":"), ensure_ascii=False).encode())
    long = "https://book.example.com/" + "x" * (PAYLOAD_BYTES_MAX - fixed - 1 - beside)

    message = push_for(a_push(), some_settings(api_url=long))

    assert PAYLOAD_BYTES_MAX - 3 <= len(message.payload.encode()) <= PAYLOAD_BYTES_MAX
    assert json.loads(message.payload)["url"].startswith(long)


def test_a_link_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(MessageError, match=r"notice 4711 .*no room"):
        push_for(a_push(), some_settings(api_url="https://book.example.com/" + "x" * PAYLOAD_BYTES_MAX))


@pytest.mark.parametrize(
    "kind",
    [
        NoticeKind.BOOKING_CONFIRMED,
        NoticeKind.WAITLISTED,
        NoticeKind.PROMOTED,
        NoticeKind.SKIPPED,
        NoticeKind.SESSION_RESCHEDULED,
        NoticeKind.SESSION_UPDATED,
        NoticeKind.REMINDER,
    ],
)
@pytest.mark.parametrize(
    ("before", "seconds"),
    [(timedelta(hours=2), 7200), (timedelta(seconds=1), 1), (timedelta(0), 0), (-timedelta(hours=1), 0)],
)
def test_nothing_about_a_session_to_come_is_kept_past_its_start(
    kind: NoticeKind, before: timedelta, seconds: int
) -> None:
    message = push_for(a_push(kind, now=START - before), some_settings())

    assert message.ttl_seconds == seconds


@pytest.mark.parametrize("kind", [NoticeKind.BOOKING_CANCELLED, NoticeKind.LEFT_WAITLIST, NoticeKind.SESSION_CANCELLED])
def test_what_stays_true_is_kept_for_a_day_at_least(kind: NoticeKind) -> None:
    shortly_before = push_for(a_push(kind, now=START - timedelta(minutes=5)), some_settings())
    long_before = push_for(a_push(kind, now=START - timedelta(days=3)), some_settings())

    assert shortly_before.ttl_seconds == A_DAY_SECONDS
    assert long_before.ttl_seconds == 3 * A_DAY_SECONDS


@pytest.mark.parametrize(
    "kind",
    sorted(kind for kind in NoticeKind if kind.startswith("pass_")),
)
def test_what_speaks_of_a_pass_is_kept_for_a_day(kind: NoticeKind) -> None:
    assert push_for(a_push(kind), some_settings()).ttl_seconds == A_DAY_SECONDS


def test_nothing_is_kept_longer_than_push_services_allow() -> None:
    message = push_for(a_push(now=START - timedelta(days=90)), some_settings())

    assert message.ttl_seconds == 28 * A_DAY_SECONDS


@pytest.mark.parametrize("kind", OPEN_KINDS)
def test_the_urgency_is_one_that_push_services_know(kind: NoticeKind) -> None:
    assert push_for(a_push(kind), some_settings()).urgency in {"very-low", "low", "normal", "high"}


def test_a_reminder_may_wake_a_device_only_when_the_session_is_soon() -> None:
    day_before = push_for(a_push(NoticeKind.REMINDER, now=START - timedelta(hours=24)), some_settings())
    soon = push_for(a_push(NoticeKind.REMINDER, now=START - timedelta(hours=2)), some_settings())

    assert (day_before.urgency, soon.urgency) == ("normal", "high")


def test_a_second_sending_replaces_the_first() -> None:
    first = push_for(a_push(), some_settings())
    second = push_for(a_push(attempts=2, now=NOW + timedelta(minutes=1)), some_settings())

    assert second.topic == first.topic
    assert json.loads(second.payload)["tag"] == json.loads(first.payload)["tag"]


def test_deliveries_of_different_notices_replace_each_other_nowhere() -> None:
    one = push_for(a_push(), some_settings())
    other = push_for(a_delivery(a_told_notice(id=8), Channel.PUSH, id=7), some_settings())

    assert other.topic != one.topic
    assert json.loads(other.payload)["tag"] != json.loads(one.payload)["tag"]


@pytest.mark.parametrize("id_", [1, 2**63 - 1])
def test_a_topic_is_one_that_push_services_take(id_: int) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,32}", push_for(a_push(id=id_), some_settings()).topic)


def test_a_booking_that_is_missing_is_refused() -> None:
    with pytest.raises(MessageError, match="no booking"):
        push_for(a_delivery(a_told_notice(booking=None), Channel.PUSH), some_settings())


def test_a_title_can_stand_alone() -> None:
    booking = a_told_booking(session=a_scheduled_session(training_name="Boxing"))

    message = push_for(a_delivery(a_told_notice(booking=booking), Channel.PUSH), some_settings())

    assert json.loads(message.payload)["title"] == "You have a place in Boxing"
