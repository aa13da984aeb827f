"""Deliveries: written with the outcome, claimed by one worker, settled as sent, due again or failed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from psycopg_pool import ConnectionPool

from storage.database import Db
from storage.deliveries import Delivery, claim_due
from tests.integration.studio import Studio
from workers import deliver
from workers.providers import PROVIDERS
from workers.providers.outcomes import Attempt, GiveUp, Sent, TryAgain
from workers.queues import QueueName


@pytest.fixture(autouse=True)
def _nothing_due(db: Db) -> None:
    db.execute("DELETE FROM deliveries")


class ScriptedProvider:
    """Answers as told, then `Sent`; remembers what it was given."""

    def __init__(self, *script: Attempt | Exception) -> None:
        self.script = list(script)
        self.given: list[Delivery] = []

    def __call__(self, delivery: Delivery) -> Attempt:
        self.given.append(delivery)
        answer = self.script.pop(0) if self.script else Sent()
        if isinstance(answer, Exception):
            raise answer
        return answer


def booked(studio: Studio, places: int = 1) -> None:
    session = studio.a_session(capacity=places)
    for member in studio.members(places):
        studio.book(session, member)
    studio.serve(session)


def state(studio: Studio) -> tuple[object, ...]:
    row = studio.db.execute(
        "SELECT status, attempts, last_error, due_at > clock_timestamp() FROM deliveries"
    ).fetchone()
    assert row is not None
    return row


def test_every_notice_is_one_delivery_in_the_transaction_of_its_outcome(studio: Studio) -> None:
    session = studio.a_session(capacity=1)
    first, second = studio.members(2)
    booking = studio.book(session, first)
    studio.book(session, second)
    studio.cancel(session, first, booking)
    studio.serve(session)

    rows = studio.db.execute("SELECT member_id, kind, status FROM deliveries ORDER BY id").fetchall()

    assert rows == [
        (first.id, "booking_confirmed", "due"),
        (second.id, "waitlisted", "due"),
        (first.id, "booking_cancelled", "due"),
        (second.id, "promoted", "due"),
    ]


def test_a_batch_with_notices_costs_one_coalesced_token(studio: Studio) -> None:
    booked(studio, places=3)
    booked(studio, places=3)

    assert studio.redis.llen(QueueName.NOTIFICATIONS) == 1


def test_what_is_due_is_sent_with_what_its_message_needs(
    studio: Studio, pool: ConnectionPool[Db], monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = ScriptedProvider()
    monkeypatch.setitem(PROVIDERS, "console", provider)
    booked(studio)

    assert deliver.deliver_due(pool, studio.redis) == 1

    (delivery,) = provider.given
    assert (delivery.kind, delivery.attempts, delivery.time_zone) == ("booking_confirmed", 1, "Europe/Kyiv")
    assert delivery.address.endswith("@example.test")
    assert state(studio)[:3] == ("sent", 1, None)


def test_the_console_provider_delivers(
    studio: Studio, pool: ConnectionPool[Db], capsys: pytest.CaptureFixture[str]
) -> None:
    booked(studio)

    deliver.deliver_due(pool, studio.redis)

    assert "kind=booking_confirmed" in capsys.readouterr().err
    assert state(studio)[0] == "sent"


def test_a_provider_that_cannot_now_is_asked_again_later(
    studio: Studio, pool: ConnectionPool[Db], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PROVIDERS, "console", ScriptedProvider(TryAgain("greylisted"), ConnectionError("reset")))
    booked(studio)

    deliver.deliver_due(pool, studio.redis)
    assert state(studio) == ("due", 1, "greylisted", True)
    assert deliver.deliver_due(pool, studio.redis) == 0
    for expected in (("due", 2, "ConnectionError: reset", True), ("sent", 3, None, True)):
        studio.db.execute("UPDATE deliveries SET due_at = clock_timestamp()")
        deliver.deliver_due(pool, studio.redis)
        assert state(studio)[:3] == expected[:3]


def test_giving_up_is_final_and_keeps_the_reason(
    studio: Studio, pool: ConnectionPool[Db], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PROVIDERS, "console", ScriptedProvider(GiveUp("no such address")))
    booked(studio)

    deliver.deliver_due(pool, studio.redis)

    assert state(studio)[:3] == ("failed", 1, "no such address")


def test_trying_again_ends_after_the_last_attempt(
    studio: Studio, pool: ConnectionPool[Db], monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = [TryAgain("down")] * deliver.ATTEMPTS_MAX
    monkeypatch.setitem(PROVIDERS, "console", ScriptedProvider(*attempts))
    booked(studio)

    for _ in attempts:
        studio.db.execute("UPDATE deliveries SET due_at = clock_timestamp()")
        deliver.deliver_due(pool, studio.redis)

    assert state(studio)[:3] == ("failed", deliver.ATTEMPTS_MAX, "down")


def test_back_off_doubles_and_is_bounded() -> None:
    for attempts, longest in ((1, 2.0), (2, 4.0), (5, 32.0), (30, 3600.0)):
        assert longest / 2 <= deliver.back_off_seconds(attempts) <= longest


def test_two_workers_never_claim_the_same_delivery(studio: Studio, pool: ConnectionPool[Db]) -> None:
    booked(studio, places=40)

    def claim(_: int) -> list[int]:
        with pool.connection() as db:
            return [delivery.id for delivery in claim_due(db, limit=7, lease_seconds=60)]

    with ThreadPoolExecutor(6) as threads:
        claimed = [id_ for ids in threads.map(claim, range(6)) for id_ in ids]
    assert len(claimed) == len(set(claimed)) == 40


def test_what_a_dead_worker_was_sending_is_claimed_again_after_its_lease(
    studio: Studio, pool: ConnectionPool[Db]
) -> None:
    booked(studio)
    with pool.connection() as db:
        assert len(claim_due(db, limit=10, lease_seconds=0)) == 1

    deliver.deliver_due(pool, studio.redis)

    assert state(studio)[:2] == ("sent", 2)
