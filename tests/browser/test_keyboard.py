"""The same way without a mouse."""

from playwright.sync_api import expect

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
