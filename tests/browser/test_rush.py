"""A rush as one member sees it: in line behind others, told how many, and told the outcome when it is there."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenBrowser
from tests.browser.house import House, Opened, Person
from tests.browser.pages import BookingsPage, SessionPage, signed_in

OTHERS = 7


def asked_after(others: list[Person], house: House, session: Opened, page: Page) -> SessionPage:
    """Press the button when these have done so, and nothing is decided yet."""
    shown = SessionPage(page).open(session)
    house.ask_for_places(session, *others)
    shown.book()
    expect(shown.good_news).to_contain_text(f"You are in line, {len(others)} ahead")
    return shown


def test_the_page_says_how_many_are_ahead_and_then_what_came_of_it(house: House, open_browser: OpenBrowser) -> None:
    session, others = house.a_session(capacity=5), [house.a_member() for _ in range(OTHERS)]
    page = signed_in(open_browser(scripts=True), house.a_member())

    with house.held(session):
        shown = asked_after(others, house, session, page)

    expect(shown.good_news).to_contain_text("You are in line as number 3")
    expect(shown.line).to_contain_text("5 places, all taken. 3 in line. You are 3rd.")


def test_a_connection_that_drops_meanwhile_loses_nothing(house: House, open_browser: OpenBrowser) -> None:
    session, person = house.a_session(capacity=20), house.a_member()
    page = signed_in(open_browser(scripts=True), person)

    with house.held(session):
        shown = asked_after([house.a_member() for _ in range(OTHERS)], house, session, page)
        page.context.set_offline(True)
        expect(page.get_by_text("Connection lost")).to_be_visible()
    page.context.set_offline(False)

    expect(shown.good_news).to_contain_text("You have a place")
    expect(page.get_by_text("Connection lost")).to_have_count(0)
    expect(BookingsPage(page).open().booking(session.name)).to_contain_text("Confirmed")


@pytest.mark.parametrize("scripts", [True, False])
def test_whoever_loads_the_page_anew_is_told_all_the_same(
    house: House, open_browser: OpenBrowser, *, scripts: bool
) -> None:
    session, person = house.a_session(capacity=20), house.a_member()
    page = signed_in(open_browser(scripts=scripts), person)

    with house.held(session):
        shown = asked_after([house.a_member()], house, session, page)
        page.reload()
        expect(shown.good_news).to_contain_text("1 ahead")

    expect(shown.good_news).to_contain_text("You have a place")
