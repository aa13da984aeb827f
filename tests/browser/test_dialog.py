"""With scripts a session opens over the schedule that it was found in, under an address of its own."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenBrowser, OpenShown
from tests.browser.house import House, Opened
from tests.browser.looking import SMALLEST, assert_open_to_all
from tests.browser.pages import (
    BookingsPage,
    CancelPage,
    SchedulePage,
    SessionDialog,
    SessionPage,
    SignInPage,
    signed_in,
)
from tests.browser.showcase import Showcase

ANYWHERE_OUTSIDE = (5, 5)
LIKE_A_PHONE = {"width": 390, "height": 844}


def found(page: Page, session: Opened) -> SchedulePage:
    """Open the schedule of the session's week."""
    page.goto("/")
    return SchedulePage(page).find(session)


def entries(page: Page) -> int:
    return int(page.evaluate("history.length"))


def test_it_opens_over_the_schedule_and_goes_with_back_and_forward(house: House, open_browser: OpenBrowser) -> None:
    session = house.a_session()
    page = signed_in(open_browser(scripts=True), house.a_member())
    schedule = found(page, session)
    address, title = page.url, page.title()

    dialog = schedule.open_dialog(session.name)
    expect(page).to_have_url(house.url + session.path)
    expect(page).to_have_title(re.compile(session.name))
    expect(dialog.line).to_contain_text("none taken")
    page.go_back()
    expect(dialog.content).to_have_count(0)
    expect(page).to_have_url(address)
    expect(page).to_have_title(title)
    page.go_forward()

    expect(dialog.title).to_have_text(session.name)
    expect(page).to_have_url(house.url + session.path)


CLOSE: dict[str, Callable[[SessionDialog], None]] = {
    "Escape": lambda dialog: dialog.page.keyboard.press("Escape"),
    "the button": SessionDialog.close,
    "outside": lambda dialog: dialog.page.mouse.click(*ANYWHERE_OUTSIDE),
}


@pytest.mark.parametrize("way", CLOSE)
def test_closing_goes_back_to_the_link_and_piles_nothing_up(house: House, open_browser: OpenBrowser, way: str) -> None:
    session = house.a_session()
    page = signed_in(open_browser(scripts=True), house.a_member())
    schedule = found(page, session)
    address = page.url

    for _ in range(2):
        dialog = schedule.open_dialog(session.name)
        expect(dialog.title).to_be_focused()
        opened = entries(page)
        CLOSE[way](dialog)
        expect(page).to_have_url(address)
        expect(dialog.content).to_have_count(0)
        expect(schedule.session(session.name)).to_be_focused()

    assert entries(page) == opened


def test_the_schedule_stays_where_it_was_and_cannot_be_moved_meanwhile(
    open_shown: OpenShown, showcase: Showcase
) -> None:
    page = open_shown("schedule", scripts=True, viewport=LIKE_A_PHONE)
    link = page.locator(f'a[href="{showcase.addresses["session, in line"]}"]')
    link.evaluate("link => link.scrollIntoView({ block: 'start' })")
    before = page.evaluate("scrollY")

    link.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.mouse.move(200, 400)
    page.mouse.wheel(0, 5000)
    locked = page.evaluate("getComputedStyle(document.documentElement).overflowY")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    assert before > 0
    assert locked == "hidden"
    assert page.evaluate("scrollY") == before


def test_a_place_is_booked_in_it_and_the_schedule_knows(house: House, open_browser: OpenBrowser) -> None:
    session = house.a_session()
    page = signed_in(open_browser(scripts=True), house.a_member())
    schedule = found(page, session)
    dialog = schedule.open_dialog(session.name)

    dialog.book()
    expect(dialog.good_news).to_contain_text("You have a place")
    expect(dialog.my_part).to_contain_text("Your place")
    expect(page).to_have_url(re.compile(re.escape(session.path) + r"\?command="))
    dialog.close()

    expect(schedule.entry(session.name)).to_contain_text("You have a place")
    expect(schedule.entry(session.name)).to_contain_text("1 place left")


def test_a_booking_is_settled_though_the_dialog_is_closed_before(house: House, open_browser: OpenBrowser) -> None:
    session = house.a_session()
    page = signed_in(open_browser(scripts=True), house.a_member())
    held: list[Route] = []
    page.route("**/v1/sessions/*/bookings", lambda way: held.append(way))  # noqa: PLW0108 - methods of lists have no signature
    schedule = found(page, session)
    address = page.url
    dialog = schedule.open_dialog(session.name)

    with page.expect_request("**/v1/sessions/*/bookings"):
        dialog.book_button.click()
    dialog.close()
    expect(page).to_have_url(address)
    held[0].continue_()

    expect(schedule.entry(session.name)).to_contain_text("You have a place")
    expect(schedule.title).to_have_text("Schedule")
    expect(page).to_have_url(address)


def test_what_others_do_is_seen_in_it_and_afterwards_on_the_schedule(house: House, open_browser: OpenBrowser) -> None:
    session = house.a_session()
    schedule = found(signed_in(open_browser(scripts=True), house.a_member()), session)
    dialog = schedule.open_dialog(session.name)
    expect(dialog.line).to_contain_text("none taken")

    house.book_for(session, house.a_member(name="Ada"))
    expect(dialog.line).to_contain_text("1 taken")
    dialog.close()
    expect(schedule.entry(session.name)).to_contain_text("1 place left")
    house.book_for(session, house.a_member(name="Borys"))

    expect(schedule.entry(session.name)).to_contain_text("Full")


def test_loading_it_anew_shows_the_whole_page_and_back_the_schedule(house: House, open_browser: OpenBrowser) -> None:
    session = house.a_session()
    page = signed_in(open_browser(scripts=True), house.a_member())
    schedule = found(page, session)
    dialog = schedule.open_dialog(session.name)

    page.reload()
    expect(SessionPage(page).title).to_have_text(session.name)
    expect(dialog.content).to_have_count(0)
    page.go_back()
    expect(schedule.title).to_have_text("Schedule")
    expect(schedule.session(session.name)).to_be_visible()
    page.wait_for_load_state()  # with its scripts, which on a busy machine come after what can be seen
    page.go_forward()

    expect(dialog.title).to_have_text(session.name)


def test_a_click_that_asks_for_another_tab_gets_one(house: House, open_browser: OpenBrowser) -> None:
    session = house.a_session()
    page = signed_in(open_browser(scripts=True), house.a_member())
    schedule = found(page, session)

    with page.context.expect_page() as opened:
        schedule.session(session.name).click(modifiers=["ControlOrMeta"])

    expect(SessionPage(opened.value).title).to_have_text(session.name)
    expect(SessionDialog(page).content).to_have_count(0)


def test_a_fault_on_the_way_leads_to_the_whole_page(house: House, open_browser: OpenBrowser) -> None:
    session = house.a_session()
    page = signed_in(open_browser(scripts=True), house.a_member())
    schedule = found(page, session)
    page.route(
        f"**{session.path}", lambda way: way.abort() if way.request.resource_type == "fetch" else way.continue_()
    )

    schedule.session(session.name).click()

    expect(SessionPage(page).title).to_have_text(session.name)
    expect(page).to_have_url(house.url + session.path)


def test_a_sign_in_that_ends_meanwhile_is_told_in_front(house: House, open_browser: OpenBrowser) -> None:
    session, person = house.a_session(), house.a_member()
    schedule = found(signed_in(open_browser(scripts=True), person), session)
    dialog = schedule.open_dialog(session.name)

    house.end_sign_ins(person)
    house.book_for(session, house.a_member(name="Borys"))

    expect(dialog.content.get_by_text("Your sign-in has ended")).to_be_visible()
    dialog.close()
    expect(schedule.content.get_by_text("Your sign-in has ended")).to_be_visible()


def test_its_links_lead_to_whole_pages(house: House, open_browser: OpenBrowser) -> None:
    session, person = house.a_session(), house.a_member()
    house.book_for(session, person)
    schedule = found(signed_in(open_browser(scripts=True), person), session)

    asked = schedule.open_dialog(session.name).cancel()
    expect(asked.title).to_have_text("Cancel this booking?")
    CancelPage(asked.page).confirm()

    expect(BookingsPage(asked.page).booking(session.name)).to_contain_text("Cancelled")


def test_whoever_is_not_signed_in_sees_it_too_and_comes_back_to_it(house: House, open_browser: OpenBrowser) -> None:
    session, person, page = house.a_session(), house.a_member(), open_browser(scripts=True)
    dialog = found(page, session).open_dialog(session.name)

    dialog.content.get_by_role("link", name="Sign in and book").click()
    SignInPage(page).sign_in(person.email)

    expect(SessionPage(page).title).to_have_text(session.name)
    expect(SessionPage(page).book_button).to_be_visible()


def test_without_scripts_the_link_leads_to_the_page(house: House, open_browser: OpenBrowser) -> None:
    session, page = house.a_session(), open_browser()

    shown = found(page, session).open_session(session.name)

    expect(shown.title).to_have_text(session.name)
    expect(page).to_have_url(house.url + session.path)


@pytest.mark.parametrize("view", ["schedule", "week", "month"])
def test_it_shuts_nobody_out_and_fits_whatever_it_is_opened_from(
    open_shown: OpenShown, showcase: Showcase, view: str
) -> None:
    page = open_shown(view, scripts=True)
    page.locator(f'a[href="{showcase.addresses["session, in line"]}"]').click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()

    assert_open_to_all(page)
    page.set_viewport_size({"width": SMALLEST["width"], "height": SMALLEST["height"]})

    assert dialog.evaluate("one => one.scrollWidth <= one.clientWidth && one.clientWidth <= innerWidth")
