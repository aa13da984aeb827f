"""Guests on the staff's pages."""

import re
from uuid import uuid4

import pytest

from tests.integration.links import address_of
from tests.integration.pages.conftest import Browser
from tests.integration.pages.sessions import show
from tests.integration.pages.strictly import strictly
from tests.integration.studio import Member, Studio

pytestmark = pytest.mark.usefixtures("serving")


def test_the_roster_has_a_form_that_adds_a_guest_and_says_so(browser: Browser, studio: Studio, trainer: Member) -> None:
    session_id = studio.a_session()
    path = f"/staff/sessions/{session_id}"
    form = browser.form(browser.open(path), f"{path}/guests")

    first = browser.send(form, name="Iryna Bondar")
    again = browser.send(form, name="Iryna Bondar")

    assert first.headers["Location"] == again.headers["Location"], "the button pressed twice"
    page = show(browser, first.headers["Location"])
    assert "It is done" in page.texts("strong")
    (row,) = [one for one in page.all("tr") if one.attributes.get("id", "").startswith("booking-")]
    assert row.text.startswith("1 Iryna Bondar Guest")
    assert "1 Iryna Bondar (guest)" in show(browser, f"{path}/print").texts("th")


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    browser: Browser, studio: Studio, trainer: Member
) -> None:
    path = f"/staff/sessions/{studio.a_session()}/guests"
    form = browser.form(browser.open(path), path)

    bad = strictly(browser.send(form, status=422, name="", email="nobody").get_data(as_text=True))
    taken = browser.send(form, status=422, name="Iryna", email=address_of(trainer)).get_data(as_text=True)

    assert len(bad.all("p", "error")) == 2
    assert strictly(taken).texts("p", "error") == [
        "Tara Trainer has this e-mail address already; change or book for them instead."
    ]
    assert browser.http.get(path).status_code == 200
    assert 'value="Iryna"' in taken


def test_what_the_rules_refuse_is_said_on_the_form(browser: Browser, studio: Studio, trainer: Member) -> None:
    session_id = studio.a_session()
    path = f"/staff/sessions/{session_id}/guests"
    form = browser.form(browser.open(path), path)
    studio.db.execute("UPDATE training_sessions SET cancelled = true WHERE id = %s", (session_id,))

    page = strictly(browser.send(form, status=409, name="Iryna").get_data(as_text=True))

    assert page.texts("strong") == ["Nothing was saved"]
    assert any("cancelled" in text for text in page.texts("p"))


def test_a_guests_page_says_how_they_become_a_member(browser: Browser, studio: Studio, admin: Member) -> None:
    path = f"/staff/sessions/{studio.a_session()}/guests"
    name, email = f"Iryna {uuid4()}", f"{uuid4()}@example.test"
    browser.send(browser.form(browser.open(path), path), name=name)

    listed = show(browser, f"/staff/members?search={name}")
    assert "Guest" in listed.texts("span", "tag")
    address = listed.links()[name]
    page = browser.open(address)
    assert f"{address}/invitation" not in [form.action for form in browser.forms(page)]
    assert "add an e-mail address to invite them" in page.get_data(as_text=True)
    form = browser.form(browser.open(f"{address}/edit"), f"{address}/edit")
    assert browser.send(form, name=f"{name} B", email="", why="her whole name")
    browser.send(form, email=email, why="wants an account")
    invited = browser.send(browser.form(browser.open(address), f"{address}/invitation"))
    assert re.search("Invited", show(browser, invited.headers["Location"]).texts("span", "tag")[0])
