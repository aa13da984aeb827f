"""What staff ask of a session over the interface: in the same line as everybody's, with who and why."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.roles import Role
from ops.auditing import audit
from tests.integration.api.conftest import WAIT, Caller, problem, reasons
from tests.integration.staff import named, with_role
from tests.integration.studio import Studio

SOON = timedelta(minutes=30)


@pytest.fixture
def admin(anybody: Caller, studio: Studio, serving: None) -> Caller:
    return anybody.of(with_role(studio, studio.a_member(), Role.ADMIN))


def booked_for(admin: Caller, session_id: object, member: Any, **headers: str) -> Any:
    body = {"member_id": str(member.id), "pass_id": str(member.pass_id), "why": "by phone"}
    return admin.post(f"/v1/staff/sessions/{session_id}/bookings", body, **WAIT, **headers)


def removed(admin: Caller, booking_id: object, **body: Any) -> Any:
    return admin.post(f"/v1/staff/bookings/{booking_id}/cancellation", {"why": "ill", **body}, **WAIT)


def in_an_hour(studio: Studio, **changes: Any) -> Any:
    """Return a session whose deadlines have all passed."""
    return studio.a_session(starts_at=datetime.now(UTC).replace(microsecond=0) + SOON, **changes)


def test_staff_book_for_a_member_past_the_deadline(admin: Caller, studio: Studio) -> None:
    session_id, member = in_an_hour(studio), studio.a_member()

    answer = booked_for(admin, session_id, member)

    assert answer.status_code == 201, answer.json
    assert answer.json["booking"]["status"] == "confirmed"
    assert studio.roster(session_id) == {member.id: "confirmed"}
    kept = studio.db.execute(
        "SELECT actor_id, actor_is_staff, payload ->> 'why' FROM commands WHERE id = %s", (answer.json["id"],)
    ).fetchone()
    assert admin.member is not None
    assert kept == (admin.member.id, True, "by phone")


def test_a_member_without_the_role_cannot_pass_for_staff(anybody: Caller, studio: Studio) -> None:
    session_id, member = studio.a_session(), studio.a_member()

    problem(booked_for(anybody.of(member), session_id, member), 403, "not_permitted")

    assert studio.roster(session_id) == {}


def test_the_rules_still_hold_for_staff(admin: Caller, studio: Studio) -> None:
    session_id, (one, other) = studio.a_session(), studio.members(2)
    body = {"member_id": str(one.id), "pass_id": str(other.pass_id), "why": "by phone"}

    answer = admin.post(f"/v1/staff/sessions/{session_id}/bookings", body, **WAIT)

    assert reasons(problem(answer, 409, "refused")) == ["pass_not_yours"]


def test_the_same_key_books_once(admin: Caller, studio: Studio) -> None:
    session_id, member = studio.a_session(), studio.a_member()

    first = booked_for(admin, session_id, member, Idempotency_Key="once")
    again = booked_for(admin, session_id, member, Idempotency_Key="once")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json["id"] == again.json["id"]
    assert studio.sessions_left(member) == 9


@pytest.mark.parametrize(("refund", "left"), [(True, 10), (False, 9)])
def test_a_member_is_taken_off_past_the_deadline_with_and_without_refund(
    admin: Caller, studio: Studio, left: int, *, refund: bool
) -> None:
    session_id, member = in_an_hour(studio), studio.a_member()
    booking_id = booked_for(admin, session_id, member).json["booking_id"]

    answer = removed(admin, booking_id, refund=refund)

    assert answer.status_code == 200, answer.json
    assert answer.json["booking"]["status"] == "cancelled"
    assert studio.roster(session_id) == {}
    assert studio.sessions_left(member) == left
    assert audit(studio.db, [session_id]).ok


def test_more_places_go_to_those_in_line(admin: Caller, studio: Studio) -> None:
    session_id, members = studio.a_session(capacity=1), studio.members(3)
    for member in members:
        assert booked_for(admin, session_id, member).status_code == 201

    answer = admin.post(f"/v1/staff/sessions/{session_id}/capacity", {"capacity": 2, "why": "a mat more"}, **WAIT)

    assert answer.status_code == 200, answer.json
    assert studio.counts(session_id) == (2, 1, 0)
    assert audit(studio.db, [session_id]).ok


def test_a_session_is_moved_and_keeps_its_bookings(admin: Caller, studio: Studio) -> None:
    session_id, member = studio.a_session(), studio.a_member()
    booked_for(admin, session_id, member)
    other = Studio(studio.db, studio.redis, studio.pool)
    starts_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)
    body = {
        "starts_at": starts_at.isoformat(),
        "lasts_minutes": 75,
        "trainer_id": str(other.trainer_id),
        "space_id": str(other.space_id),
        "why": "the room is painted",
    }

    answer = admin.post(f"/v1/staff/sessions/{session_id}/reschedule", body, **WAIT)

    assert answer.status_code == 200, answer.json
    session = admin.get(f"/v1/sessions/{session_id}").json
    assert session["starts_at"] == starts_at.isoformat().replace("+00:00", "Z")
    assert (session["lasts_minutes"], session["space"]["id"]) == (75, str(other.space_id))
    assert studio.roster(session_id) == {member.id: "confirmed"}
    assert audit(studio.db, [session_id]).ok


def test_a_session_is_cancelled_and_everybody_refunded(admin: Caller, studio: Studio) -> None:
    session_id, members = studio.a_session(capacity=1), studio.members(2)
    for member in members:
        booked_for(admin, session_id, member)

    answer = admin.post(f"/v1/staff/sessions/{session_id}/cancellation", {"why": "the trainer is ill"}, **WAIT)

    assert answer.status_code == 200, answer.json
    assert studio.roster(session_id) == {}
    assert [studio.sessions_left(member) for member in members] == [10, 10]


@pytest.mark.parametrize(("refund", "left"), [(True, 10), (False, 9)])
def test_a_session_is_cleared_of_everybody_and_stays(admin: Caller, studio: Studio, *, refund: bool, left: int) -> None:
    session_id, (first, second) = studio.a_session(capacity=1), studio.members(2)
    for member in (first, second):
        booked_for(admin, session_id, member)
    path, body = f"/v1/staff/sessions/{session_id}/clearing", {"why": "the hall is flooded", "refund": refund}

    seen = admin.post(f"{path}?dry_run=true", body)
    assert (seen.json["refunded"]["count"], seen.json["told"]["count"]) == (int(refund), 2)
    assert studio.roster(session_id) == {first.id: "confirmed", second.id: "waitlisted"}

    answer = admin.post(path, body, **WAIT)

    assert answer.status_code == 200, answer.json
    assert answer.json["kind"] == "clear_bookings"
    assert studio.roster(session_id) == {}
    assert (studio.sessions_left(first), studio.sessions_left(second)) == (left, 10)
    assert admin.get(f"/v1/sessions/{session_id}").json["status"] == "scheduled"


@pytest.mark.parametrize("body", [{}, {"why": " "}, {"why": "x", "refund": "yes"}, {"why": "x", "more": 1}])
def test_a_session_is_not_cleared_by_bad_input(admin: Caller, studio: Studio, body: dict[str, object]) -> None:
    problem(admin.post(f"/v1/staff/sessions/{studio.a_session()}/clearing", body), 422, "invalid_input")


def test_what_cannot_be_carried_out_never_gets_into_the_log(admin: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    body = {
        "starts_at": "2031-03-05T18:00:00Z",
        "lasts_minutes": 60,
        "trainer_id": str(uuid4()),
        "space_id": str(uuid4()),
        "why": "moved",
    }

    answer = admin.post(f"/v1/staff/sessions/{session_id}/reschedule", body)

    assert set(problem(answer, 422, "invalid_input")["errors"]) == {"trainer_id", "space_id"}
    far = {**body, "trainer_id": str(studio.trainer_id), "space_id": str(studio.space_id)}
    far["starts_at"] = "9999-12-31T23:30:00Z"
    answer = admin.post(f"/v1/staff/sessions/{session_id}/reschedule", far)
    assert set(problem(answer, 422, "invalid_input")["errors"]) == {"starts_at"}
    waiting = studio.db.execute("SELECT count(*) FROM commands WHERE training_session_id = %s", (session_id,))
    assert waiting.fetchone() == (0,)


@pytest.mark.parametrize("why", ["", "   ", "x" * 501, "a\x00b"])
def test_a_change_without_a_reason_that_can_be_kept_is_refused(admin: Caller, studio: Studio, why: str) -> None:
    answer = admin.post(f"/v1/staff/sessions/{studio.a_session()}/capacity", {"capacity": 3, "why": why})

    assert set(problem(answer, 422, "invalid_input")["errors"]) == {"why"}


@pytest.mark.parametrize("capacity", [0, -1, 100_001, "3", 2.5, True])
def test_a_number_of_places_that_is_none_is_refused(admin: Caller, studio: Studio, capacity: object) -> None:
    answer = admin.post(f"/v1/staff/sessions/{studio.a_session()}/capacity", {"capacity": capacity, "why": "more"})

    assert set(problem(answer, 422, "invalid_input")["errors"]) == {"capacity"}


def test_what_does_not_exist_is_not_found(admin: Caller, studio: Studio) -> None:
    problem(removed(admin, uuid4()), 404, "booking_not_found")
    problem(booked_for(admin, uuid4(), studio.a_member()), 404, "session_not_found")
    problem(admin.get(f"/v1/staff/bookings/{uuid4()}"), 404, "booking_not_found")
    problem(admin.get(f"/v1/staff/sessions/{uuid4()}/candidates?q=ann"), 404, "session_not_found")


def test_whom_to_book_for_is_found_by_a_part_of_name_or_address_with_passes(admin: Caller, studio: Studio) -> None:
    word = uuid4().hex[:10]
    session_id = studio.a_session()
    ann, ben, cat = (
        named(studio, studio.a_member(sessions=number), f"{name} {word}%_")
        for name, number in (("Ann", 3), ("Ben", 0), ("Cat", 3))
    )
    booked_for(admin, session_id, cat)

    found = admin.get(f"/v1/staff/sessions/{session_id}/candidates?q={word.upper()}%25_").json

    assert [one["member"]["id"] for one in found["items"]] == [str(ann.id), str(ben.id), str(cat.id)]
    assert [one["status"] for one in found["items"]] == [None, None, "confirmed"]
    assert [one["passes"][0]["usable"] for one in found["items"]] == [True, False, True]
    by_address = admin.get(f"/v1/staff/sessions/{session_id}/candidates?q={ann.id}@exam").json
    assert [one["member"]["id"] for one in by_address["items"]] == [str(ann.id)]
    assert admin.get(f"/v1/staff/sessions/{session_id}/candidates?q={word}nobody").json["items"] == []


def test_staff_see_their_command_with_the_members_booking_and_members_do_not(
    admin: Caller, anybody: Caller, studio: Studio
) -> None:
    session_id, member = studio.a_session(), studio.a_member()
    command = booked_for(admin, session_id, member).json

    assert admin.get(f"/v1/commands/{command['id']}").json["booking"]["status"] == "confirmed"
    problem(anybody.of(member).get(f"/v1/commands/{command['id']}"), 404, "command_not_found")


def test_a_dry_run_says_what_would_happen_and_does_nothing(admin: Caller, studio: Studio) -> None:
    session_id, (first, second) = studio.a_session(capacity=1), studio.members(2)
    booking_id = booked_for(admin, session_id, first).json["booking_id"]
    booked_for(admin, session_id, second)
    commands = "SELECT count(*) FROM commands WHERE training_session_id = %s"

    answer = admin.post(f"/v1/staff/bookings/{booking_id}/cancellation?dry_run=true", {"why": "ill"}, **WAIT)

    assert answer.status_code == 200, answer.json
    assert [one["member_id"] for one in answer.json["promoted"]["first"]] == [str(second.id)]
    assert [one["member_id"] for one in answer.json["refunded"]["first"]] == [str(first.id)]
    assert answer.json["told"]["count"] == 2
    assert studio.db.execute(commands, (session_id,)).fetchone() == (2,)
    assert studio.roster(session_id) == {first.id: "confirmed", second.id: "waitlisted"}


def test_a_dry_run_is_refused_where_the_operation_is(admin: Caller, anybody: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    path = f"/v1/staff/sessions/{session_id}/capacity?dry_run=true"

    problem(anybody.of(studio.a_member()).post(path, {"capacity": 3, "why": "mats"}), 403, "not_permitted")
    problem(admin.post(path, {"capacity": 0, "why": "mats"}), 422, "invalid_input")
    missing = f"/v1/staff/sessions/{uuid4()}/capacity?dry_run=true"
    problem(admin.post(missing, {"capacity": 3, "why": "mats"}), 404, "session_not_found")
