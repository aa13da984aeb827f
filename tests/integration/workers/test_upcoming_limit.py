"""The limit of upcoming bookings, which looks beyond the session: exact although sessions are served side by side."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from domain.commands import BookForMember
from domain.ids import TrainingSessionId
from domain.policies import Policies
from ops.auditing import audit
from storage.database import connect
from tests.integration.studio import Studio

ONE = Policies(upcoming_limit=1)


def held(studio: Studio, *sessions: TrainingSessionId) -> int:
    return sum(len(studio.roster(session)) for session in sessions)


def test_a_member_holds_no_more_than_the_limit_until_one_is_given_back(studio: Studio) -> None:
    first, second = studio.a_session(policies=ONE), studio.a_session(policies=ONE)
    member = studio.a_member()
    booking = studio.book(first, member)
    studio.serve(first)

    refused = studio.book(second, member)
    studio.serve(second)
    studio.cancel(first, member, booking)
    studio.serve(first)
    granted = studio.book(second, member)
    studio.serve(second)

    assert studio.outcome(refused)["reasons"] == ["booking_limit_reached"]
    assert studio.status(granted) == "applied"
    assert audit(studio.db, [first, second]).differences == []


def test_a_place_in_line_counts_and_what_has_begun_or_is_of_another_training_does_not(studio: Studio) -> None:
    other = Studio(studio.db, studio.redis, studio.pool)
    begun = studio.a_session(starts_at=datetime.now(UTC) + timedelta(seconds=1), booking_deadline=timedelta(0))
    full, limited = studio.a_session(capacity=1), studio.a_session(policies=ONE)
    member, somebody = studio.members(2)
    for session, who in ((begun, member), (full, somebody)):
        studio.book(session, who)
        studio.serve(session)
    elsewhere = other.a_session()
    other.book(elsewhere, member)
    other.serve(elsewhere)
    studio.db.execute("UPDATE bookings SET starts_at = now() WHERE training_session_id = %s", (begun,))

    booked = studio.book(limited, member)
    studio.serve(limited)
    assert studio.status(booked) == "applied"

    waiter = studio.a_member()
    studio.book(full, waiter)
    studio.serve(full)
    refused = studio.book(limited, waiter)
    studio.serve(limited)
    assert studio.roster(full)[waiter.id] == "waitlisted"
    assert studio.outcome(refused)["reasons"] == ["booking_limit_reached"]


def test_staff_book_beyond_the_limit(studio: Studio) -> None:
    first, second = studio.a_session(policies=ONE), studio.a_session(policies=ONE)
    member = studio.a_member()
    studio.book(first, member)
    studio.serve(first)

    studio.ask(second, studio.staff, BookForMember(member.id, member.pass_id, "by phone"))
    studio.serve(second)

    assert held(studio, first, second) == 2


def test_two_sessions_that_book_for_one_member_at_once_follow_each_other(studio: Studio, database_url: str) -> None:
    sessions = [studio.a_session(policies=ONE) for _ in range(2)]
    member = studio.a_member()
    commands = [studio.book(session, member) for session in sessions]
    with connect(database_url) as holder, ThreadPoolExecutor(2) as threads:
        with holder.transaction():
            holder.execute("SELECT FROM members WHERE id = %s FOR NO KEY UPDATE", (member.id,))
            served = [threads.submit(studio.serve, session) for session in sessions]
            while waiting_for_a_lock(studio) < 2:
                assert not any(one.done() for one in served), "each waits until the member's row is free"
            # Whoever only accepts commands does not wait for it.
            commands.append(studio.book(sessions[0], member))
        for one in served:
            one.result()
    for session in sessions:
        studio.serve(session)

    assert held(studio, *sessions) == 1
    assert sorted(studio.status(command) for command in commands) == ["applied", "refused", "refused"]
    assert audit(studio.db, sessions).differences == []


def waiting_for_a_lock(studio: Studio) -> int:
    row = studio.db.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    ).fetchone()
    assert row is not None
    return int(row[0])
