"""Who is reminded of what, and when: once, in time, and before the quiet hours."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time

import pytest
from redis import Redis

from domain.channels import Channel
from domain.commands import CancelSession, RescheduleSession
from domain.ids import TrainingSessionId
from domain.quiet_hours import QuietHours
from domain.sending import moved_on
from storage.database import Db
from storage.deliveries import Delivery, claim_due
from storage.notices import relay
from tests.builders import TICK
from tests.integration.studio import KYIV, Studio
from tests.integration.workers.reminding import (
    DAY,
    EVENING,
    HOUR,
    LONG,
    MORNING,
    SHORT,
    booked,
    choose_quiet_hours,
    only_what_comes,
    reminders_of,
    run,
)
from workers import remind
from workers.outcomes import CHANNEL
from workers.queues import QueueName


@pytest.fixture(autouse=True)
def _nothing_due(db: Db) -> Iterator[None]:
    with only_what_comes(db):
        yield


def move(studio: Studio, session: TrainingSessionId, starts_at: datetime) -> None:
    studio.ask(session, studio.staff, RescheduleSession(starts_at, 60, studio.trainer_id, studio.space_id))
    studio.serve(session)


def test_a_member_is_reminded_a_day_and_two_hours_before_once_each(studio: Studio) -> None:
    _, _, booking = booked(studio)

    sent = [
        (run(studio, now), len(reminders_of(studio.db, booking)))
        for lead in (DAY, 2 * HOUR)
        for now in (EVENING - 3 * DAY, EVENING - lead - TICK, EVENING - lead, EVENING - lead, EVENING - lead + HOUR)
    ]

    assert sent == [(0, 0), (0, 0), (1, 1), (0, 1), (0, 1), (0, 1), (0, 1), (1, 2), (0, 2), (0, 2)]
    assert reminders_of(studio.db, booking) == [(LONG, EVENING), (SHORT, EVENING)]


def test_without_an_instant_the_database_clock_counts(studio: Studio) -> None:
    _, member, booking = booked(studio)
    choose_quiet_hours(studio.db, member, None)
    assert remind.remind(studio.notifier_pool, studio.redis) == 0

    studio.db.execute(
        """
        UPDATE bookings SET starts_at = now() + interval '2 hours', booked_at = now() - interval '1 day',
                            remind_at = now() - interval '1 minute'
         WHERE id = %s
        """,
        (booking,),
    )

    assert remind.remind(studio.notifier_pool, studio.redis) == 1
    assert [minutes for minutes, _ in reminders_of(studio.db, booking)] == [SHORT]


def test_who_waits_is_reminded_from_the_promotion_on(studio: Studio) -> None:
    session = studio.a_session(starts_at=EVENING, capacity=1)
    first, second = studio.members(2)
    leaving, waiting = studio.book(session, first), studio.book(session, second)
    studio.serve(session)
    run(studio, EVENING - DAY)
    assert reminders_of(studio.db, waiting) == []

    studio.cancel(session, first, leaving)
    studio.serve(session)
    run(studio, EVENING - DAY)
    run(studio, EVENING - 2 * HOUR)

    assert reminders_of(studio.db, waiting) == [(LONG, EVENING), (SHORT, EVENING)]
    assert reminders_of(studio.db, leaving) == [(LONG, EVENING)]


@pytest.mark.parametrize("by", ["member", "session"])
def test_a_cancelled_booking_is_not_reminded_of(studio: Studio, by: str) -> None:
    session, member, booking = booked(studio)
    if by == "member":
        studio.cancel(session, member, booking)
    else:
        studio.ask(session, studio.staff, CancelSession("no heating"))
    studio.serve(session)

    assert run(studio, EVENING - DAY) == run(studio, EVENING - 2 * HOUR) == 0


def test_a_late_booking_is_reminded_of_the_short_lead_only(studio: Studio) -> None:
    starts_at = datetime.now(UTC) + 10 * HOUR
    session = studio.a_session(starts_at=starts_at)
    member = studio.a_member()
    choose_quiet_hours(studio.db, member, None)
    booking = studio.book(session, member)
    studio.serve(session)

    assert remind.remind(studio.notifier_pool, studio.redis) == 0
    assert run(studio, starts_at - 2 * HOUR) == 1
    assert [minutes for minutes, _ in reminders_of(studio.db, booking)] == [SHORT]


def test_after_an_outage_only_the_last_reminder_is_sent(studio: Studio) -> None:
    _, _, booking = booked(studio)

    assert run(studio, EVENING - HOUR) == 1
    assert run(studio, EVENING - HOUR / 2) == 0
    assert reminders_of(studio.db, booking) == [(SHORT, EVENING)]


def test_after_an_outage_that_lasts_beyond_the_start_nothing_is_sent(studio: Studio) -> None:
    _, _, booking = booked(studio)

    assert run(studio, EVENING) == 0
    assert studio.db.execute("SELECT remind_at FROM bookings WHERE id = %s", (booking,)).fetchone() == (None,)


def test_a_moved_session_is_reminded_of_at_its_new_time_and_the_old_reminder_is_dropped(studio: Studio) -> None:
    session, _, booking = booked(studio)
    later = EVENING + 3 * DAY
    assert run(studio, EVENING - DAY) == 1

    move(studio, session, later)
    of_old_time = run(studio, EVENING - 2 * HOUR)
    of_new_time = [run(studio, later - DAY), run(studio, later - 2 * HOUR)]
    while relay(studio.db, limit=100):
        pass

    assert (of_old_time, of_new_time) == (0, [1, 1])
    assert reminders_of(studio.db, booking) == [(LONG, EVENING), (LONG, later), (SHORT, later)]
    claimed = claim_due(studio.db, Channel.EMAIL, limit=100, lease_seconds=60)
    notices = [one.notice for one in claimed if isinstance(one, Delivery) and one.kind == "reminder"]
    assert [moved_on(notice.facts, now=EVENING - DAY) for notice in notices] == [
        "the session was rescheduled", None, None,
    ]  # fmt: skip


def test_moved_to_the_same_time_again_nobody_is_reminded_twice(studio: Studio) -> None:
    session, _, booking = booked(studio)
    run(studio, EVENING - DAY)
    move(studio, session, EVENING + DAY)
    move(studio, session, EVENING)

    assert run(studio, EVENING - DAY) == 0
    assert run(studio, EVENING - 2 * HOUR) == 1
    assert reminders_of(studio.db, booking) == [(LONG, EVENING), (SHORT, EVENING)]


@pytest.mark.parametrize(
    ("starts", "day_before"),
    [("2031-03-30T18:00", "2031-03-29T17:00"), ("2031-10-26T18:00", "2031-10-25T19:00")],
    ids=["an hour is lost", "an hour comes twice"],
)
def test_reminders_keep_their_distance_across_a_change_of_the_clocks(
    studio: Studio, starts: str, day_before: str
) -> None:
    starts_at, at = (datetime.fromisoformat(wall).replace(tzinfo=KYIV).astimezone(UTC) for wall in (starts, day_before))
    _, _, booking = booked(studio, starts_at)

    counts = [run(studio, now) for now in (at - TICK, at, starts_at - 2 * HOUR - TICK, starts_at - 2 * HOUR)]

    assert counts == [0, 1, 0, 1]
    assert reminders_of(studio.db, booking) == [(LONG, starts_at), (SHORT, starts_at)]


@pytest.mark.parametrize(
    ("starts", "hours_before"),
    [("2031-06-05T09:00", 11), ("2031-03-30T09:00", 10), ("2031-10-26T09:00", 12)],
    ids=["an ordinary night", "an hour is lost", "an hour comes twice"],
)
def test_a_reminder_of_a_morning_goes_out_before_the_quiet_hours(
    studio: Studio, starts: str, hours_before: int
) -> None:
    starts_at = datetime.fromisoformat(starts).replace(tzinfo=KYIV).astimezone(UTC)
    at_ten_in_the_evening = starts_at - hours_before * HOUR
    _, _, booking = booked(studio, starts_at)
    run(studio, starts_at - DAY)

    assert run(studio, at_ten_in_the_evening - TICK) == 0
    assert run(studio, at_ten_in_the_evening) == 1
    assert reminders_of(studio.db, booking)[-1] == (SHORT, starts_at)
    assert run(studio, starts_at - 2 * HOUR) == 0


def test_a_member_without_quiet_hours_is_reminded_at_night(studio: Studio) -> None:
    _, member, booking = booked(studio, MORNING)
    choose_quiet_hours(studio.db, member, None)
    run(studio, MORNING - DAY)

    assert run(studio, MORNING - 2 * HOUR - TICK) == 0
    assert run(studio, MORNING - 2 * HOUR) == 1
    assert reminders_of(studio.db, booking) == [(LONG, MORNING), (SHORT, MORNING)]


@pytest.mark.parametrize(
    ("before", "after", "hours_before"),
    [
        (None, QuietHours(time(21), time(8)), 12),
        (QuietHours(time(21), time(8)), QuietHours(time(23), time(8)), 10),
        (QuietHours(time(21), time(8)), None, 2),
    ],
)
def test_quiet_hours_chosen_between_two_looks_count(
    studio: Studio, before: QuietHours | None, after: QuietHours | None, hours_before: int
) -> None:
    _, member, booking = booked(studio, MORNING)
    choose_quiet_hours(studio.db, member, before)
    run(studio, MORNING - DAY)

    choose_quiet_hours(studio.db, member, after)
    run(studio, MORNING - DAY + HOUR)

    assert run(studio, MORNING - hours_before * HOUR - TICK) == 0
    assert run(studio, MORNING - hours_before * HOUR) == 1
    assert reminders_of(studio.db, booking) == [(LONG, MORNING), (SHORT, MORNING)]


def test_reminders_are_pushed_and_cost_one_token(studio: Studio) -> None:
    _, member, booking = booked(studio)
    studio.redis.flushdb()
    heard = studio.redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    heard.subscribe(CHANNEL)
    heard.get_message(timeout=5)

    run(studio, EVENING - DAY)
    message = heard.get_message(timeout=5)
    heard.close()

    assert message is not None
    (told,) = json.loads(message["data"])["notices"]
    assert (told["kind"], told["booking_id"], told["member_id"]) == ("reminder", str(booking), str(member.id))
    assert studio.redis.llen(QueueName.NOTIFICATIONS) == 1


def test_without_redis_reminders_are_written_all_the_same(studio: Studio) -> None:
    _, _, booking = booked(studio)
    away = Redis(port=9, socket_connect_timeout=1)

    assert remind.remind(studio.notifier_pool, away, now=EVENING - DAY) == 1
    assert reminders_of(studio.db, booking) == [(LONG, EVENING)]
