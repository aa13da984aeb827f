"""What was lived before a command or an event had all its fields can be lived again, to the last receipt."""

from typing import Any

import pytest

from domain.commands import CancelForMember, ChangeCapacity, Command, RescheduleSession
from ops.auditing import audit
from storage.command_codec import decode_command, encode_command
from storage.command_log import LoggedCommand, NewCommand
from tests.builders import HALL, START, TRAINER, an_id
from tests.integration.studio import Studio
from workers import inbox

BOOKING: Any = an_id("booking")

OLD_FORMS: list[tuple[str, dict[str, Any], Command]] = [
    ("cancel_for_member", {"booking_id": str(BOOKING), "why": "ill"}, CancelForMember(BOOKING, "ill", refund=True)),
    ("change_capacity", {"capacity": 3}, ChangeCapacity(3)),
    (
        "reschedule_session",
        {
            "starts_at": "2026-03-05T18:00:00Z",
            "lasts_minutes": 60,
            "trainer_id": str(TRAINER),
            "space_id": str(HALL),
        },
        RescheduleSession(START, 60, TRAINER, HALL),
    ),
]


@pytest.mark.parametrize(("kind", "payload", "command"), OLD_FORMS, ids=lambda value: str(value)[:20])
def test_a_command_of_old_is_read_and_written_as_it_was(kind: str, payload: dict[str, Any], command: Command) -> None:
    assert decode_command(kind, payload) == command
    assert encode_command(command) == (kind, payload)


def test_only_what_says_more_is_written_in_the_new_form() -> None:
    _, payload = encode_command(CancelForMember(BOOKING, "never came", refund=False))

    assert payload == {"booking_id": str(BOOKING), "why": "never came", "refund": False}


def test_a_removal_has_the_journal_it_always_had_unless_it_refuses_the_refund(studio: Studio) -> None:
    session_id = studio.a_session()
    first, second = studio.members(2)
    kept, lost = studio.book(session_id, first), studio.book(session_id, second)
    studio.serve(session_id)
    with_refund = studio.ask(session_id, studio.staff, CancelForMember(kept, "ill"))
    without = studio.ask(session_id, studio.staff, CancelForMember(lost, "never came", refund=False))
    studio.serve(session_id)

    assert set(studio.outcome(with_refund)["events"][0]) == {"event", "booking_id", "member_id", "pass_id", "by"}
    assert studio.outcome(without)["events"][0]["refunded"] is False
    assert (studio.sessions_left(first), studio.sessions_left(second)) == (10, 9)
    lines = studio.db.execute("SELECT change FROM pass_ledger WHERE pass_id = %s", (second.pass_id,)).fetchall()
    assert lines == [(-1,)]
    assert audit(studio.db, [session_id]).ok


def test_the_key_of_a_command_of_old_still_finds_it(studio: Studio) -> None:
    session_id, member = studio.a_session(), studio.a_member()
    booking_id = studio.book(session_id, member)
    old = studio.ask(session_id, studio.staff, CancelForMember(booking_id, "ill"), key="the same")
    studio.db.execute(
        "UPDATE commands SET payload = jsonb_build_object('booking_id', %s::text, 'why', 'ill') WHERE id = %s",
        (booking_id, old),
    )

    the_same = NewCommand(BOOKING, session_id, studio.staff, CancelForMember(booking_id, "ill"), "the same")
    again = inbox.accept(studio.db, studio.redis, the_same)

    assert isinstance(again, LoggedCommand)
    assert (again.id, again.is_repeat) == (old, True)
