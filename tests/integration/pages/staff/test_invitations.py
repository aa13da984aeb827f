"""Inviting many people from a file."""

from io import BytesIO
from uuid import uuid4

from tests.integration.links import address_of, an_invitation
from tests.integration.pages.conftest import Browser
from tests.integration.pages.sessions import show
from tests.integration.pages.strictly import strictly
from tests.integration.studio import Member, Studio

PATH = "/staff/members/invite"


def a_file(text: str, encoding: str = "utf-8") -> tuple[BytesIO, str]:
    return BytesIO(text.encode(encoding)), "people.csv"


def test_a_file_is_looked_at_and_then_everybody_is_invited(browser: Browser, studio: Studio, admin: Member) -> None:
    invited, email = studio.a_member(), f"{uuid4()}@example.test"
    an_invitation(studio.db, invited)
    file = a_file(f"Name;Email\r\nZoë “Zo” O'Neill;{email}\r\nNina;{address_of(invited)}\r\n", "utf-8-sig")
    form = browser.form(browser.open(PATH), PATH)

    look = browser.send(form, status=200, file=file)
    row = studio.db.execute("SELECT FROM members WHERE email = %s", (email,)).fetchone()
    done = strictly(browser.send(browser.form(look, PATH), status=200).get_data(as_text=True))

    seen = strictly(look.get_data(as_text=True))
    assert row is None
    assert seen.texts("strong") == ["1 invitation would go out"]
    assert seen.texts("span", "tag") == ["New", "Invited already"]
    assert done.texts("strong") == ["1 invitation is on its way"]
    assert studio.db.execute("SELECT name FROM members WHERE email = %s", (email,)).fetchone() == ("Zoë “Zo” O'Neill",)


def test_what_is_wrong_is_said_line_by_line(browser: Browser, admin: Member) -> None:
    form = browser.form(browser.open(PATH), PATH)

    page = browser.send(form, status=422, file=a_file("name,email\nAnn,nobody\n<b>,x@y.example\n,b@y.example\n"))

    listed = strictly(page.get_data(as_text=True))
    assert "Nobody was invited" in listed.texts("strong")
    assert [text for text in listed.texts("li") if text.startswith("Line")] == [
        "Line 2: No mail can be sent to “nobody”; write it like name@example.org.",
        "Line 4: The name is missing.",
    ]


def test_another_encoding_no_file_and_too_large_a_file_are_said_in_words(browser: Browser, admin: Member) -> None:
    form = browser.form(browser.open(PATH), PATH)

    latin = browser.send(form, status=422, file=a_file("name,email\nZoë,zoe@example.org\n", "utf-16"))
    nothing = browser.send(form, status=422)
    large = browser.send(form, status=422, file=a_file("x" * 300_000))

    assert "in UTF-8" in latin.get_data(as_text=True)
    assert "Nobody is on the list" in nothing.get_data(as_text=True)
    assert "more than 256 kB" in large.get_data(as_text=True)


def test_the_list_of_members_leads_there(browser: Browser, admin: Member) -> None:
    assert show(browser, "/staff/members").links()["Invite many"] == PATH
