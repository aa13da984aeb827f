"""Staff at work: their whole ways through the pages, with no script but where the roster is to be live."""

from datetime import date, timedelta
from uuid import UUID, uuid4

from playwright.sync_api import expect

from api.check_in_codes import code_of
from domain.ids import BookingId
from tests.browser.conftest import OpenBrowser, OpenShown
from tests.browser.house import House
from tests.browser.pages import SessionPage, signed_in
from tests.browser.staff_pages import CataloguePage, RosterPage, SeriesForm

AHEAD = date.today() + timedelta(days=60)  # noqa: DTZ011 - any day ahead


def test_a_training_is_made_planned_booked_for_a_member_and_called_off(
    house: House, open_staff_page: OpenShown
) -> None:
    page, name, person = open_staff_page("trainings"), f"Capoeira {uuid4().hex[:6]}", house.a_member(name="Marta")
    trainings = CataloguePage(page)
    trainings.add_training(name, capacity=7)
    expect(trainings.good_news).to_contain_text("Saved")

    series = SeriesForm(page).open()
    series.fill(training=name, trainer="Taras Melnyk", space="Main hall", times="05:15", day=AHEAD, count=3)
    series.look_first()
    expect(series.good_news).to_contain_text("3 sessions")
    series.save()
    expect(series.good_news).to_contain_text("3 sessions are in the schedule")

    roster = series.open_first_session("05:15")
    roster.book_for(person, "asked by phone")
    expect(roster.good_news).to_contain_text("There is a place, paid with “Ten sessions”")
    expect(roster.row("Marta")).to_contain_text("by Kateryna Hrytsenko")

    asked = roster.cancel_session()
    expect(asked.what_if).to_contain_text("1 gets a session back: Marta")
    after = asked.confirm("Cancel the session", "the hall is flooded")
    expect(after.good_news).to_contain_text("It is done")
    expect(after.content).to_contain_text("This session is cancelled")


def test_what_is_missing_is_said_at_its_field_and_what_was_chosen_stays(
    house: House, open_staff_page: OpenShown
) -> None:
    page = open_staff_page("overview")
    session, person = house.a_session(), house.a_member(name="Vsevolod")
    (booking,) = house.book_for(session, person)
    page.goto(f"/staff/bookings/{booking}/remove")
    page.get_by_label("gets nothing back").check()
    page.get_by_label("Why").fill("   ")

    page.get_by_role("button", name="Take Vsevolod off").click()

    expect(page.get_by_label("Why")).to_have_accessible_description("Fill this in.")
    expect(page.get_by_label("gets nothing back")).to_be_checked()
    page.get_by_label("Why").fill("did not pay")
    page.get_by_role("button", name="Take Vsevolod off").click()
    expect(RosterPage(page).good_news).to_contain_text("It is done")


def test_a_member_is_checked_in_by_the_code_and_the_roster_shows_it(house: House, open_staff_page: OpenShown) -> None:
    session, person = house.a_session(), house.a_member(name="Yaryna")
    (booking,) = house.book_for(session, person)
    house.db.execute(
        "UPDATE training_sessions SET starts_at = now() + interval '10 minutes' WHERE id = %s", (session.id,)
    )
    page = open_staff_page("overview")

    page.goto(f"/check-in/{code_of(house.settings, BookingId(UUID(booking)))}")
    page.get_by_role("button", name="Check in Yaryna").click()

    expect(page.get_by_role("status")).to_contain_text("Checked in already")
    page.get_by_role("link", name="See the roster").click()
    here = RosterPage(page).row("Yaryna").get_by_role("button", name="Here: Yaryna")
    expect(here).to_have_attribute("aria-pressed", "true")


def test_an_open_roster_shows_who_comes_and_who_moves_up(
    house: House, open_browser: OpenBrowser, open_staff_page: OpenShown
) -> None:
    session, first, second = house.a_session(capacity=1), house.a_member(name="Ada"), house.a_member(name="Zakhar")
    roster = RosterPage(open_staff_page("overview", scripts=True)).open(session)
    expect(roster.content).to_contain_text("Nobody has a place yet.")

    (booking,) = house.book_for(session, first)
    expect(roster.row("Ada")).to_be_visible()
    SessionPage(signed_in(open_browser(), second)).open(session).book()
    expect(roster.row("Zakhar")).to_be_visible()
    house.cancel(booking, first)

    expect(roster.row("Ada")).to_have_count(0)
    expect(roster.row("Zakhar")).to_contain_text("moved up")
