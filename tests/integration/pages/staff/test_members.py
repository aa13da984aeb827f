"""Members on the staff's pages."""

from typing import Any
from uuid import uuid4

import pytest

from domain.roles import Role
from tests.integration.links import address_of, states_of
from tests.integration.pages.conftest import Browser
from tests.integration.pages.strictly import Page, strictly
from tests.integration.passwords import PASSWORD
from tests.integration.studio import Member, Studio


@pytest.fixture
def admin(browser: Browser, studio: Studio, me: Member) -> Member:
    studio.db.execute("UPDATE members SET role = %s WHERE id = %s", (Role.ADMIN, me.id))
    return me


def read(browser: Browser, path: str) -> Page:
    return strictly(browser.open(path).get_data(as_text=True))


def test_a_member_is_found_by_the_search_and_leads_to_their_page(
    browser: Browser, studio: Studio, admin: Member
) -> None:
    nina = studio.a_member()

    listed = read(browser, f"/staff/members?search={nina.id}")

    assert listed.links()[f"Member {nina.id}"] == f"/staff/members/{nina.id}"
    page = read(browser, f"/staff/members/{nina.id}")
    assert page.texts("h1") == [f"Member {nina.id}"]
    assert address_of(nina) in page.links()
    assert len(page.all("article", "pass")) == 1


def test_filters_that_are_left_open_find_everybody(browser: Browser, studio: Studio, admin: Member) -> None:
    nina = studio.a_member()

    page = read(browser, f"/staff/members?search={nina.id}&role=&status=")

    assert f"Member {nina.id}" in page.links()


def test_a_member_is_made_by_the_form_and_what_is_wrong_is_said_at_its_field(
    browser: Browser, studio: Studio, admin: Member
) -> None:
    form, email = browser.form(browser.open("/staff/members/new"), "/staff/members/new"), f"{uuid4()}@example.test"

    refused = strictly(browser.send(form, status=422, name="", email="nobody").get_data(as_text=True))
    taken = browser.send(form, status=422, name="Nina", email=address_of(admin)).get_data(as_text=True)
    made = browser.send(form, name="Nina Marchenko", email=email)

    assert len(refused.all("p", "error")) == 2
    assert strictly(taken).texts("p", "error") == [
        f"Member {admin.id} has this e-mail address already; change or book for them instead."
    ]
    page = read(browser, made.headers["Location"])
    assert "The invitation is on its way" in page.texts("strong")
    assert "Invited" in page.texts("span", "tag")


def test_name_and_address_are_changed_by_the_form(browser: Browser, studio: Studio, admin: Member) -> None:
    nina = studio.a_member()
    path = f"/staff/members/{nina.id}/edit"
    form = browser.form(browser.open(path), path)

    without_why = browser.send(form, status=422, name="Nina", why="").get_data(as_text=True)
    done = browser.send(form, name="Nina", why="wanted it so")

    assert len(strictly(without_why).all("p", "error")) == 1
    page = read(browser, done.headers["Location"])
    assert page.texts("h1") == ["Nina"]
    assert "wanted it so" in page.texts("td")


def test_who_is_out_of_reach_is_said_on_the_form(browser: Browser, studio: Studio, admin: Member) -> None:
    owner = studio.a_member()
    studio.db.execute("UPDATE members SET role = 'owner' WHERE id = %s", (owner.id,))
    path = f"/staff/members/{owner.id}/edit"

    answer = browser.send(browser.form(browser.open(path), path), status=403, name="A", why="b")

    assert strictly(answer.get_data(as_text=True)).texts("p")
    assert "ask an owner to do it" in answer.get_data(as_text=True)


def test_inviting_again_is_a_button(browser: Browser, studio: Studio, admin: Member) -> None:
    nina = studio.a_member()
    page = browser.open(f"/staff/members/{nina.id}")

    browser.send(browser.form(page, f"/staff/members/{nina.id}/invitation"))

    assert states_of(studio.db, nina) == [("invitation", None)]


def test_who_never_was_is_said_in_words(browser: Browser, admin: Member) -> None:
    page = strictly(browser.open(f"/staff/members/{uuid4()}", status=404).get_data(as_text=True))

    assert page.texts("h1") == ["There is no such member"]


def send_change(browser: Browser, member: Member, what: str, *, status: int = 303, **filled: Any) -> str:
    """Send a form of the member's page of changes; return the page that answers, or the address that is gone on to."""
    path = f"/staff/members/{member.id}/{what}"
    form = browser.form(browser.open(f"/staff/members/{member.id}/edit"), path)
    answer = browser.send(form, status=status, **filled)
    return answer.headers["Location"] if status == 303 else answer.get_data(as_text=True)


def test_a_role_is_changed_by_the_form(browser: Browser, studio: Studio, admin: Member) -> None:
    nina = studio.a_member()

    page = read(browser, send_change(browser, nina, "role", role="trainer", why="teaches"))

    assert "The role is changed" in page.texts("strong")
    assert "Trainer" in page.texts("dd")
    refused = strictly(send_change(browser, nina, "role", status=403, role="owner", why="power"))
    assert len(refused.all("div", "bad")) == 1


def test_suspending_and_letting_in_again_are_forms(browser: Browser, studio: Studio, admin: Member) -> None:
    nina = studio.a_member()

    suspended = read(browser, send_change(browser, nina, "suspension", why="did not pay"))
    again = read(browser, send_change(browser, nina, "reactivation", why="paid"))

    assert "Suspended" in suspended.texts("span", "tag")
    assert "The member can sign in again" in again.texts("strong")


def test_removing_asks_whether_it_is_meant(browser: Browser, studio: Studio, admin: Member) -> None:
    nina = studio.a_member()

    asked = strictly(send_change(browser, nina, "removal", status=422, why="moved"))
    assert asked.texts("p", "error") == ["Tick the box if you are sure."]

    page = read(browser, send_change(browser, nina, "removal", why="moved", sure="yes"))
    assert page.texts("h1") == ["Former member"]
    assert "Change" not in page.links()
    assert "Nothing can be changed" in browser.open(f"/staff/members/{nina.id}/edit").get_data(as_text=True)


def test_who_is_suspended_is_told_where_they_sign_in(browser: Browser, studio: Studio) -> None:
    nina = studio.a_member()
    browser.sign_in(studio, nina)
    studio.db.execute("UPDATE members SET suspended_at = now() WHERE id = %s", (nina.id,))

    assert browser.http.get("/bookings").status_code == 303
    form = browser.form(browser.open("/sign-in"), "/sign-in")
    answer = browser.send(form, status=401, email=address_of(nina), password=PASSWORD)
    assert "The studio has suspended your membership" in answer.get_data(as_text=True)
