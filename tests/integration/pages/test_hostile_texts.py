"""Whatever people type is shown as they typed it: on no page does it become markup, a script, or a part of an address.

How mails show it is held by tests/messages, how spreadsheets do by the tests of roster files and of exports.
"""

from html.parser import HTMLParser
from typing import Any

import pytest
from apiflask import APIFlask

from tests.integration.pages.conftest import Browser
from tests.integration.pages.everywhere import everything, lines_of
from tests.integration.pages.strictly import strictly
from tests.integration.studio import Studio

EVIL = """Eve'"><evil onload=evil()>--></script></title></textarea><script>evil()</script>{{7919*7907}}"""
"""Ends whatever it may stand in: a text, an attribute in either quote, a comment, a script, a title, a template."""

LOST = str(7919 * 7907)  # what a template would make of it; long, so that no random secret holds it by chance


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attributes))


@pytest.fixture
def own_studio(big_studio: tuple[Studio, Browser]) -> tuple[Studio, Browser]:
    """A studio of its own, since no other test could bear these names."""
    return big_studio


def test_no_page_makes_markup_of_what_people_typed(own_studio: tuple[Studio, Browser]) -> None:
    studio, browser = own_studio
    studio.db.execute("UPDATE studio SET name = %s", (EVIL,))
    world = everything(browser, studio, EVIL)
    browser.sign_in(studio, world.admin)
    app = browser.http.application
    assert isinstance(app, APIFlask)
    shown = pages = 0

    for method, rule in lines_of(app):
        if method != "GET" or rule in {"/v1/events", "/v1/staff/events", "/mail", "/live", "/ready", "/metrics"}:
            continue
        found: Any = browser.http.get(world.path(rule))
        with found as answer:
            assert answer.status_code < 500, (rule, answer.text)
            assert "evil" not in str(answer.headers).replace("\\", ""), rule
            if answer.mimetype not in {"text/html", "image/svg+xml"}:
                assert answer.mimetype not in {"text/xml", "application/xhtml+xml"}
                continue
            text = answer.get_data(as_text=True)
        tags = _Tags()
        tags.feed(text)
        assert "evil" not in {tag for tag, _ in tags.found}, rule
        assert "<script>evil" not in text, rule
        assert LOST not in text, rule
        for tag, attributes in tags.found:
            assert not [name for name, _ in attributes if name.startswith("on")], (rule, tag)
            assert not [
                value for name, value in attributes if name in {"href", "src", "action"} and "evil" in (value or "")
            ]
        if (
            answer.mimetype == "text/html"
            and answer.status_code == 200
            and rule not in {"/docs", "/unsubscribe/<token>"}
        ):
            strictly(text)
        pages += 1
        shown += "onload=evil()" in text

    assert pages > 50
    assert shown > 20, "the text is there, as text"


def test_a_form_is_shown_again_with_what_was_typed_as_text(own_studio: tuple[Studio, Browser]) -> None:
    """Each form of the staff's, filled in with it everywhere."""
    studio, browser = own_studio
    world = everything(browser, studio)
    browser.sign_in(studio, world.admin)
    app = browser.http.application
    assert isinstance(app, APIFlask)
    again = 0

    for method, rule in lines_of(app):
        if method != "GET" or rule in {"/docs", "/v1/events", "/v1/staff/events"}:
            continue
        opened: Any = browser.http.get(world.path(rule))
        with opened as page:
            if page.mimetype != "text/html" or page.status_code != 200:
                continue
            forms = browser.forms(page)
        for form in forms:
            if form.action in {"/sign-out", "/language"} or form.method != "post":
                continue
            kept = {name: value for name, value in form.fields.items() if name in {"form_token", "key"}}
            answer = browser.http.post(form.action, data={**dict.fromkeys(form.fields, EVIL), **kept})
            assert answer.status_code < 500, (form.action, answer.text)
            text = answer.get_data(as_text=True)
            tags = _Tags()
            tags.feed(text)
            assert "evil" not in {tag for tag, _ in tags.found}, form.action
            assert "<script>evil" not in text
            again += "onload=evil()" in text

    assert again >= 3
