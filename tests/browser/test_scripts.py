"""With scripts a page stays where it is and keeps up with what others do."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenBrowser
from tests.browser.house import House, Person
from tests.browser.pages import BookingsPage, SchedulePage, SessionPage, signed_in


def banner(page: Page) -> Locator:
    return page.get_by_text("Connection lost")


def commands_of(house: House, person: Person) -> int:
    return int(house.one("SELECT count(*) FROM commands WHERE actor_id = %s", person.id)[0])


def test_the_outcome_appears_on_the_page_that_asked(house: House, open_browser: OpenBrowser) -> None:
    session = house.a_session()
    page = signed_in(open_browser(scripts=True), house.a_member())
    shown = SessionPage(page).open(session)
    page.evaluate("() => { window.isTheSame = true }")

    shown.book()

    expect(shown.good_news).to_contain_text("You have a place")
    expect(shown.my_part).to_contain_text("Your place")
    assert page.evaluate("() => window.isTheSame === true")


def test_pressing_twice_books_once(house: House, open_browser: OpenBrowser) -> None:
    session, person = house.a_session(), house.a_member()
    shown = SessionPage(signed_in(open_browser(scripts=True), person)).open(session)

    shown.book_button.dblclick()

    expect(shown.good_news).to_contain_text("You have a place")
    assert commands_of(house, person) == 1


def test_an_open_schedule_shows_what_others_leave(house: House, open_browser: OpenBrowser) -> None:
    session = house.a_session()
    schedule = SchedulePage(signed_in(open_browser(scripts=True), house.a_member())).find(session)
    other = SessionPage(signed_in(open_browser(), house.a_member(name="Borys"))).open(session)
    expect(schedule.entry(session.name)).to_contain_text("2 places left")

    other.book()

    expect(schedule.entry(session.name)).to_contain_text("1 place left")


def test_whoever_waits_sees_the_place_that_becomes_theirs(house: House, open_browser: OpenBrowser) -> None:
    session, first, second = house.a_session(capacity=1), house.a_member(name="Ada"), house.a_member(name="Borys")
    house.book_for(session, first, second)
    waiting = SessionPage(signed_in(open_browser(scripts=True), second)).open(session)
    expect(waiting.my_part).to_contain_text("You are 1st in line")
    leaving = signed_in(open_browser(), first)

    BookingsPage(leaving).open().cancel(session.name).confirm()

    expect(waiting.my_part).to_contain_text("You have a place")


def test_a_page_that_was_offline_says_so_and_catches_up(house: House, open_browser: OpenBrowser) -> None:
    session = house.a_session()
    page = signed_in(open_browser(scripts=True), house.a_member())
    shown = SessionPage(page).open(session)
    expect(shown.line).to_contain_text("none taken")

    page.context.set_offline(True)
    expect(banner(page)).to_be_visible()
    house.book_for(session, house.a_member(name="Borys"))
    page.context.set_offline(False)

    expect(shown.line).to_contain_text("1 taken")
    expect(banner(page)).to_have_count(0)


def test_the_inbox_counts_what_comes_in(house: House, open_browser: OpenBrowser) -> None:
    session, person = house.a_session(), house.a_member()
    page = signed_in(open_browser(scripts=True), person)
    expect(page.get_by_role("link", name="Inbox", exact=True)).to_be_visible()

    house.book_for(session, person)

    expect(page.get_by_role("link", name="Inbox, 1 unread")).to_be_visible()
