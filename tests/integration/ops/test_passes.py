"""Passes granted and extended: the row, the notice, the waiters who were skipped, and the audit afterwards."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.ids import PassId
from ops.auditing import audit
from storage.database import connect
from storage.identifiers import new_id
from storage.passes import PassError, extend_pass, grant_pass
from tests.integration.ops.granting import (
    end_of_day,
    notices_of,
    one,
    row_of,
    skipped_for_an_empty_pass,
    type_of,
)
from tests.integration.studio import KYIV, Member, Studio
from workers import passes, remind
from workers.queues import QueueName

DAY = timedelta(days=1)
NOTHING_ADDED = {"sessions_added": None, "days_added": None}


def test_a_granted_pass_is_full_and_its_member_is_told(studio: Studio) -> None:
    member = studio.a_member()
    studio.redis.flushdb()

    granted = passes.grant(studio.db, studio.redis, member_id=member.id, type_name=type_of(studio), sessions=8, days=30)

    expires_at = end_of_day(30)
    assert row_of(studio, granted.pass_.id) == (8, 8, expires_at, True, False)
    assert notices_of(studio, granted.pass_.id) == [
        ("pass_granted", {"sessions_left": 8, "expires_at": expires_at.isoformat(), **NOTHING_ADDED})
    ]
    assert studio.redis.llen(QueueName.NOTIFICATIONS) == 1


def test_an_unlimited_pass_that_never_expires_can_be_granted_and_pays(studio: Studio) -> None:
    member = studio.a_member(sessions=0)
    granted = grant_pass(studio.db, member_id=member.id, type_name=type_of(studio), sessions=None, days=None)
    session = studio.a_session()

    booking = studio.book(session, Member(member.id, granted.pass_.id))
    studio.serve(session)

    assert studio.status(booking) == "applied"
    assert row_of(studio, granted.pass_.id) == (None, None, None, True, False)
    assert notices_of(studio, granted.pass_.id) == [
        ("pass_granted", {"sessions_left": None, "expires_at": None, **NOTHING_ADDED})
    ]


def test_a_granted_pass_pays_for_what_its_type_does(studio: Studio) -> None:
    member = studio.a_member()
    training = one(studio, "SELECT name FROM trainings WHERE id = %s", studio.training_id)[0]

    first = grant_pass(
        studio.db, member_id=member.id, type_name="Morning", sessions=1, days=1, trainings=[training], new_type=True
    )
    second = grant_pass(studio.db, member_id=member.id, type_name="Morning", sessions=1, days=1)

    assert first.pass_.trainings == second.pass_.trainings == frozenset({studio.training_id})
    assert one(studio, "SELECT count(*) FROM pass_types WHERE name = 'Morning'") == (1,)


def test_types_of_one_name_are_told_apart_by_their_trainings(studio: Studio) -> None:
    member = studio.a_member()
    training = one(studio, "SELECT name FROM trainings WHERE id = %s", studio.training_id)[0]
    name = type_of(studio)
    grant_pass(studio.db, member_id=member.id, type_name=name, sessions=1, days=1, trainings=[training], new_type=True)

    with pytest.raises(PassError, match="2 pass types are called"):
        grant_pass(studio.db, member_id=member.id, type_name=name, sessions=1, days=1)
    meant = grant_pass(studio.db, member_id=member.id, type_name=name, sessions=1, days=1, trainings=[training])

    assert meant.pass_.trainings == frozenset({studio.training_id})


@pytest.mark.parametrize(
    ("differences", "said"),
    [
        ({"member_id": new_id()}, "There is no member"),
        ({"type_name": "Sauna"}, "There is no pass type 'Sauna'; there are: 'Ten times"),
        ({"type_name": " ", "new_type": True}, "needs a name"),
        ({"trainings": ["Chess"]}, "There is no training 'Chess'"),
        ({"sessions": 0}, "sessions must be from 1 to 10000, not 0"),
        ({"sessions": -3}, "not -3"),
        ({"sessions": 10_001}, "not 10001"),
        ({"days": 0}, "days must be from 1 to 3650, not 0"),
        ({"days": 100_000}, "not 100000"),
    ],
)
def test_what_makes_no_sense_is_not_granted(studio: Studio, differences: dict[str, Any], said: str) -> None:
    usual: dict[str, Any] = {"member_id": studio.a_member().id, "type_name": type_of(studio), "sessions": 5, "days": 30}
    before = one(studio, "SELECT count(*), (SELECT count(*) FROM pass_types) FROM passes")

    with pytest.raises(PassError, match=said):
        grant_pass(studio.db, **(usual | differences))

    assert one(studio, "SELECT count(*), (SELECT count(*) FROM pass_types) FROM passes") == before
    assert one(studio, "SELECT count(*) FROM notices") == (0,)


def test_added_sessions_count_as_granted_and_as_left(studio: Studio) -> None:
    session, member = studio.a_session(), studio.a_member(sessions=2)
    studio.book(session, member)
    studio.serve(session)

    extended = extend_pass(studio.db, member.pass_id, sessions=5, days=None)

    assert row_of(studio, member.pass_id)[:3] == (7, 6, None)
    assert (extended.sessions_granted, extended.pass_.sessions_left) == (7, 6)
    assert notices_of(studio, member.pass_id) == [
        ("pass_extended", {"sessions_left": 6, "expires_at": None, "sessions_added": 5, "days_added": None})
    ]


def test_extensions_at_once_all_count(studio: Studio, own_url: str) -> None:
    member = studio.a_member(sessions=1)

    def extend(_: int) -> None:
        with connect(own_url) as db:
            extend_pass(db, member.pass_id, sessions=2, days=None)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(extend, range(8)))

    assert row_of(studio, member.pass_id)[:2] == (17, 17)


def test_added_days_count_from_the_present_expiry(studio: Studio) -> None:
    expires_at = end_of_day(10)
    member = studio.a_member(expires_at=expires_at)

    extended = extend_pass(studio.db, member.pass_id, sessions=None, days=14)

    assert extended.pass_.expires_at == end_of_day(24)
    assert row_of(studio, member.pass_id)[2] == end_of_day(24)
    assert notices_of(studio, member.pass_id)[0][1]["days_added"] == 14


@pytest.mark.parametrize("last_day", [datetime(2031, 3, 29, tzinfo=KYIV), datetime(2031, 10, 25, tzinfo=KYIV)])
def test_days_are_those_of_the_studio_when_its_clocks_change(studio: Studio, last_day: datetime) -> None:
    member = studio.a_member(expires_at=end_of_day(0, last_day))

    extended = extend_pass(studio.db, member.pass_id, sessions=None, days=1)

    assert extended.pass_.expires_at == end_of_day(1, last_day)
    assert extended.pass_.expires_at - end_of_day(0, last_day) != DAY


def test_days_added_to_a_pass_that_has_expired_count_from_today(studio: Studio) -> None:
    member = studio.a_member(expires_at=datetime.now(UTC) - 90 * DAY)

    extended = extend_pass(studio.db, member.pass_id, sessions=1, days=7)

    assert extended.pass_.expires_at == end_of_day(7)


def test_a_pass_that_never_expires_stays_so(studio: Studio) -> None:
    member = studio.a_member(sessions=1)

    extended = extend_pass(studio.db, member.pass_id, sessions=1, days=30)

    assert extended.pass_.expires_at is None
    assert notices_of(studio, member.pass_id)[0][1] == {
        "sessions_left": 2,
        "expires_at": None,
        "sessions_added": 1,
        "days_added": None,
    }


@pytest.mark.parametrize(
    ("pass_", "added", "said"),
    [
        ({}, {}, "Nothing would be added"),
        ({}, {"sessions": 0}, "must be from 1 to 10000, not 0"),
        ({}, {"sessions": -1, "days": 5}, "not -1"),
        ({}, {"days": 3651}, "must be from 1 to 3650, not 3651"),
        ({}, {"days": 5}, "never expires"),
        ({"sessions": None}, {"sessions": 5}, "unlimited"),
        ({"expires_at": datetime(2024, 5, 1, tzinfo=UTC)}, {"sessions": 5}, "expired at 2024-05-01T00:00:00.*Add days"),
    ],
)
def test_what_adds_nothing_of_use_is_refused_in_words(
    studio: Studio, pass_: dict[str, Any], added: dict[str, int], said: str
) -> None:
    member = studio.a_member(**pass_)
    before = row_of(studio, member.pass_id)

    with pytest.raises(PassError, match=said):
        extend_pass(studio.db, member.pass_id, **({"sessions": None, "days": None} | added))

    assert row_of(studio, member.pass_id) == before
    assert notices_of(studio, member.pass_id) == []


def test_an_inactive_pass_is_not_brought_back_by_extending_it(studio: Studio) -> None:
    member = studio.a_member()
    studio.db.execute("UPDATE passes SET active = false WHERE id = %s", (member.pass_id,))

    with pytest.raises(PassError, match="not active"):
        extend_pass(studio.db, member.pass_id, sessions=1, days=None)

    assert row_of(studio, member.pass_id)[3] is False


def test_a_pass_that_does_not_exist_is_not_extended(studio: Studio) -> None:
    with pytest.raises(PassError, match="There is no pass"):
        extend_pass(studio.db, PassId(new_id()), sessions=1, days=None)


def test_a_skipped_waiter_gets_the_place_once_the_pass_has_sessions_again(studio: Studio) -> None:
    session, waiter, _ = skipped_for_an_empty_pass(studio)
    studio.redis.flushdb()

    extended = passes.extend(studio.db, studio.redis, waiter.pass_id, sessions=1, days=None)

    assert [logged.training_session_id for logged in extended.caused] == [session]
    assert studio.tokens() == 1
    studio.serve(session)
    assert studio.roster(session) == {waiter.id: "confirmed"}
    assert studio.sessions_left(waiter) == 0


def test_a_crash_right_after_the_commit_leaves_commands_for_the_sweep(studio: Studio) -> None:
    session, waiter, _ = skipped_for_an_empty_pass(studio)

    extend_pass(studio.db, waiter.pass_id, sessions=1, days=None)
    studio.serve(session)

    assert studio.roster(session) == {waiter.id: "confirmed"}


def test_the_audit_finds_no_difference_after_grants_extensions_and_reminders(studio: Studio) -> None:
    session, waiter, _ = skipped_for_an_empty_pass(studio)
    extend_pass(studio.db, waiter.pass_id, sessions=3, days=None)
    studio.serve(session)
    granted = grant_pass(studio.db, member_id=waiter.id, type_name=type_of(studio), sessions=3, days=20)
    another = studio.a_session()
    booking = studio.book(another, Member(waiter.id, granted.pass_.id))
    studio.serve(another)
    extend_pass(studio.db, granted.pass_.id, sessions=2, days=2)
    studio.cancel(another, waiter, booking)
    studio.serve(another)
    starts_at = one(studio, "SELECT starts_at FROM training_sessions WHERE id = %s", session)[0]
    told = remind.remind(studio.notifier_pool, studio.redis, now=starts_at - timedelta(minutes=30))

    verdict = audit(studio.db)

    assert told >= 1
    assert verdict.differences == []
    assert verdict.notices > 0
    assert row_of(studio, granted.pass_.id)[:2] == (5, 5)


def test_a_pass_told_of_as_expiring_is_told_of_again_after_it_was_extended(studio: Studio) -> None:
    expires_at = end_of_day(5)
    member = studio.a_member(expires_at=expires_at)

    def run(now: datetime) -> int:
        return remind.remind(studio.notifier_pool, studio.redis, now=now)

    first = [run(expires_at - 2 * DAY) for _ in range(2)]
    extended = extend_pass(studio.db, member.pass_id, sessions=None, days=30).pass_.expires_at
    assert extended is not None
    after = [run(now) for now in (expires_at, extended - 8 * DAY, extended - 7 * DAY, extended - DAY)]

    assert (first, after) == ([1, 0], [0, 0, 1, 0])
    expiring = [
        details["expires_at"] for kind, details in notices_of(studio, member.pass_id) if kind == "pass_expiring"
    ]
    assert expiring == [expires_at.isoformat(), extended.isoformat()]


def test_who_was_just_told_when_the_pass_expires_is_not_told_again(studio: Studio) -> None:
    member = studio.a_member(expires_at=end_of_day(1))
    granted = grant_pass(studio.db, member_id=member.id, type_name=type_of(studio), sessions=1, days=6)
    extend_pass(studio.db, member.pass_id, sessions=None, days=2)

    assert remind.remind(studio.notifier_pool, studio.redis) == 0
    assert [kind for kind, _ in notices_of(studio, granted.pass_.id)] == ["pass_granted"]
    assert [kind for kind, _ in notices_of(studio, member.pass_id)] == ["pass_extended"]
