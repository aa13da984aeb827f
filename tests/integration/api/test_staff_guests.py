"""Guests: put on a session by name, told without an account, and members once they choose a password."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.ids import MemberId, PassId, TrainingSessionId
from domain.roles import Role
from ops.auditing import audit
from storage.notices import relay
from storage.settings import settings
from tests.integration.api.conftest import WAIT, Caller, problem, reasons, staff
from tests.integration.at_once import at_once
from tests.integration.links import address_of, mails_of
from tests.integration.studio import Member, Studio
from workers.messages.links import password_secret

PASSWORD = "a password made for this run"


@pytest.fixture
def trainer(anybody: Caller, studio: Studio) -> Caller:
    return staff(anybody, studio, Role.TRAINER)


def add(caller: Caller, session_id: TrainingSessionId, key: str = "", **fields: Any) -> Any:
    headers = WAIT | ({"Idempotency_Key": key} if key else {})
    return caller.post(f"/v1/staff/sessions/{session_id}/guests", {"name": "Iryna Bondar", **fields}, **headers)


def guest_of(caller: Caller, session_id: TrainingSessionId) -> Member:
    """Return the only guest on the session."""
    roster = caller.get(f"/v1/staff/sessions/{session_id}/roster").json
    (entry,) = [one for one in (*roster["confirmed"], *roster["waiting"]) if one["guest"]]
    return Member(MemberId(UUID(entry["member"]["id"])), PassId(UUID(entry["pass"]["id"])))


def guests_named(studio: Studio, name: str) -> int:
    row = studio.db.execute("SELECT count(*) FROM members WHERE name = %s AND guest", (name,)).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.usefixtures("serving")
def test_a_guest_gets_a_place_paid_by_a_pass_of_one_session(trainer: Caller, studio: Studio) -> None:
    session_id = studio.a_session()

    answer = add(trainer, session_id, why="a friend of Nina's")

    assert answer.status_code == 201, answer.text
    assert (answer.json["kind"], answer.json["booking"]["status"]) == ("book_for_member", "confirmed")
    guest = guest_of(trainer, session_id)
    row = studio.db.execute(
        "SELECT email, guest, pass_types.name, passes.training_ids, sessions_granted, sessions_left, expires_at"
        " FROM members JOIN passes ON passes.member_id = members.id JOIN pass_types ON pass_types.id = pass_type_id"
        " WHERE members.id = %s",
        (guest.id,),
    ).fetchall()
    assert row == [(None, True, "Guest", [studio.training_id], 1, 0, None)]
    assert audit(studio.db, [session_id]).differences == []


@pytest.mark.usefixtures("serving")
def test_a_guest_waits_in_line_as_everybody_and_is_promoted(trainer: Caller, studio: Studio) -> None:
    session_id = studio.a_session(capacity=1)
    first = studio.a_member()
    booking_id = trainer.of(first).book(session_id, **WAIT).json["id"]

    assert add(trainer, session_id).json["booking"]["status"] == "waitlisted"
    guest = guest_of(trainer, session_id)
    assert studio.sessions_left(guest) == 1
    assert trainer.of(first).cancel(booking_id, **WAIT).status_code == 200

    assert studio.roster(session_id) == {guest.id: "confirmed"}
    assert studio.sessions_left(guest) == 0


@pytest.mark.usefixtures("serving")
def test_the_same_key_makes_one_guest_and_is_answered_with_the_first_command(trainer: Caller, studio: Studio) -> None:
    session_id, name = studio.a_session(), f"Iryna {uuid4()}"

    first = add(trainer, session_id, key="a-guest", name=name)
    again = add(trainer, session_id, key="a-guest", name=name)

    assert (again.status_code, again.json["id"]) == (201, first.json["id"])
    assert guests_named(studio, name) == 1
    other = problem(add(trainer, session_id, key="a-guest", name="Somebody else"), 422, "idempotency_key_reused")
    assert other


@pytest.mark.usefixtures("serving")
def test_the_same_key_is_answered_also_when_a_guest_would_be_refused_by_now(trainer: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    first = add(trainer, session_id, key="a-guest")
    studio.db.execute("UPDATE training_sessions SET starts_at = now() WHERE id = %s", (session_id,))

    assert add(trainer, session_id, key="a-guest").json["id"] == first.json["id"]


@pytest.mark.usefixtures("serving")
def test_of_two_at_once_with_one_key_there_is_one_guest(trainer: Caller, studio: Studio) -> None:
    session_id, name, email = studio.a_session(), f"Iryna {uuid4()}", f"{uuid4()}@example.test"

    answers = at_once(*[lambda: add(trainer, session_id, key="at-once", name=name, email=email)] * 4)

    assert len({answer.json["id"] for answer in answers}) == 1, [answer.text for answer in answers]
    assert guests_named(studio, name) == 1
    assert studio.counts(session_id)[0] == 1


@pytest.mark.usefixtures("serving")
def test_of_two_at_once_with_one_address_the_second_is_refused(trainer: Caller, studio: Studio) -> None:
    session_id, name, email = studio.a_session(), f"Iryna {uuid4()}", f"{uuid4()}@example.test"

    answers = at_once(*[lambda: add(trainer, session_id, name=name, email=email)] * 2)

    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert guests_named(studio, name) == 1
    assert studio.counts(session_id)[0] == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"cancelled": True}, "session_cancelled"),
        ({"starts_at": datetime.now(UTC) - timedelta(hours=1)}, "session_started"),
        ({"capacity": 1, "waitlist_limit": 0}, "waitlist_full"),
    ],
)
@pytest.mark.usefixtures("serving")
def test_what_the_rules_refuse_at_once_makes_nobody(
    trainer: Caller, studio: Studio, changes: dict[str, Any], reason: str
) -> None:
    session_id, name = studio.a_session(**changes), f"Iryna {uuid4()}"
    if reason == "waitlist_full":
        trainer.of(studio.a_member()).book(session_id, **WAIT)

    body = problem(add(trainer, session_id, name=name), 409, "refused")

    assert reasons(body) == [reason]
    assert guests_named(studio, name) == 0


def test_what_is_refused_when_its_turn_comes_leaves_the_guest_with_the_pass_unused(
    trainer: Caller, studio: Studio
) -> None:
    session_id, name = studio.a_session(), f"Iryna {uuid4()}"
    accepted = trainer.post(f"/v1/staff/sessions/{session_id}/guests", {"name": name})
    assert accepted.status_code == 202
    studio.db.execute("UPDATE training_sessions SET cancelled = true WHERE id = %s", (session_id,))

    studio.serve(session_id)

    told = trainer.get(f"/v1/commands/{accepted.json['id']}").json
    assert (told["status"], reasons(told)) == ("refused", ["session_cancelled"])
    row = studio.db.execute(
        "SELECT sessions_left FROM passes JOIN members ON members.id = member_id WHERE name = %s", (name,)
    ).fetchall()
    assert row == [(1,)]


def test_a_session_that_does_not_exist_is_said_so(trainer: Caller) -> None:
    problem(add(trainer, TrainingSessionId(uuid4())), 404, "session_not_found")


def test_an_address_of_a_member_is_refused_with_whose_it_is(trainer: Caller, studio: Studio) -> None:
    nina, name = studio.a_member(), f"Iryna {uuid4()}"

    body = problem(add(trainer, studio.a_session(), name=name, email=address_of(nina).upper()), 422, "invalid_input")

    assert body["errors"]["email"].startswith(f"Member {nina.id} has this e-mail address already")
    assert guests_named(studio, name) == 0


def deliveries_to(studio: Studio, member: Member) -> list[tuple[Any, ...]]:
    while relay(studio.db, limit=1000):
        pass
    return studio.db.execute(
        "SELECT deliveries.kind, channel, address FROM deliveries JOIN notices ON notices.id = notice_id"
        " WHERE member_id = %s",
        (member.id,),
    ).fetchall()


@pytest.mark.usefixtures("serving")
def test_a_guest_without_an_address_is_told_in_the_app_alone(trainer: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    add(trainer, session_id)
    guest = guest_of(trainer, session_id)

    assert deliveries_to(studio, guest) == []
    kinds = studio.db.execute("SELECT kind, number > 0 FROM notices WHERE member_id = %s", (guest.id,)).fetchall()
    assert kinds == [("booking_confirmed", True)]


@pytest.mark.usefixtures("serving")
def test_a_guest_with_an_address_is_told_by_mail(trainer: Caller, studio: Studio) -> None:
    session_id, email = studio.a_session(), f"{uuid4()}@example.test"
    add(trainer, session_id, email=email)

    assert deliveries_to(studio, guest_of(trainer, session_id)) == [("booking_confirmed", "email", email)]


@pytest.mark.usefixtures("serving")
def test_a_guest_who_chooses_a_password_is_a_member_with_everything_kept(admin: Caller, studio: Studio) -> None:
    session_id, email = studio.a_session(), f"{uuid4()}@example.test"
    add(admin, session_id)
    guest, path = guest_of(admin, session_id), f"/v1/staff/members/{guest_of(admin, session_id).id}"

    problem(admin.post(f"{path}/invitation"), 409, "member_without_email")
    assert admin.patch(path, {"email": email, "why": "wants an account"}).json["guest"] is True
    assert admin.post(f"{path}/invitation").status_code == 200
    assert mails_of(studio.db, guest) == [("invitation", "email", email, "due")]
    (link,) = studio.db.execute("SELECT id FROM password_links WHERE member_id = %s", (guest.id,)).fetchall()
    secret = password_secret(settings(), link[0])
    chosen = at_once(*[lambda: admin.post("/v1/passwords", {"secret": secret, "new_password": PASSWORD})] * 2)

    assert sorted(answer.status_code for answer in chosen) == [204, 404]
    member = admin.get(path).json
    assert (member["guest"], member["has_password"]) == (False, True)
    token = admin.post("/v1/tokens", {"email": email, "password": PASSWORD}).json["access_token"]
    mine = admin.http.get("/v1/me/bookings", headers={"Authorization": f"Bearer {token}"})
    assert [one["session_id"] for one in mine.get_json()["items"]] == [str(session_id)]
    roster = admin.get(f"/v1/staff/sessions/{session_id}/roster").json
    assert [one["guest"] for one in roster["confirmed"]] == [False]


@pytest.mark.usefixtures("serving")
def test_a_guest_with_an_address_claims_the_account_by_a_reset_too(trainer: Caller, studio: Studio) -> None:
    session_id, email = studio.a_session(), f"{uuid4()}@example.test"
    add(trainer, session_id, email=email)
    guest = guest_of(trainer, session_id)

    assert trainer.post("/v1/password-resets", {"email": email}).status_code == 202
    (link,) = studio.db.execute("SELECT id FROM password_links WHERE member_id = %s", (guest.id,)).fetchall()
    body = {"secret": password_secret(settings(), link[0]), "new_password": PASSWORD}
    assert trainer.post("/v1/passwords", body).status_code == 204

    assert studio.db.execute("SELECT guest FROM members WHERE id = %s", (guest.id,)).fetchone() == (False,)
    assert studio.roster(session_id) == {guest.id: "confirmed"}


@pytest.mark.usefixtures("serving")
def test_a_guest_is_not_given_the_address_of_a_member(admin: Caller, studio: Studio) -> None:
    session_id, nina = studio.a_session(), studio.a_member()
    add(admin, session_id)
    guest = guest_of(admin, session_id)

    answer = admin.patch(f"/v1/staff/members/{guest.id}", {"email": address_of(nina), "why": "is Nina"})

    body = problem(answer, 422, "invalid_input")
    assert body["errors"]["email"] == (
        f"Member {nina.id} has this e-mail address already; change or book for them instead."
    )


@pytest.mark.usefixtures("serving")
def test_a_guest_is_given_no_role(anybody: Caller, studio: Studio) -> None:
    owner, session_id = staff(anybody, studio, Role.OWNER), studio.a_session()
    add(owner, session_id)

    answer = owner.post(
        f"/v1/staff/members/{guest_of(owner, session_id).id}/role", {"role": "trainer", "why": "teaches"}
    )

    problem(answer, 409, "member_is_guest")


@pytest.mark.usefixtures("serving")
def test_a_guest_without_an_address_is_found_and_removed_as_everybody(admin: Caller, studio: Studio) -> None:
    session_id, name = studio.a_session(), f"Iryna {uuid4()}"
    add(admin, session_id, name=name)
    guest = guest_of(admin, session_id)

    found = admin.get(f"/v1/staff/members?search={name}").json["items"]
    assert [(one["id"], one["email"], one["guest"]) for one in found] == [(str(guest.id), None, True)]
    candidates = admin.get(f"/v1/staff/sessions/{session_id}/candidates?q={name}").json["items"]
    assert [(one["email"], one["status"]) for one in candidates] == [(None, "confirmed")]
    removed = admin.post(f"/v1/staff/members/{guest.id}/removal", {"why": "asked to be forgotten"})
    assert removed.status_code == 200, removed.text
    assert name not in str(
        studio.db.execute("SELECT after FROM staff_changes WHERE subject_id = %s", (guest.id,)).fetchall()
    )


@pytest.mark.usefixtures("serving")
def test_the_file_says_who_is_a_guest(trainer: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    trainer.of(studio.a_member()).book(session_id, **WAIT)
    add(trainer, session_id)

    lines = trainer.get(f"/v1/staff/sessions/{session_id}/roster.csv").get_data(as_text=True).splitlines()

    assert [line.rpartition(",")[2] for line in lines] == ["Guest", "", "yes"]
