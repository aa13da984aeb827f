"""The same way without a mouse."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenBrowser
from tests.browser.house import PASSWORD, House
from tests.browser.keyboard import Keyboard
from tests.browser.pages import BookingsPage, CancelPage, SchedulePage, SessionPage, signed_in


def test_a_place_is_booked_and_given_back_with_the_keyboard_alone(house: House, open_browser: OpenBrowser) -> None:
    session, person, page = house.a_session(), house.a_member(), open_browser()
    keys, schedule, shown = Keyboard(page), SchedulePage(page), SessionPage(page)
    page.goto("/sign-in")

    expect(page.get_by_label("E-mail address")).to_be_focused()
    page.keyboard.type(person.email)
    keys.go_to(page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(schedule.title).to_have_text("Schedule")
    keys.go_to(page.get_by_label("Training", exact=True))
    page.keyboard.type(session.name)
    keys.press_enter_on(page.get_by_role("button", name="Show", exact=True))
    keys.press_enter_on(page.get_by_role("link", name="Go to that week"))
    keys.press_enter_on(schedule.session(session.name))
    expect(shown.title).to_have_text(session.name)
    keys.go_to(page.get_by_label(person.pass_name))
    keys.press_enter_on(shown.book_button)
    expect(shown.good_news).to_contain_text("You have a place")
    keys.press_enter_on(page.get_by_role("link", name="Cancel my booking"))
    expect(CancelPage(page).title).to_have_text("Cancel this booking?")
    keys.press_enter_on(page.get_by_role("button", name="Cancel the booking"))

    expect(BookingsPage(page).good_news).to_contain_text("It is cancelled")


def test_the_first_step_leads_past_the_navigation(house: House, open_browser: OpenBrowser) -> None:
    session = house.a_session()
    page = signed_in(open_browser(), house.a_member())
    SessionPage(page).open(session)
    keys, skip = Keyboard(page), page.get_by_role("link", name="Skip to the content")

    page.keyboard.press("Tab")
    assert keys.is_at(skip)
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert keys.is_at(page.get_by_role("main").get_by_role("link").first), keys.where()


@pytest.fixture(scope="module")
def monday(house: House) -> date:
    """The first Monday of a month that is far ahead, and has a session like the weeks and months beside it."""
    far = datetime.now(UTC).date() + timedelta(days=100)
    first = (far.replace(day=1) + timedelta(days=32)).replace(day=1)
    monday = first + timedelta(days=-first.weekday() % 7)
    noon = datetime.combine(monday, time(10), UTC)
    for days in (-31, -7, 0, 0, 7, 31):
        house.a_session(starts_in=noon + timedelta(days=days) - datetime.now(UTC))
    return monday


def day_at(page: Page, day: date) -> Locator:
    return page.locator(f'[data-day="{day}"]')


@pytest.mark.parametrize(
    ("view", "steps"),
    [
        ("week", {"ArrowRight": 1, "ArrowLeft": 0, "End": 6, "Home": 0}),
        ("week", {"PageDown": 7, "PageUp": 0, "ArrowLeft": -1, "ArrowRight": 0}),
        ("month", {"ArrowRight": 1, "ArrowDown": 8, "ArrowUp": 1, "ArrowLeft": 0, "End": 6, "Home": 0}),
    ],
)
def test_keys_go_about_the_days_and_to_the_pages_beside(
    open_browser: OpenBrowser, monday: date, view: str, steps: dict[str, int]
) -> None:
    page = open_browser(scripts=True)
    page.goto(f"/{view}?day={monday}")
    day_at(page, monday).focus()

    for key, days in steps.items():
        page.keyboard.press(key)
        expect(day_at(page, monday + timedelta(days=days))).to_be_focused()


def test_in_a_month_page_keys_go_to_the_same_day_of_the_months_beside(open_browser: OpenBrowser, monday: date) -> None:
    page = open_browser(scripts=True)
    page.goto(f"/month?day={monday}")
    day_at(page, monday).focus()

    page.keyboard.press("PageDown")
    expect(page).to_have_title(re.compile((monday + timedelta(days=31)).strftime("%B %Y")))
    expect(page.locator("[data-day]:focus time")).to_have_text(str(monday.day))
    page.keyboard.press("PageUp")
    expect(day_at(page, monday)).to_be_focused()


def test_in_a_week_keys_go_through_the_sessions_of_a_day(open_browser: OpenBrowser, monday: date) -> None:
    page = open_browser(scripts=True)
    page.goto(f"/week?day={monday}")
    sessions = page.locator(f"section:has(#day-{monday}) li a")
    day_at(page, monday).focus()

    page.keyboard.press("ArrowDown")
    expect(sessions.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(sessions.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(day_at(page, monday)).to_be_focused()


def test_what_the_keys_do_is_said_where_they_do_it(open_browser: OpenBrowser, monday: date) -> None:
    page, plain = open_browser(scripts=True), open_browser()
    for one in (page, plain):
        one.goto(f"/month?day={monday}")
    keys, hint = Keyboard(page), page.get_by_text("Arrow keys go from day to day")

    expect(hint).to_be_hidden()
    keys.go_to(day_at(page, monday.replace(day=1)))
    expect(hint).to_be_in_viewport()
    expect(page.get_by_role("table")).to_have_accessible_description(re.compile("^Arrow keys"))

    Keyboard(plain).go_to(day_at(plain, monday))
    expect(plain.get_by_text("Arrow keys")).to_be_hidden()
