from collections.abc import Iterator
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from domain.commands import (
    Actor,
    BookForMember,
    CancelForMember,
    CancelSession,
    ChangeCapacity,
    RescheduleSession,
)
from domain.ids import TrainingSessionId
from domain.journal import entry_of, first_receipt, receipt
from ops.auditing import Verdict, audit
from storage import journal
from storage.database import Db
from storage.identifiers import new_id
from storage.opening import opened_as
from tests.integration.ops.forgeries import FORGERIES, Forgery
from tests.integration.studio import Studio


@pytest.fixture
def lived(studio: Studio) -> TrainingSessionId:
    """A session of two places with a history: two confirmed, two in line, one gone, one promoted, one refused."""
    session = studio.a_session()
    first, *others = studio.members(4)
    broke = studio.a_member(sessions=0)
    booking = studio.book(session, first)
    for member in (*others, broke):
        studio.book(session, member)
    studio.cancel(session, first, booking)
    studio.serve(session)
    assert studio.counts(session) == (2, 1, 0)
    return session


def whats(verdict: Verdict) -> set[str]:
    return {one.what for one in verdict.differences}


def test_what_was_lived_is_what_the_rules_make_of_it(studio: Studio, lived: TrainingSessionId) -> None:
    verdict = audit(studio.db)
    assert verdict.ok, verdict.differences
    assert (verdict.sessions, verdict.commands, verdict.waiting) == (1, 6, 0)
    assert dict(verdict.outcomes) == {"applied": 5, "refused": 1}
    assert (verdict.bookings, verdict.ledger_lines, verdict.notices) == (4, 4, 6)


def test_every_kind_of_command_can_be_lived_again(studio: Studio) -> None:
    session = studio.a_session(capacity=1)
    anna, borys, dina = studio.members(3)
    short = studio.a_member(sessions=1)
    other = studio.a_session()
    studio.book(session, anna)
    studio.book(session, short)
    studio.book(session, borys)
    studio.serve(session)
    elsewhere = studio.book(other, short)
    studio.serve(other)
    staff = studio.staff
    studio.db.execute("INSERT INTO members (id, name, email) VALUES (%s, 'S', 's@example.test')", (staff.member_id,))
    by_staff = studio.ask(session, staff, BookForMember(dina.id, dina.pass_id, "asked by phone"))
    studio.ask(session, staff, ChangeCapacity(2))
    studio.serve(session)
    studio.ask(session, staff, CancelForMember(by_staff, "ill"))  # type: ignore[arg-type] # a booking has its command's id
    studio.cancel(other, short, elsewhere)
    studio.serve(other)
    row = studio.db.execute("SELECT opening FROM training_sessions WHERE id = %s", (session,)).fetchone()
    assert row is not None
    opening = opened_as(row[0])
    studio.ask(session, staff, RescheduleSession(opening.starts_at, 90, opening.trainer_id, opening.space_id))
    studio.ask(session, staff, CancelSession("no power"))
    studio.ask(session, Actor(anna.id), ChangeCapacity(9))
    while studio.serve(session).commands:
        pass
    kinds = {row[0] for row in studio.db.execute("SELECT kind FROM commands WHERE status = 'applied'")}
    assert kinds >= {"reconsider_waitlist", "cancel_session", "reschedule_session", "change_capacity"}
    verdict = audit(studio.db)
    assert verdict.ok, verdict.differences
    assert verdict.outcomes["refused"] == 1


def test_a_session_with_more_commands_than_one_chunk_is_audited_whole(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "CHUNK", 7)
    session = studio.a_session(capacity=20)
    bookings = [(member, studio.book(session, member)) for member in studio.members(30)]
    for member, booking in bookings[::2]:
        studio.cancel(session, member, booking)
    studio.serve(session)
    verdict = audit(studio.db, [session])
    assert verdict.ok, verdict.differences
    assert verdict.commands == 45


def test_commands_that_wait_are_told_but_are_no_difference(studio: Studio, lived: TrainingSessionId) -> None:
    studio.book(lived, studio.a_member())
    verdict = audit(studio.db)
    assert (verdict.ok, verdict.waiting) == (True, 1)


def test_a_failed_command_leaves_no_trace_and_no_difference(studio: Studio) -> None:
    session = studio.a_session()
    studio.db.execute(
        "INSERT INTO commands (id, training_session_id, kind, payload) VALUES (%s, %s, 'from the future', '{}')",
        (new_id(), session),
    )
    studio.book(session, studio.a_member())
    studio.serve(session)
    verdict = audit(studio.db)
    assert verdict.ok, verdict.differences
    assert dict(verdict.outcomes) == {"failed": 1, "applied": 1}


def test_sessions_nobody_asked_anything_of_are_audited_too(studio: Studio) -> None:
    quiet = studio.a_session()
    assert audit(studio.db).sessions == 1
    studio.db.execute("UPDATE training_sessions SET receipt = 'forged' WHERE id = %s", (quiet,))
    assert whats(audit(studio.db)) == {"session's receipt"}


@pytest.fixture
def untied(db: Db) -> Iterator[None]:
    """Take away what would stop a forger: foreign keys and checks; they come back afterwards."""
    names = db.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND contype IN ('f', 'c')"
    ).fetchall()
    for table, name, _ in names:
        db.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    db.execute("TRUNCATE studio, members, trainings, trainers, spaces, pass_types, notices, deliveries, commands, "
               "passes, bookings, pass_ledger, training_sessions")  # fmt: skip
    for table, name, definition in names:
        db.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.name)
def test_a_forged_row_is_found(studio: Studio, lived: TrainingSessionId, untied: None, forgery: Forgery) -> None:
    assert studio.db.execute(forgery.sql).rowcount > 0, "nothing was forged"
    said = whats(audit(studio.db))
    assert all(any(what in one for one in said) for what in forgery.found), said


def test_an_outcome_forged_with_its_whole_chain_of_receipts_is_found(studio: Studio, lived: TrainingSessionId) -> None:
    """Somebody takes a place in line away and computes every receipt again: the rules still say otherwise."""
    forged: dict[str, Any] = {"status": "refused", "reasons": ["waitlist_full"]}
    with journal.snapshot(studio.db):
        entries = [entry for chunk in journal.entries(studio.db, lived) for entry in chunk]
    row = studio.db.execute("SELECT opening FROM training_sessions WHERE id = %s", (lived,)).fetchone()
    assert row is not None
    last = first_receipt(row[0])
    for entry in entries:
        outcome = forged if entry.position == 4 else entry.outcome
        said = entry_of(
                command_id=entry.id, position=entry.position, actor=str(entry.actor_id or "seatline"),
                kind=entry.kind, payload=entry.payload, accepted_at=entry.accepted_at, outcome=outcome,
                seen=entry.witness,
            )  # fmt: skip
        last = receipt(last, said)
        studio.db.execute(
            "UPDATE commands SET outcome = %s, status = %s, receipt = %s WHERE id = %s",
            (Jsonb(outcome), outcome["status"], last, entry.id),
        )
    studio.db.execute("UPDATE training_sessions SET receipt = %s WHERE id = %s", (last, lived))
    verdict = audit(studio.db)
    assert whats(verdict) == {"outcome", "status"}
    assert {one.position for one in verdict.differences} == {4}


def test_a_forged_entry_puts_no_other_under_suspicion(studio: Studio, lived: TrainingSessionId) -> None:
    studio.db.execute("UPDATE commands SET outcome = outcome || '{\"events\": []}' WHERE position = 3")
    assert {one.position for one in audit(studio.db).differences} == {3}


def test_a_command_that_waits_must_not_have_left_a_trace(studio: Studio, lived: TrainingSessionId) -> None:
    member = studio.a_member()
    waiting = studio.book(lived, member)
    studio.db.execute(
        "INSERT INTO notices (cause, member_id, booking_id, kind, details, created_at)"
        " VALUES (%s, %s, %s, 'promoted', '{}', now())",
        (waiting, member.id, waiting),
    )
    assert whats(audit(studio.db)) == {f"command {waiting}"}


def test_a_pass_that_runs_low_is_told_of_and_the_notice_is_looked_for(studio: Studio) -> None:
    session = studio.a_session()
    studio.book(session, studio.a_member(sessions=3))
    studio.serve(session)
    assert audit(studio.db).ok

    studio.db.execute("DELETE FROM notices WHERE kind = 'pass_running_low'")

    assert whats(audit(studio.db)) == {"notice"}


def test_a_notice_that_the_clock_caused_belongs_to_no_command(studio: Studio, lived: TrainingSessionId) -> None:
    studio.db.execute(
        "INSERT INTO notices (cause, member_id, booking_id, kind, details, created_at)"
        " SELECT gen_random_uuid(), member_id, booking_id, 'reminder', '{}', now() FROM notices LIMIT 1"
    )

    assert audit(studio.db).ok


def test_a_session_that_does_not_exist_is_a_difference(studio: Studio) -> None:
    assert whats(audit(studio.db, [TrainingSessionId(new_id())])) == {"session"}


def test_an_audit_runs_beside_a_batch_that_holds_the_session(studio: Studio, lived: TrainingSessionId) -> None:
    with studio.pool.connection() as other, other.transaction():
        other.execute("SELECT FROM training_sessions WHERE id = %s FOR UPDATE", (lived,))
        other.execute("UPDATE training_sessions SET waiting = 9 WHERE id = %s", (lived,))
        assert audit(studio.db).ok


def test_a_pass_given_back_and_used_again_in_one_batch_was_never_below_zero(studio: Studio) -> None:
    session = studio.a_session()
    member = studio.a_member(sessions=1)
    booking = studio.book(session, member)
    studio.serve(session)
    studio.cancel(session, member, booking)
    studio.book(session, member)
    studio.serve(session)
    verdict = audit(studio.db)
    assert verdict.ok, verdict.differences
