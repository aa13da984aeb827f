"""Deliveries: relayed from notices, claimed by one courier, settled as sent, due again, failed or dropped."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from psycopg import OperationalError
from psycopg_pool import ConnectionPool

from domain.channels import Channel
from domain.commands import CancelForMember, RescheduleSession
from domain.ids import TrainingSessionId
from storage.database import Db
from storage.deliveries import ATTEMPTS_ALLOWED, AttemptRow, Delivery, DeliveryStatus, Settlement, claim_due, settle
from storage.notices import relay
from tests.integration.studio import Member, Studio
from tests.integration.workers.postroom import Desk, ScriptedProvider, kinds
from workers import courier
from workers.messages import MessageError
from workers.metrics import COUNTERS
from workers.providers.outcomes import GiveUp, Sent, TryAgain
from workers.queues import QueueName


def booked(studio: Studio, places: int = 1) -> tuple[TrainingSessionId, list[Member]]:
    session, members = studio.a_session(capacity=places), studio.members(places)
    for member in members:
        studio.book(session, member)
    studio.serve(session)
    return session, members


def test_a_batch_with_notices_costs_one_coalesced_token(studio: Studio, desk: Desk) -> None:
    booked(studio, places=3)
    booked(studio, places=3)

    assert studio.redis.llen(QueueName.NOTIFICATIONS) == 1


def test_what_is_due_is_sent_with_what_its_message_needs_and_the_call_is_on_record(studio: Studio, desk: Desk) -> None:
    provider = ScriptedProvider([Sent("250 queued as 7")])
    session, _ = booked(studio)

    counted = desk.postroom(provider).deliver_due()

    (delivery,) = provider.given
    assert delivery.address.endswith("@example.test")
    assert delivery.notice.time_zone == "Europe/Kyiv"
    assert delivery.notice.booking
    assert delivery.notice.booking.session.training_session.id == session
    assert desk.states() == [("sent", 1, None)]
    assert desk.attempts() == [(1, "scripted", "sent", "250 queued as 7")]
    assert counted["delivery:email:booking_confirmed:sent"] == 1
    assert studio.redis.hget(COUNTERS, "delivery:email:booking_confirmed:sent") == "1"


def test_a_provider_that_cannot_now_is_asked_again_later(studio: Studio, desk: Desk) -> None:
    postroom = desk.postroom(ScriptedProvider([TryAgain("greylisted"), ConnectionError("reset")]))
    booked(studio)

    postroom.deliver_due()
    assert desk.states() == [("due", 1, "greylisted")]
    postroom.deliver_due()
    assert desk.states() == [("due", 1, "greylisted")], "it is not due yet"
    for expected in (("due", 2, "ConnectionError: reset"), ("sent", 3, None)):
        desk.all_due()
        postroom.deliver_due()
        assert desk.states() == [expected]
    assert [attempt[:3] for attempt in desk.attempts()] == [
        (1, "scripted", "try_again"),
        (2, "scripted", "try_again"),
        (3, "scripted", "sent"),
    ]


def test_giving_up_is_final_and_keeps_the_reason(studio: Studio, desk: Desk) -> None:
    booked(studio)

    desk.postroom(ScriptedProvider([GiveUp("550 no such user")])).deliver_due()

    assert desk.states() == [("failed", 1, "550 no such user")]
    assert desk.attempts() == [(1, "scripted", "give_up", "550 no such user")]


def test_trying_again_ends_after_the_last_attempt(studio: Studio, desk: Desk) -> None:
    postroom = desk.postroom(ScriptedProvider(answer=lambda _: TryAgain("mailbox full")))
    booked(studio)

    for _ in range(ATTEMPTS_ALLOWED):
        desk.all_due()
        postroom.deliver_due()

    assert desk.states() == [("failed", ATTEMPTS_ALLOWED, "mailbox full")]


def test_back_off_doubles_and_is_bounded() -> None:
    for attempts, longest in ((1, 5.0), (2, 10.0), (5, 80.0), (30, 3600.0)):
        assert longest / 2 <= courier.back_off_seconds(attempts) <= longest


def test_what_a_server_says_is_kept_in_a_form_the_database_takes(studio: Studio, desk: Desk) -> None:
    booked(studio)

    desk.postroom(ScriptedProvider([GiveUp("550 \0 half a character: \ud83d " + "x" * 2000)])).deliver_due()

    status, _, reason = desk.states()[0]
    assert status == "failed"
    assert reason.startswith("550  half a character: ?")
    assert len(reason) == courier.SAID_MAX


def test_two_couriers_never_claim_the_same_delivery(
    studio: Studio, desk: Desk, notifier_pool: ConnectionPool[Db]
) -> None:
    booked(studio, places=40)
    relay(desk.db, limit=100)

    def claim(_: int) -> list[int]:
        with notifier_pool.connection() as db:
            return [delivery.id for delivery in claim_due(db, Channel.EMAIL, limit=7, lease_seconds=60)]

    with ThreadPoolExecutor(6) as threads:
        claimed = [id_ for ids in threads.map(claim, range(6)) for id_ in ids]
    assert len(claimed) == len(set(claimed)) == 40


def test_who_lost_the_lease_settles_nothing(studio: Studio, desk: Desk, db: Db) -> None:
    booked(studio)
    relay(desk.db, limit=100)
    (slow,) = claim_due(db, Channel.EMAIL, limit=1, lease_seconds=0)
    (quick,) = claim_due(db, Channel.EMAIL, limit=1, lease_seconds=60)

    settle(db, [Settlement(slow.id, slow.kind, slow.attempts, slow.lease_ends_at, DeliveryStatus.FAILED, "too late")])

    assert desk.states() == [("sending", 2, None)]
    sent = AttemptRow("scripted", "sent", "250", 1)
    lease_ends_at = quick.lease_ends_at
    settle(db, [Settlement(quick.id, quick.kind, quick.attempts, lease_ends_at, DeliveryStatus.SENT, attempt=sent)])
    assert desk.states() == [("sent", 2, None)]


def test_a_confirmation_is_dropped_when_the_booking_is_cancelled_before_it_is_sent(studio: Studio, desk: Desk) -> None:
    provider = ScriptedProvider()
    session, member = studio.a_session(), studio.a_member()
    booking = studio.book(session, member)
    studio.serve(session)
    studio.ask(session, studio.staff, CancelForMember(booking, "ill"))
    studio.serve(session)

    desk.postroom(provider).deliver_due()

    assert kinds(provider.given) == ["booking_cancelled"]
    assert desk.states() == [("dropped", 0, "the booking is cancelled"), ("sent", 1, None)]


def test_what_speaks_of_an_old_start_is_dropped_and_the_new_start_is_told(studio: Studio, desk: Desk) -> None:
    provider = ScriptedProvider()
    session, _ = booked(studio)
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)
    studio.ask(session, studio.staff, RescheduleSession(later, 60, studio.trainer_id, studio.space_id))
    studio.serve(session)

    desk.postroom(provider).deliver_due()

    assert kinds(provider.given) == ["session_rescheduled"]
    assert desk.states() == [("dropped", 0, "the session was rescheduled"), ("sent", 1, None)]


def test_what_a_member_does_not_want_is_dropped_with_that_reason(studio: Studio, desk: Desk) -> None:
    provider = ScriptedProvider()
    _, (member,) = booked(studio)
    studio.db.execute(
        "INSERT INTO notification_preferences (member_id, choices) VALUES (%s, %s)",
        (member.id, '{"booking_confirmed": {"email": false}}'),
    )

    desk.postroom(provider).deliver_due()

    assert provider.given == []
    assert desk.states() == [("dropped", 0, "the member does not want this by email")]


def test_what_can_wait_is_held_until_the_quiet_hours_end(studio: Studio, desk: Desk) -> None:
    provider = ScriptedProvider()
    session, (member,) = booked(studio)
    now = datetime.now(UTC)
    studio.db.execute(
        "INSERT INTO notification_preferences (member_id, quiet_from, quiet_until)"
        " SELECT %s, (%s AT TIME ZONE time_zone)::time, (%s AT TIME ZONE time_zone)::time FROM studio",
        (member.id, now - timedelta(hours=2), now + timedelta(hours=5)),
    )
    starts_at = studio.db.execute("SELECT starts_at FROM training_sessions WHERE id = %s", (session,)).fetchone()
    assert starts_at
    moved = RescheduleSession(starts_at[0], 60, studio.trainer_id, studio._named("spaces", f"Garden {uuid4()}"))
    studio.ask(session, studio.staff, moved)
    studio.serve(session)

    desk.postroom(provider).deliver_due()

    assert kinds(provider.given) == ["booking_confirmed"], "an answer to what the member just did never waits"
    assert desk.states()[1] == ("due", 0, "quiet hours")
    held = studio.db.execute("SELECT due_at FROM deliveries WHERE reason = 'quiet hours'").fetchone()
    assert held
    assert abs(held[0] - now - timedelta(hours=5)) < timedelta(minutes=1)


def test_a_message_that_cannot_be_written_fails_alone(studio: Studio, desk: Desk) -> None:
    provider = ScriptedProvider([MessageError("template promoted.txt: 'trainer' is undefined")])
    booked(studio, places=3)

    desk.postroom(provider).deliver_due()

    assert sorted(desk.states()) == [
        ("failed", 1, "template promoted.txt: 'trainer' is undefined"),
        ("sent", 1, None),
        ("sent", 1, None),
    ]


def test_a_notice_of_a_kind_this_version_does_not_know_fails_alone(studio: Studio, desk: Desk) -> None:
    provider = ScriptedProvider()
    booked(studio, places=2)
    studio.db.execute("UPDATE notices SET kind = 'from_the_future' WHERE id = (SELECT min(id) FROM notices)")

    desk.postroom(provider).deliver_due()

    failed, sent = desk.states()
    assert failed[:2] == ("failed", 0)
    assert "'from_the_future' is not a valid NoticeKind" in failed[2]
    assert sent == ("sent", 1, None)


def test_the_record_is_written_when_the_database_is_back(
    studio: Studio, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = ScriptedProvider()
    booked(studio)
    away = [OperationalError("server closed the connection")]

    def settle_later(db: Db, settlements: list[Settlement]) -> None:
        if away:
            raise away.pop()
        settle(db, settlements)

    monkeypatch.setattr(courier, "settle", settle_later)
    desk.postroom(provider).deliver_due()

    assert len(provider.given) == 1
    assert desk.states() == [("sent", 1, None)]


def test_what_is_left_calls_the_next_shift(studio: Studio, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "CLAIM_MAX", 3)
    monkeypatch.setattr("workers.shift.SHIFT_SECONDS", 0.0)
    booked(studio, places=8)
    studio.redis.delete(QueueName.NOTIFICATIONS)
    provider = ScriptedProvider()
    postroom = desk.postroom(provider)

    postroom.deliver_due()
    assert desk.count("due") == 8, "a shift that is over begins nothing"
    monkeypatch.undo()
    monkeypatch.setattr(courier, "CLAIM_MAX", 3)
    postroom.deliver_due()

    assert desk.count("sent") == 8


def gone(delivery: Delivery) -> GiveUp:
    return GiveUp(f"410 from {delivery.address}", address_gone=True)


def test_a_gone_push_subscription_is_removed_and_what_else_was_due_to_it_dropped(studio: Studio, desk: Desk) -> None:
    session, (member,) = booked(studio)
    studio.db.execute(
        "INSERT INTO push_subscriptions (id, member_id, endpoint, p256dh, auth, device)"
        " VALUES (%s, %s, %s, 'key', 'auth', 'Firefox')",
        (uuid4(), member.id, f"https://push.test/{uuid4()}"),
    )
    booking = studio.db.execute("SELECT id FROM bookings WHERE training_session_id = %s", (session,)).fetchone()
    assert booking
    studio.ask(session, studio.staff, CancelForMember(booking[0], "ill"))
    studio.serve(session)
    provider = ScriptedProvider(channel=Channel.PUSH, only_server=None, calls_at_once=1, answer=gone)
    postroom = desk.postroom(provider)

    postroom.deliver_due()
    studio.db.execute("UPDATE deliveries SET status = 'due' WHERE channel = 'push' AND status = 'failed'")
    desk.all_due()
    postroom.deliver_due()

    left = studio.db.execute("SELECT count(*) FROM push_subscriptions WHERE member_id = %s", (member.id,)).fetchone()
    assert left == (0,)
    assert ("dropped", 1, "this address is gone") in desk.states(Channel.PUSH)
