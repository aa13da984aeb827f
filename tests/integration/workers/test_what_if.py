"""What is said would happen is what happens; and saying it changes nothing and waits for nobody."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.commands import (
    CancelForMember,
    CancelSession,
    ChangeCapacity,
    ClearBookings,
    Command,
    RescheduleSession,
)
from domain.ids import BookingId, MemberId, TrainingSessionId
from domain.refusals import RefusalReason
from storage import facts
from storage.database import connect
from tests.integration.studio import Member, Studio
from workers import what_if as module
from workers.what_if import People, WhatIf, what_if


class House:
    """Two places, both taken; behind them a waiter who can pay, one who cannot, and two who can; one was skipped."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.session_id = studio.a_session(capacity=2)
        self.members = studio.members(7)
        self.bookings = [studio.book(self.session_id, member) for member in self.members]
        studio.serve(self.session_id)
        self._spend(self.members[2])
        studio.cancel(self.session_id, self.members[0], self.bookings[0])
        studio.serve(self.session_id)
        self._spend(self.members[4])
        assert studio.counts(self.session_id) == (2, 3, 1)

    def _spend(self, member: Member) -> None:
        self.studio.db.execute("UPDATE passes SET sessions_left = 0 WHERE id = %s", (member.pass_id,))

    def look(self, command: Command) -> WhatIf:
        seen = what_if(self.studio.db, self.session_id, self.studio.staff, command)
        assert seen is not None
        return seen

    def happened(self, command: Command) -> dict[str, Any]:
        """Carry the command out; return who came to what, by kind of event, and who was told."""
        command_id = self.studio.ask(self.session_id, self.studio.staff, command)
        self.studio.serve(self.session_id)
        outcome = self.studio.outcome(command_id)
        found: dict[str, Any] = {"refused": outcome.get("reasons", [])}
        for event in outcome.get("events", []):
            found.setdefault(event["event"], []).append(event.get("member_id"))
            if event.get("refunded") is False:
                found.setdefault("not_refunded", []).append(event["member_id"])
        told = self.studio.db.execute("SELECT DISTINCT member_id FROM notices WHERE cause = %s", (command_id,))
        found["told"] = {str(row[0]) for row in told}
        return found


@pytest.fixture
def house(studio: Studio) -> House:
    return House(studio)


def ids(people: People) -> list[str]:
    assert people.count == len(people.first)
    return [str(one.member_id) for one in people.first]


def moved(house: House, **by: float) -> RescheduleSession:
    studio = house.studio
    starts_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=7) + timedelta(**by)
    return RescheduleSession(starts_at, 60, studio.trainer_id, studio.space_id, "painted")


COMMANDS: dict[str, Any] = {
    "more places": lambda _: ChangeCapacity(4, "mats"),
    "places for all": lambda _: ChangeCapacity(40, "mats"),
    "fewer places": lambda _: ChangeCapacity(1, "mats"),
    "moved": lambda house: moved(house, hours=3),
    "moved into the past": lambda house: moved(house, days=-30),
    "cancelled": lambda _: CancelSession("ill"),
    "cleared": lambda _: ClearBookings("ill"),
    "cleared without refund": lambda _: ClearBookings("ill", refund=False),
    "taken off": lambda house: CancelForMember(house.bookings[1], "ill"),
    "taken off without refund": lambda house: CancelForMember(house.bookings[1], "ill", refund=False),
    "taken off the line": lambda house: CancelForMember(house.bookings[5], "ill"),
    "taken off, who was skipped": lambda house: CancelForMember(house.bookings[2], "ill"),
    "taken off, who is gone": lambda house: CancelForMember(house.bookings[0], "ill"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_said_is_what_happens(house: House, name: str) -> None:
    command = COMMANDS[name](house)

    seen = house.look(command)
    happened = house.happened(command)

    assert [str(reason) for reason in seen.refused] == happened["refused"]
    assert ids(seen.promoted) == happened.get("waiter_promoted", [])
    assert ids(seen.skipped) == happened.get("waiter_skipped", [])
    not_refunded = happened.get("not_refunded", [])
    assert set(ids(seen.refunded)) == set(happened.get("booking_cancelled", [])) - set(not_refunded)
    everybody_leaves = name.startswith(("cancelled", "cleared"))
    released = set(happened.get("waitlist_left", [])) | set(not_refunded)
    assert seen.released.count == len(released)
    assert everybody_leaves or set(ids(seen.released)) == released
    assert seen.told.count == len(happened["told"])
    assert {str(one.member_id) for one in seen.told.first} <= happened["told"]
    assert seen.may_follow == 0


def test_a_pass_that_could_not_pay_is_named(house: House) -> None:
    (skipped,) = house.look(ChangeCapacity(4, "mats")).skipped.first

    assert skipped.member_id == house.members[4].id
    assert skipped.name == f"Member {house.members[4].id}"
    assert skipped.reasons == (RefusalReason.PASS_EXHAUSTED,)


def test_it_writes_nothing(house: House) -> None:
    tables = ("training_sessions", "commands", "bookings", "passes", "pass_ledger", "notices")

    def everything() -> list[Any]:
        return [house.studio.db.execute(f"SELECT * FROM {table} ORDER BY id").fetchall() for table in tables]

    before = everything()
    for make in COMMANDS.values():
        house.look(make(house))

    assert everything() == before


def test_it_waits_for_no_batch_and_no_batch_for_it(house: House, database_url: str) -> None:
    with connect(database_url) as other, other.transaction():
        other.execute("SELECT FROM training_sessions WHERE id = %s FOR UPDATE", (house.session_id,))
        other.execute("SELECT FROM passes WHERE id = ANY(%s) FOR UPDATE", ([one.pass_id for one in house.members],))
        house.studio.db.execute("SET lock_timeout = '1s'")
        for make in COMMANDS.values():
            house.look(make(house))
    house.studio.db.execute("RESET lock_timeout")


def test_it_says_how_many_commands_come_first(house: House) -> None:
    late = house.studio.a_member()
    house.studio.book(house.session_id, late)

    assert house.look(ChangeCapacity(3, "mats")).commands_waiting == 1


def test_of_many_the_first_are_named_and_the_rest_counted(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LISTED_MAX", 1)

    for command in (CancelSession("ill"), ClearBookings("ill")):
        seen = house.look(command)
        assert (seen.refunded.count, len(seen.refunded.first)) == (2, 1)
        assert (seen.released.count, seen.told.count) == (4, 6)
    unpaid = house.look(ClearBookings("ill", refund=False))
    assert (unpaid.refunded.count, unpaid.released.count, unpaid.told.count) == (0, 6, 6)
    assert house.look(moved(house, hours=3)).told.count == 6


def test_no_farther_down_the_line_is_looked_than_is_worth_saying(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "LINE_CHUNK", 1)
    monkeypatch.setattr(module, "LOOKED_AT_MAX", 1)

    seen = house.look(ChangeCapacity(40, "mats"))

    assert ids(seen.skipped) == [str(house.members[4].id)]
    assert (seen.promoted.count, seen.may_follow) == (0, 2)


def test_there_is_nothing_to_say_of_a_session_that_does_not_exist(studio: Studio) -> None:
    nowhere = TrainingSessionId(MemberId(studio.staff.member_id or BookingId(studio.space_id)))

    assert what_if(studio.db, nowhere, studio.staff, ChangeCapacity(3, "mats")) is None
