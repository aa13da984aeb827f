"""A member's whole way through the pages, with no script at all."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenBrowser
from tests.browser.house import House
from tests.browser.pages import BookingsPage, PassesPage, SchedulePage, SessionPage, SignInPage, signed_in


def test_a_place_is_found_booked_seen_and_given_back(house: House, open_browser: OpenBrowser) -> None:
    session, person, page = house.a_session(), house.a_member(), open_browser()
    signed_in(page, person)

    schedule = SchedulePage(page).find(session)
    expect(schedule.entry(session.name)).to_contain_text("2 places left")
    shown = schedule.open_session(session.name)
    shown.choose_pass(person.pass_name)
    shown.book()
    expect(shown.good_news).to_contain_text("You have a place")
    expect(shown.line).to_contain_text("One of the places is yours")
    shown.follow("My passes")
    expect(PassesPage(page).pass_(person.pass_name)).to_contain_text("9 of 10 sessions left")
    shown.follow("My bookings")
    bookings = BookingsPage(page)
    expect(bookings.booking(session.name)).to_contain_text("Confirmed")
    asked = bookings.cancel(session.name)
    expect(asked.title).to_have_text("Cancel this booking?")
    asked.confirm()

    expect(bookings.good_news).to_contain_text("It is cancelled")
    expect(bookings.booking(session.name)).to_contain_text("Cancelled")
    expect(PassesPage(page).open().pass_(person.pass_name)).to_contain_text("10 of 10 sessions left")


def test_whoever_reads_the_question_and_keeps_the_booking_keeps_it(house: House, open_browser: OpenBrowser) -> None:
    session, person = house.a_session(), house.a_member()
    house.book_for(session, person)
    page = signed_in(open_browser(), person)

    BookingsPage(page).open().cancel(session.name)
    page.get_by_role("link", name="Keep it").click()

    expect(BookingsPage(page).booking(session.name)).to_contain_text("Confirmed")


def test_two_at_once_at_the_last_place_have_it_and_are_first_in_line(house: House, open_browser: OpenBrowser) -> None:
    session = house.a_session(capacity=1)
    shown = [
        SessionPage(signed_in(open_browser(), house.a_member(name=name))).open(session) for name in ("Ada", "Borys")
    ]

    for one in shown:
        one.book_button.click(no_wait_after=True)

    for one in shown:
        expect(one.good_news).to_be_visible()
    winner, waiter = sorted(shown, key=lambda one: "You have a place" not in one.good_news.inner_text())
    expect(winner.good_news).to_contain_text("You have a place")
    expect(waiter.good_news).to_contain_text("You are in line as number 1")
    expect(waiter.line).to_contain_text("You are 1st")


def test_the_first_in_line_has_the_place_that_is_given_back(house: House, open_browser: OpenBrowser) -> None:
    session, first, second = house.a_session(capacity=1), house.a_member(name="Ada"), house.a_member(name="Borys")
    house.book_for(session, first, second)
    leaving = SessionPage(signed_in(open_browser(), first)).open(session)
    waiting = SessionPage(signed_in(open_browser(), second)).open(session)
    expect(waiting.my_part).to_contain_text("You are 1st in line")

    leaving.cancel().confirm()
    expect(BookingsPage(leaving.page).good_news).to_contain_text("It is cancelled")
    waiting.page.reload()

    expect(waiting.my_part).to_contain_text("You have a place")


def test_a_refusal_lists_every_reason(house: House, open_browser: OpenBrowser) -> None:
    session, person = house.a_session(), house.a_member()
    shown = SessionPage(signed_in(open_browser(), person)).open(session)
    house.db.execute("UPDATE passes SET active = false, sessions_left = 0 WHERE id = %s", (person.pass_id,))

    shown.book()

    expect(shown.refusal).to_contain_text("That could not be booked")
    reasons = shown.refusal.get_by_role("listitem")
    expect(reasons).to_have_count(2)
    expect(reasons.filter(has_text="is not active")).to_be_visible()
    expect(reasons.filter(has_text="has no sessions left")).to_be_visible()
    expect(shown.line).to_contain_text("none taken")


def test_a_sign_in_that_ends_while_booking_leads_back_to_the_session(house: House, open_browser: OpenBrowser) -> None:
    session, person = house.a_session(), house.a_member()
    page = signed_in(open_browser(), person)
    shown = SessionPage(page).open(session)
    house.end_sign_ins(person)

    shown.book()
    expect(shown.title).to_have_text("Sign in")
    SignInPage(page).sign_in(person.email)

    expect(shown.title).to_have_text(session.name)
    expect(shown.line).to_contain_text("none taken")
    shown.book()
    expect(shown.good_news).to_contain_text("You have a place")


def test_a_wrong_password_is_told_and_the_address_kept(house: House, open_browser: OpenBrowser) -> None:
    person, sign_in = house.a_member(), SignInPage(open_browser())

    sign_in.open().sign_in(person.email, "not the password")

    expect(sign_in.refusal).to_contain_text("do not belong together")
    expect(sign_in.page.get_by_label("E-mail address")).to_have_value(person.email)


def test_an_address_nobody_knows_is_answered_with_a_page_and_a_way_on(house: House, open_browser: OpenBrowser) -> None:
    page = open_browser()

    answer = page.goto("/no/such/page")

    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    page.get_by_role("link", name="See the schedule").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Schedule")
