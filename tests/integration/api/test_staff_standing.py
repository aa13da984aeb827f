"""Roles, suspending and removing, as staff ask for it and as the member feels it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.ids import MemberId
from domain.roles import Role
from ops.auditing import audit
from storage.calendar_feeds import open_calendar_feed
from storage.notices import relay
from storage.sign_ins import begin_sign_in, find_signed_in
from tests.integration.api.conftest import Caller, Frames, problem, staff
from tests.integration.api.test_staff_members import changes
from tests.integration.links import a_reset, address_of, an_invitation
from tests.integration.passwords import PASSWORD, with_password
from tests.integration.studio import Member, Studio

PATH = "/v1/staff/members"
WHY = {"why": "asked for it"}


@pytest.fixture
def owner(anybody: Caller, studio: Studio) -> Caller:
    return staff(anybody, studio, Role.OWNER)


def member_of(caller: Caller) -> Member:
    assert caller.member is not None
    return caller.member


def sign_in(anybody: Caller, member: Member) -> Any:
    return anybody.post("/v1/tokens", {"email": address_of(member), "password": PASSWORD})


def count(studio: Studio, query: str, *values: object) -> int:
    row = studio.db.execute(query, values).fetchone()
    assert row is not None
    return int(row[0])


def test_a_role_is_changed_and_noted_with_what_it_was(admin: Caller, studio: Studio) -> None:
    nina = studio.a_member()

    for _ in range(2):
        answer = admin.post(f"{PATH}/{nina.id}/role", {"role": "trainer", "why": "teaches"})
        assert answer.json["role"] == "trainer"

    (change,) = changes(admin, nina.id)
    assert (change["kind"], change["before"], change["after"], change["why"]) == (
        "member_role_changed",
        {"role": "member"},
        {"role": "trainer"},
        "teaches",
    )


def test_an_admin_makes_and_unmakes_no_admin(admin: Caller, anybody: Caller, studio: Studio) -> None:
    nina, other = studio.a_member(), member_of(staff(anybody, studio, Role.ADMIN))

    for whom, role in ((nina, "admin"), (nina, "owner"), (other, "member")):
        body = {"role": role, "why": "power"}
        problem(admin.post(f"{PATH}/{whom.id}/role", body), 403, "member_out_of_reach")


def test_nobody_changes_their_own_role(admin: Caller) -> None:
    body = {"role": "member", "why": "tired"}

    problem(admin.post(f"{PATH}/{member_of(admin).id}/role", body), 403, "member_out_of_reach")


def test_a_role_that_is_taken_ends_what_it_let_do_at_once(owner: Caller, admin: Caller) -> None:
    owner.post(f"{PATH}/{member_of(admin).id}/role", {"role": "member", "why": "left"})

    problem(admin.get(PATH), 403, "not_permitted")


def test_who_is_suspended_is_let_in_nowhere_and_told_so(
    admin: Caller, me: Caller, anybody: Caller, studio: Studio
) -> None:
    member = member_of(me)
    with_password(studio, member)
    begin_sign_in(studio.db, member.id, secret_hash=b"secret", device="a browser")

    answer = admin.post(f"{PATH}/{member.id}/suspension", WHY)

    assert answer.json["status"] == "suspended"
    problem(me.get("/v1/me"), 401, "member_suspended")
    problem(me.get("/v1/sessions"), 401, "member_suspended")
    problem(me.book(studio.a_session()), 401, "member_suspended")
    problem(sign_in(anybody, member), 401, "member_suspended")
    assert find_signed_in(studio.db, b"secret") is None
    assert [one["kind"] for one in changes(admin, member.id)] == ["member_suspended"]


def test_nobody_without_the_password_is_told_who_is_suspended(
    admin: Caller, me: Caller, anybody: Caller, studio: Studio
) -> None:
    with_password(studio, member_of(me))
    admin.post(f"{PATH}/{member_of(me).id}/suspension", WHY)

    body = {"email": address_of(member_of(me)), "password": "a guess of somebody's"}
    problem(anybody.post("/v1/tokens", body), 401, "sign_in_failed")


def test_a_sign_in_that_began_in_the_same_moment_does_not_hold(admin: Caller, me: Caller, studio: Studio) -> None:
    admin.post(f"{PATH}/{member_of(me).id}/suspension", WHY)

    begin_sign_in(studio.db, member_of(me).id, secret_hash=b"late", device="a browser")

    assert find_signed_in(studio.db, b"late") is None


def test_a_command_that_was_accepted_before_stays_valid(admin: Caller, me: Caller, studio: Studio) -> None:
    session = studio.a_session()
    booking = studio.book(session, member_of(me))

    admin.post(f"{PATH}/{member_of(me).id}/suspension", WHY)
    studio.serve(session)

    assert studio.status(booking) == "applied"
    assert studio.roster(session) == {member_of(me).id: "confirmed"}


def test_an_open_stream_of_who_is_suspended_ends(admin: Caller, me: Caller, listen: Any) -> None:
    response = me.stream()
    frames: Frames = listen(response)
    frames.next()

    admin.post(f"{PATH}/{member_of(me).id}/suspension", WHY)

    with pytest.raises(StopIteration):
        while True:
            frames.next()


def test_who_is_reactivated_comes_in_as_before_by_signing_in_again(
    admin: Caller, me: Caller, anybody: Caller, studio: Studio
) -> None:
    with_password(studio, member_of(me))
    admin.post(f"{PATH}/{member_of(me).id}/suspension", WHY)

    answer = admin.post(f"{PATH}/{member_of(me).id}/reactivation", WHY)

    assert answer.json["status"] == "active"
    problem(me.get("/v1/me"), 401, "token_ended")
    assert me.again().get("/v1/me").status_code == 200
    assert sign_in(anybody, member_of(me)).status_code == 201


@pytest.mark.parametrize("what", ["suspension", "reactivation", "removal"])
def test_nobody_ends_themselves_nor_whom_they_do_not_outrank(
    admin: Caller, owner: Caller, anybody: Caller, studio: Studio, what: str
) -> None:
    other = member_of(staff(anybody, studio, Role.ADMIN))

    problem(admin.post(f"{PATH}/{member_of(admin).id}/{what}", WHY), 403, "member_out_of_reach")
    problem(owner.post(f"{PATH}/{member_of(owner).id}/{what}", WHY), 403, "member_out_of_reach")
    problem(admin.post(f"{PATH}/{other.id}/{what}", WHY), 403, "member_out_of_reach")
    assert owner.post(f"{PATH}/{other.id}/{what}", WHY).status_code == 200


def test_nothing_is_left_of_who_is_removed(admin: Caller, me: Caller, studio: Studio) -> None:
    member = member_of(me)
    an_invitation(studio.db, member)
    with_password(studio, member)
    a_reset(studio.db, member)
    begin_sign_in(studio.db, member.id, secret_hash=uuid4().bytes, device="a browser")
    open_calendar_feed(studio.db, member.id, secret_hash=uuid4().bytes)
    me.patch("/v1/me/notification-preferences", {"quiet_hours": None})
    studio.db.execute(
        "INSERT INTO push_subscriptions (id, member_id, endpoint, p256dh, auth, device)"
        " VALUES (%s, %s, %s, '', '', '')",
        (uuid4(), member.id, f"https://push.test/{member.id}"),
    )
    admin.patch(f"{PATH}/{member.id}", {"name": "Nina Marchenko", "why": "a note with a name"})

    removed = admin.post(f"{PATH}/{member.id}/removal", WHY).json

    assert (removed["name"], removed["email"], removed["status"]) == ("Former member", None, "removed")
    for table in (
        "sign_ins", "password_links", "calendar_feeds", "push_subscriptions", "notification_preferences"
    ):  # fmt: skip
        assert count(studio, f"SELECT count(*) FROM {table} WHERE member_id = %s", member.id) == 0, table
    notes = changes(admin, member.id)
    assert [one["kind"] for one in notes] == ["member_removed", "member_edited"]
    assert "Marchenko" not in str(notes)
    addressed = "SELECT count(*) FROM deliveries WHERE address = %s"
    assert count(studio, addressed, address_of(member)) == 0
    problem(me.get("/v1/me"), 401, "token_invalid")


def test_the_address_of_who_is_removed_is_free(admin: Caller, studio: Studio) -> None:
    nina = studio.a_member()
    admin.post(f"{PATH}/{nina.id}/removal", WHY)

    assert admin.post(PATH, {"name": "Nina", "email": address_of(nina)}).status_code == 201


def test_upcoming_bookings_are_cancelled_by_their_sessions_and_the_audit_passes(
    admin: Caller, me: Caller, studio: Studio
) -> None:
    session, next_in_line, nina = studio.a_session(capacity=1), studio.a_member(), member_of(me)
    booking = studio.book(session, nina)
    studio.book(session, next_in_line)
    studio.serve(session)

    admin.post(f"{PATH}/{nina.id}/removal", {"why": "moved away"})
    assert studio.tokens() > 0
    studio.serve(session)

    assert studio.roster(session) == {next_in_line.id: "confirmed"}
    assert count(studio, "SELECT sum(change) FROM pass_ledger WHERE booking_id = %s", booking) == 0
    assert audit(studio.db, [session]).ok


def test_a_booking_that_waits_to_be_decided_finds_no_pass_any_more(admin: Caller, me: Caller, studio: Studio) -> None:
    session, nina = studio.a_session(), member_of(me)
    booking = studio.book(session, nina)

    admin.post(f"{PATH}/{nina.id}/removal", WHY)
    studio.serve(session)

    assert studio.status(booking) == "refused"
    assert "pass_inactive" in str(studio.outcome(booking))
    assert studio.roster(session) == {}
    assert audit(studio.db, [session]).ok


def test_past_rosters_keep_their_place_under_a_former_member(admin: Caller, me: Caller, studio: Studio) -> None:
    session, nina = studio.a_session(), member_of(me)
    studio.book(session, nina)
    studio.serve(session)
    studio.db.execute("UPDATE bookings SET starts_at = now() - interval '1 day' WHERE member_id = %s", (nina.id,))

    admin.post(f"{PATH}/{nina.id}/removal", WHY)
    studio.serve(session)

    assert studio.roster(session) == {nina.id: "confirmed"}
    bookings = admin.get(f"{PATH}/{nina.id}/bookings?when=past").json["items"]
    assert len(bookings) == 1


def test_who_is_removed_is_mailed_nothing(admin: Caller, me: Caller, studio: Studio) -> None:
    session, nina = studio.a_session(), member_of(me)
    studio.book(session, nina)
    studio.serve(session)
    admin.post(f"{PATH}/{nina.id}/removal", WHY)
    studio.serve(session)

    relay(studio.db, limit=10_000)

    mails = (
        "SELECT count(*) FROM deliveries JOIN notices ON notices.id = notice_id"
        " WHERE member_id = %s AND channel = 'email' AND deliveries.status <> 'dropped'"
    )
    assert count(studio, mails, nina.id) == 0


def test_removing_twice_is_removing_once_and_nothing_else_reaches_them(admin: Caller, studio: Studio) -> None:
    nina = studio.a_member()

    for _ in range(2):
        assert admin.post(f"{PATH}/{nina.id}/removal", WHY).json["status"] == "removed"

    assert len(changes(admin, nina.id)) == 1
    for what, body in (("suspension", WHY), ("role", {"role": "trainer", **WHY}), ("invitation", {})):
        problem(admin.post(f"{PATH}/{nina.id}/{what}", body), 404, "member_not_found")
    problem(admin.patch(f"{PATH}/{nina.id}", {"name": "Nina", **WHY}), 404, "member_not_found")


def test_a_change_without_a_reason_is_refused(admin: Caller, studio: Studio) -> None:
    body = problem(admin.post(f"{PATH}/{studio.a_member().id}/suspension", {"why": ""}), 422, "invalid_input")

    assert list(body["errors"]) == ["why"]


def test_ids_are_members_ids(admin: Caller) -> None:
    problem(admin.post(f"{PATH}/{MemberId(UUID(int=1))}/suspension", WHY), 404, "member_not_found")
