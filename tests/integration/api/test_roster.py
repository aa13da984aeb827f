"""The roster as staff read it from the interface."""

from typing import Any
from uuid import uuid4

import pytest

from api.routes import roster as roster_route
from domain.commands import Actor, BookForMember
from domain.ids import MemberId
from domain.roles import Role
from tests.integration.api.conftest import Caller, problem
from tests.integration.staff import named, with_role
from tests.integration.studio import Studio


@pytest.fixture
def trainer(anybody: Caller, studio: Studio) -> Caller:
    return anybody.of(with_role(studio, studio.a_member(), Role.TRAINER))


def roster(caller: Caller, session_id: object) -> dict[str, Any]:
    answer = caller.get(f"/v1/staff/sessions/{session_id}/roster")
    assert answer.status_code == 200, answer.json
    found: dict[str, Any] = answer.json
    return found


def members_of(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["member"]["id"] for entry in entries]


def test_it_has_who_has_a_place_who_waits_and_who_was_passed_over_each_in_order(
    trainer: Caller, studio: Studio
) -> None:
    session_id = studio.a_session(capacity=2)
    first, second, third = studio.members(3)
    broke, fourth, fifth = studio.a_member(sessions=0), *studio.members(2)
    studio.db.execute("UPDATE passes SET sessions_granted = 1, sessions_left = 1 WHERE id = %s", (broke.pass_id,))
    leaves = studio.book(session_id, first)
    for member in (second, broke, third, fourth, fifth):
        studio.book(session_id, member)
    studio.serve(session_id)
    studio.db.execute("UPDATE passes SET sessions_left = 0 WHERE id = %s", (broke.pass_id,))
    studio.cancel(session_id, first, leaves)
    studio.serve(session_id)

    shown = roster(trainer, session_id)

    assert members_of(shown["confirmed"]) == [str(second.id), str(third.id)]
    assert [entry["promoted_at"] is not None for entry in shown["confirmed"]] == [False, True]
    assert members_of(shown["waiting"]) == [str(fourth.id), str(fifth.id)]
    assert members_of(shown["skipped"]) == [str(broke.id)]
    assert [reason["code"] for reason in shown["skipped"][0]["skipped"]] == ["pass_exhausted"]
    assert (shown["session"]["booked"], shown["session"]["waitlisted"]) == (2, 3)
    assert (shown["confirmed_not_listed"], shown["waitlisted_not_listed"]) == (0, 0)
    positions = [entry["position"] for entry in shown["confirmed"]]
    assert positions == sorted(positions)


def test_it_says_who_booked_for_whom_and_with_which_pass(trainer: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    maria, walter = named(studio, studio.a_member(), "Maria"), named(studio, studio.a_member(), "Walter")
    studio.ask(session_id, Actor(maria.id, is_staff=True), BookForMember(walter.id, walter.pass_id, "by phone"))
    studio.book(session_id, maria)
    studio.serve(session_id)

    of_walter, of_maria = roster(trainer, session_id)["confirmed"]

    assert (of_walter["member"]["name"], of_walter["booked_by"]) == ("Walter", "Maria")
    assert (of_maria["member"]["name"], of_maria["booked_by"]) == ("Maria", None)
    assert of_walter["pass"]["id"] == str(walter.pass_id)


def test_staff_who_are_gone_are_still_told_from_the_member(trainer: Caller, studio: Studio) -> None:
    session_id, member = studio.a_session(), studio.a_member()
    gone = Actor(MemberId(uuid4()), is_staff=True)
    studio.ask(session_id, gone, BookForMember(member.id, member.pass_id, "by phone"))
    studio.serve(session_id)

    (entry,) = roster(trainer, session_id)["confirmed"]

    assert entry["booked_by"] == ""


def test_a_long_roster_is_cut_off_and_says_how_many_are_left_out(
    trainer: Caller, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster_route, "LISTED_MAX", 2)
    session_id = studio.a_session(capacity=3)
    members = studio.members(8)
    for member in members:
        studio.book(session_id, member)
    studio.serve(session_id)

    shown = roster(trainer, session_id)

    assert members_of(shown["confirmed"]) == [str(one.id) for one in members[:2]]
    assert members_of(shown["waiting"]) == [str(one.id) for one in members[3:5]]
    assert (shown["confirmed_not_listed"], shown["waitlisted_not_listed"]) == (1, 3)


def test_whoever_cancelled_is_on_it_no_more(trainer: Caller, studio: Studio) -> None:
    session_id, member = studio.a_session(), studio.a_member()
    booking_id = studio.book(session_id, member)
    studio.cancel(session_id, member, booking_id)
    studio.serve(session_id)

    shown = roster(trainer, session_id)

    assert (shown["confirmed"], shown["waiting"], shown["skipped"]) == ([], [], [])


def test_a_session_that_does_not_exist_has_none(trainer: Caller) -> None:
    problem(trainer.get(f"/v1/staff/sessions/{uuid4()}/roster"), 404, "session_not_found")
