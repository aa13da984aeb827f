"""Types of passes and members' passes on the staff's pages."""

from typing import Any
from uuid import uuid4

import pytest

from domain.roles import Role
from tests.integration.pages.conftest import Browser
from tests.integration.pages.strictly import Page, strictly
from tests.integration.studio import Member, Studio

NEW = "/staff/passes/types/new"


@pytest.fixture
def admin(browser: Browser, studio: Studio, me: Member) -> Member:
    studio.db.execute("UPDATE members SET role = %s WHERE id = %s", (Role.ADMIN, me.id))
    return me


def read(browser: Browser, path: str) -> Page:
    return strictly(browser.open(path).get_data(as_text=True))


def a_type(browser: Browser, **filled: Any) -> str:
    """Make a type by the form; return the address of its page."""
    name = f"Ten times {uuid4()}"
    form = browser.form(browser.open(NEW), NEW)
    browser.send(form, name=name, sessions="10", days="30", price="120 EUR", **filled)
    page = browser.http.get("/staff/passes")
    links = strictly(page.get_data(as_text=True)).links()
    while name not in links:
        page = browser.http.get(links["More"].replace("&amp;", "&"))
        links = strictly(page.get_data(as_text=True)).links()
    return links[name]


def test_a_type_is_made_and_changed_by_forms(browser: Browser, studio: Studio, admin: Member) -> None:
    path = a_type(browser, **{f"training.{studio.training_id}": "yes"})
    page = browser.open(path)
    form = browser.form(page, path)
    assert form.fields[f"training.{studio.training_id}"] == "yes"
    assert (form.fields["sessions"], form.fields["price"], form.fields["offered"]) == ("10", "120 EUR", "yes")

    browser.send(form, sessions="", why="unlimited from now on")

    assert browser.form(browser.open(path), path).fields["sessions"] == ""


def test_a_change_for_granted_passes_is_shown_before_it_is_saved(
    browser: Browser, studio: Studio, admin: Member
) -> None:
    path = a_type(browser)
    type_id, nina = path.rpartition("/")[2], studio.a_member()
    grant = f"/staff/members/{nina.id}/passes/new"
    granted = browser.send(browser.form(browser.open(grant), grant), pass_type_id=type_id, why="paid")
    assert granted.status_code == 303
    row = studio.db.execute("SELECT id FROM passes WHERE pass_type_id = %s", (type_id,)).fetchone()
    assert row is not None
    pass_id = row[0]
    wanted: dict[str, Any] = {f"training.{studio.training_id}": "yes", "granted": "yes", "why": "yoga alone"}

    asked = browser.send(browser.form(browser.open(path), path), status=200, **wanted)

    page = strictly(asked.get_data(as_text=True))
    (told,) = [one.text for one in page.elements if one.attributes.get("id") == "what-if"]
    assert "1 granted pass would pay for other trainings." in told
    trainings = "SELECT training_ids FROM passes WHERE id = %s"
    assert studio.db.execute(trainings, (pass_id,)).fetchone() == (None,)

    form = browser.form(asked, path)
    assert form.fields["granted"] == "yes"
    answer = browser.send(form)

    assert answer.headers["Location"] == "/staff/passes?saved=changed"
    assert studio.db.execute(trainings, (pass_id,)).fetchone() == ([studio.training_id],)


def test_what_is_wrong_with_a_type_is_said_at_its_field(browser: Browser, admin: Member) -> None:
    form = browser.form(browser.open(NEW), NEW)

    answer = browser.send(form, status=422, name="", sessions="many", days="0")

    page = strictly(answer.get_data(as_text=True))
    assert len(page.all("p", "error")) == 3
    assert [one.attributes["value"] for one in page.all("input") if one.attributes.get("name") == "sessions"] == [
        "many"
    ]


def test_a_pass_is_granted_once_however_often_the_form_is_sent(browser: Browser, studio: Studio, admin: Member) -> None:
    type_id, nina = a_type(browser).rpartition("/")[2], studio.a_member()
    path = f"/staff/members/{nina.id}/passes/new"
    form = browser.form(browser.open(path), path)

    without_why = strictly(browser.send(form, status=422, pass_type_id=type_id, why="").get_data(as_text=True))
    for _ in range(2):
        granted = browser.send(form, pass_type_id=type_id, why="paid")

    assert len(without_why.all("p", "error")) == 1
    page = read(browser, granted.headers["Location"])
    assert "The pass is granted, and the member is told" in page.texts("strong")
    assert len(page.all("article", "pass")) == 2


def test_other_terms_are_filled_in(browser: Browser, studio: Studio, admin: Member) -> None:
    type_id, nina = a_type(browser).rpartition("/")[2], studio.a_member()
    path = f"/staff/members/{nina.id}/passes/new"

    browser.send(browser.form(browser.open(path), path), pass_type_id=type_id, sessions="3", why="a present")

    row = studio.db.execute(
        "SELECT sessions_left, expires_at FROM passes WHERE member_id = %s ORDER BY id DESC LIMIT 1", (nina.id,)
    ).fetchone()
    assert row == (3, None)


def test_a_pass_is_topped_up_and_turned_off_and_on(browser: Browser, studio: Studio, admin: Member) -> None:
    nina = studio.a_member(sessions=1)
    path = f"/staff/passes/{nina.pass_id}"
    form = browser.form(browser.open(path), f"{path}/extension")
    assert "days" not in form.fields, "it never expires"

    nothing = browser.send(form, status=422, why="a present").get_data(as_text=True)
    for _ in range(2):
        browser.send(form, sessions="2", why="a present")
    browser.send(browser.form(browser.open(path), f"{path}/deactivation"), why="a chargeback")
    off = read(browser, path)
    browser.send(browser.form(browser.open(path), f"{path}/activation"), why="paid")

    assert "Say how many sessions, how many days, or both." in nothing
    assert studio.sessions_left(nina) == 3
    assert "Not active" in off.texts("span", "tag")
    assert "Not active" not in read(browser, path).texts("span", "tag")


def test_a_pass_that_never_was_is_said_in_words(browser: Browser, admin: Member) -> None:
    page = strictly(browser.open(f"/staff/passes/{uuid4()}", status=404).get_data(as_text=True))

    assert page.texts("h1") == ["There is no such pass"]
