"""The relay: numbers without gaps in the order of commits, and a delivery for each way to each person."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

from psycopg_pool import ConnectionPool

from domain.ids import BookingId, MemberId
from domain.notices import Notice, NoticeKind
from storage.database import Db, connect
from storage.notices import relay, write_notices
from tests.integration.studio import Studio
from tests.integration.workers.postroom import Desk


def a_notice(member_id: MemberId, kind: NoticeKind = NoticeKind.BOOKING_CONFIRMED) -> Notice:
    return Notice(kind, member_id, BookingId(uuid4()), {})


def write(db: Db, *notices: Notice, cause: UUID | None = None) -> None:
    write_notices(db, [(cause or uuid4(), notice) for notice in notices], starts_at=[None] * len(notices))


def deliveries(db: Db) -> list[tuple[Any, ...]]:
    return db.execute("SELECT channel, address, status FROM deliveries ORDER BY id").fetchall()


def numbers(db: Db) -> list[int | None]:
    return [row[0] for row in db.execute("SELECT number FROM notices ORDER BY id")]


def test_a_member_is_told_by_mail_on_every_device_and_every_webhook_that_asked(studio: Studio, desk: Desk) -> None:
    member = studio.a_member()
    for device in ("Firefox", "Phone"):
        studio.db.execute(
            "INSERT INTO push_subscriptions (id, member_id, endpoint, p256dh, auth, device)"
            " VALUES (%s, %s, %s, 'key', 'auth', %s)",
            (uuid4(), member.id, f"https://push.test/{uuid4()}", device),
        )
    for url, kinds, active in (
        ("https://all.test", None, True),
        ("https://these.test", ["booking_confirmed"], True),
        ("https://others.test", ["promoted"], True),
        ("https://off.test", None, False),
    ):
        studio.db.execute(
            "INSERT INTO webhooks (id, url, secret, kinds, active) VALUES (%s, %s, 'whsec_', %s, %s)",
            (uuid4(), url, kinds, active),
        )
    write(desk.db, a_notice(member.id))

    assert relay(desk.db, limit=10) == 1

    assert sorted(deliveries(desk.db)) == sorted(
        [
            ("email", f"{member.id}@example.test", "due"),
            ("push", "Firefox", "due"),
            ("push", "Phone", "due"),
            ("webhook", "https://all.test", "due"),
            ("webhook", "https://these.test", "due"),
        ]
    )


def test_relaying_again_writes_nothing(studio: Studio, desk: Desk) -> None:
    write(desk.db, a_notice(studio.a_member().id))
    relay(desk.db, limit=10)
    before = deliveries(desk.db)

    assert relay(desk.db, limit=10) == 0

    assert deliveries(desk.db) == before


def test_the_same_notice_of_the_same_cause_is_written_once(studio: Studio, desk: Desk) -> None:
    notice, cause = a_notice(studio.a_member().id), uuid4()

    write(desk.db, notice, cause=cause)
    write(desk.db, notice, cause=cause)

    assert len(numbers(desk.db)) == 1


def test_a_notice_that_commits_late_gets_a_later_number(studio: Studio, desk: Desk, database_url: str) -> None:
    member = studio.a_member()
    with connect(database_url) as slow:
        with slow.transaction():
            write(slow, a_notice(member.id))
            write(desk.db, a_notice(member.id))
            relay(desk.db, limit=10)
            assert numbers(desk.db) == [1], "only what is committed has a number"
        relay(desk.db, limit=10)

    assert numbers(desk.db) == [2, 1], "who has read up to 1 finds the late one behind it"


def test_several_relays_at_once_leave_no_gap_and_no_double(
    studio: Studio, desk: Desk, notifier_pool: ConnectionPool[Db]
) -> None:
    write(desk.db, *(a_notice(member.id) for member in studio.members(60)))

    def relay_some(_: int) -> int:
        with notifier_pool.connection() as db:
            return relay(db, limit=7)

    with ThreadPoolExecutor(6) as threads:
        relayed = sum(threads.map(relay_some, range(12)))

    assert relayed == 60
    assert numbers(desk.db) == list(range(1, 61))
    assert len(deliveries(desk.db)) == 60
