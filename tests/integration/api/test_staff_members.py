"""Members for staff: finding them, making and inviting them, changing name and address."""

from typing import Any
from uuid import uuid4

import pytest

from domain.roles import Role
from storage.identifiers import new_id
from storage.members import invite
from tests.integration.api.conftest import WAIT, Caller, problem, staff
from tests.integration.links import a_reset, address_of, mails_of, states_of
from tests.integration.studio import Member, Studio

PATH = "/v1/staff/members"


def a_person(studio: Studio, name: str, email: str) -> Member:
    member = studio.a_member()
    studio.db.execute("UPDATE members SET name = %s, email = %s WHERE id = %s", (name, email, member.id))
    return member


def found(admin: Caller, search: str, **other: str) -> list[str]:
    query = "&".join(f"{name}={value}" for name, value in {"search": search, **other}.items())
    answer = admin.get(f"{PATH}?{query}")
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json["items"]]


def changes(admin: Caller, member_id: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = admin.get(f"/v1/staff/changes?member_id={member_id}").json["items"]
    return items


def test_every_word_is_part_of_name_or_address_in_whatever_case(admin: Caller, studio: Studio) -> None:
    mark = uuid4().hex
    a_person(studio, f"Maxim Bondar {mark}", f"max-{mark}@example.test")
    a_person(studio, f"Maxim Koval {mark}", f"koval-{mark}@example.test")

    assert found(admin, f"{mark} maxim") == [f"Maxim Bondar {mark}", f"Maxim Koval {mark}"]
    assert found(admin, f"BOND {mark}") == [f"Maxim Bondar {mark}"]
    assert found(admin, f"koval-{mark}@ex") == [f"Maxim Koval {mark}"]
    assert found(admin, f"{mark} nobody") == []


@pytest.mark.parametrize("wild", ["%25", "_", "%5C"])
def test_what_sql_takes_for_a_pattern_stands_for_itself(admin: Caller, studio: Studio, wild: str) -> None:
    mark = uuid4().hex
    a_person(studio, mark, f"{mark}@example.test")

    assert found(admin, f"{mark}{wild}") == []


def test_a_page_goes_on_behind_the_one_before_also_among_equal_names(admin: Caller, studio: Studio) -> None:
    mark = uuid4().hex
    ids = {str(a_person(studio, f"Same {mark}", f"{number}-{mark}@example.test").id) for number in range(3)}

    first = admin.get(f"{PATH}?search={mark}&limit=2").json
    rest = admin.get(f"{PATH}?search={mark}&limit=2&cursor={first['next_cursor']}").json

    assert len(first["items"]) == 2
    assert {one["id"] for one in (*first["items"], *rest["items"])} == ids
    assert rest["next_cursor"] is None


def test_a_search_is_answered_by_the_index(studio: Studio) -> None:
    with studio.db.transaction():
        studio.db.execute("SET LOCAL enable_seqscan = off")
        studio.db.execute("SET LOCAL enable_indexscan = off")
        plan = studio.db.execute(
            "EXPLAIN SELECT FROM members WHERE lower(name) LIKE '%bondar%' OR lower(email) LIKE '%bondar%'"
        ).fetchall()

    assert "members_search" in str(plan)


def test_roles_and_states_are_filtered_by(admin: Caller, studio: Studio) -> None:
    mark = uuid4().hex
    trainer = a_person(studio, f"Trainer {mark}", f"t-{mark}@example.test")
    a_person(studio, f"Member {mark}", f"m-{mark}@example.test")
    studio.db.execute("UPDATE members SET role = 'trainer', suspended_at = now() WHERE id = %s", (trainer.id,))

    assert found(admin, mark, role="trainer") == [f"Trainer {mark}"]
    assert found(admin, mark, status="active") == [f"Member {mark}"]
    assert found(admin, mark, status="suspended") == [f"Trainer {mark}"]
    assert found(admin, mark, status="removed") == []


def test_who_is_made_is_invited_by_mail_and_noted(admin: Caller, studio: Studio) -> None:
    email = f"{uuid4()}@example.test"

    answer = admin.post(PATH, {"name": " Maxim Bondar ", "email": email})

    assert answer.status_code == 201, answer.text
    made = answer.json
    assert (made["name"], made["email"], made["role"], made["status"]) == ("Maxim Bondar", email, "member", "active")
    assert made["has_password"] is False
    assert made["invited_until"]
    member = Member(made["id"], None)  # type: ignore[arg-type] # has no pass
    assert mails_of(studio.db, member) == [("invitation", "email", email, "due")]
    assert [one["kind"] for one in changes(admin, made["id"])] == ["member_invited", "member_created"]


def test_who_is_made_without_an_invitation_gets_no_mail(admin: Caller, studio: Studio) -> None:
    made = admin.post(PATH, {"name": "Nina", "email": f"{uuid4()}@example.test", "invite": False}).json

    assert made["invited_until"] is None
    assert mails_of(studio.db, Member(made["id"], None)) == []  # type: ignore[arg-type]


def test_an_address_of_another_member_is_refused_at_its_field(admin: Caller, studio: Studio) -> None:
    nina = studio.a_member()

    body = problem(admin.post(PATH, {"name": "Nina", "email": address_of(nina).upper()}), 422, "invalid_input")

    assert body["errors"]["email"].startswith(f"Member {nina.id} has this e-mail address already")


@pytest.mark.parametrize(("name", "email"), [(" ", "a@example.test"), ("A\nB", "a@example.test"), ("Nina", "nina")])
def test_names_and_addresses_are_checked(admin: Caller, name: str, email: str) -> None:
    body = problem(admin.post(PATH, {"name": name, "email": email}), 422, "invalid_input")

    assert list(body["errors"]) == (["email"] if email == "nina" else ["name"])


def test_name_and_address_are_changed_with_what_they_were_and_why(admin: Caller, studio: Studio) -> None:
    nina, email = studio.a_member(), f"{uuid4()}@example.test"

    answer = admin.patch(f"{PATH}/{nina.id}", {"name": "Nina", "email": email, "why": "married"})

    assert (answer.json["name"], answer.json["email"]) == ("Nina", email)
    (change,) = changes(admin, nina.id)
    assert (change["kind"], change["why"]) == ("member_edited", "married")
    assert change["before"] == {"name": f"Member {nina.id}", "email": address_of(nina)}
    assert change["after"] == {"name": "Nina", "email": email}


def test_what_does_not_change_is_not_noted(admin: Caller, studio: Studio) -> None:
    nina = studio.a_member()

    answer = admin.patch(f"{PATH}/{nina.id}", {"email": address_of(nina), "why": "nothing"})

    assert answer.status_code == 200
    assert changes(admin, nina.id) == []


def test_links_that_were_mailed_to_the_address_before_end(admin: Caller, studio: Studio) -> None:
    nina = studio.a_member()
    a_reset(studio.db, nina)

    admin.patch(f"{PATH}/{nina.id}", {"email": f"{uuid4()}@example.test", "why": "new address"})

    assert states_of(studio.db, nina) == [("reset", "replaced")]


@pytest.mark.parametrize("role", [Role.ADMIN, Role.OWNER])
def test_no_admin_changes_the_address_of_another_admin_or_an_owner(
    admin: Caller, anybody: Caller, studio: Studio, role: Role
) -> None:
    other = staff(anybody, studio, role).member
    assert other is not None
    assert admin.member is not None
    body = {"email": f"{uuid4()}@example.test", "why": "to have a password sent to me"}

    problem(admin.patch(f"{PATH}/{other.id}", body), 403, "member_out_of_reach")

    assert admin.patch(f"{PATH}/{admin.member.id}", body).status_code == 200
    assert staff(anybody, studio, Role.OWNER).patch(f"{PATH}/{other.id}", {"name": "A", "why": "b"}).status_code == 200


def test_inviting_again_replaces_the_invitation_and_who_has_a_password_is_not_invited(
    admin: Caller, studio: Studio
) -> None:
    nina = studio.a_member()

    for _ in range(2):
        assert admin.post(f"{PATH}/{nina.id}/invitation").status_code == 200
    assert states_of(studio.db, nina) == [("invitation", "replaced"), ("invitation", None)]

    studio.db.execute("UPDATE members SET password_hash = 'x' WHERE id = %s", (nina.id,))
    problem(admin.post(f"{PATH}/{nina.id}/invitation"), 409, "member_has_password")


def test_an_invitation_that_is_asked_for_twice_with_one_id_is_one(admin: Caller, studio: Studio) -> None:
    nina, link_id = studio.a_member(), new_id()
    assert admin.member is not None

    first, again = (invite(studio.db, link_id, nina.id, actor_id=admin.member.id) for _ in range(2))

    assert first.expires_at == again.expires_at
    assert states_of(studio.db, nina) == [("invitation", None)]
    assert len(changes(admin, nina.id)) == 1


def test_staff_see_what_the_member_has(admin: Caller, me: Caller, studio: Studio, serving: None) -> None:
    booked = me.book(studio.a_session(), **WAIT).json["id"]
    assert me.member is not None
    path = f"{PATH}/{me.member.id}"

    bookings, passes = admin.get(f"{path}/bookings").json, admin.get(f"{path}/passes").json

    assert [one["id"] for one in bookings["items"]] == [booked]
    assert bookings == me.get("/v1/me/bookings").json
    assert [line["booking_id"] for line in passes["items"][0]["ledger"]] == [booked]
    assert admin.get(f"{path}/bookings?when=past").json["items"] == []


@pytest.mark.parametrize("rest", ["", "/bookings", "/passes"])
def test_who_never_was_is_not_found(admin: Caller, rest: str) -> None:
    problem(admin.get(f"{PATH}/{uuid4()}{rest}"), 404, "member_not_found")
