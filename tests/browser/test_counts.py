"""Scripts show how full a session is before the page is fetched again, and just as the server would."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenBrowser
from tests.browser.house import House
from tests.browser.pages import SchedulePage, SessionPage, signed_in

WHAT_IS_DRAWN = """
() => {
  const figure = document.querySelector("figure.line");
  const all = (selector) => [...figure.querySelectorAll(selector)];
  return {
    drawn: all(".place, .waiter, .line-bar").map((one) => one.className),
    label: figure.querySelector(".line-places").getAttribute("aria-label"),
    caption: figure.querySelector("figcaption").textContent.trim(),
    state: document.querySelector("#session").dataset.state,
  };
}
"""


def fetch_no_page(page: Page) -> None:
    """Let no script fetch a page from now on: what changes is what scripts show by themselves."""
    page.route(lambda address: "/v1/" not in address, lambda _: None)


def test_the_schedule_counts_places_and_the_line(house: House, open_browser: OpenBrowser) -> None:
    session = house.a_session(capacity=2)
    schedule = SchedulePage(signed_in(open_browser(scripts=True), house.a_member())).find(session)
    entry = schedule.entry(session.name)
    expect(entry).to_contain_text("2 places left")
    fetch_no_page(schedule.page)

    for said in ("1 place left", "Full", "Full, 1 in line", "Full, 2 in line"):
        house.book_for(session, house.a_member())
        expect(entry.locator(".session-places")).to_have_text(said)


def test_it_counts_in_the_language_of_the_page(house: House, open_browser: OpenBrowser) -> None:
    session = house.a_session(capacity=2)
    page = signed_in(open_browser(scripts=True), house.a_member())
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kursplan")
    page.goto(house.in_the_schedule(session))
    places = page.locator(".session-places")
    expect(places).to_have_text("2 Plätze frei")
    fetch_no_page(page)

    for said in ("1 Platz frei", "Voll", "Voll, 1 auf der Warteliste"):
        house.book_for(session, house.a_member())
        expect(places).to_have_text(said)


@pytest.mark.parametrize(("capacity", "before", "after"), [(5, 1, 3), (5, 5, 4), (3, 4, 7), (2, 15, 17), (50, 2, 9)])
def test_a_session_is_drawn_as_the_server_draws_it(
    house: House, open_browser: OpenBrowser, capacity: int, before: int, after: int
) -> None:
    session, people = house.a_session(capacity=capacity), [house.a_member() for _ in range(max(before, after))]
    bookings = house.book_for(session, *people[:before])
    page = signed_in(open_browser(scripts=True), people[0])
    SessionPage(page).open(session)
    state = _drawn(page)["state"]
    fetch_no_page(page)

    house.book_for(session, *people[before:after])
    for number in range(after, before):
        house.cancel(bookings[number], people[number])

    booked, waitlisted = min(after, capacity), max(after - capacity, 0)
    wanted = f"scheduled {booked} {waitlisted} {capacity}"
    assert state != wanted
    page.wait_for_function("state => document.querySelector('#session').dataset.state === state", arg=wanted)
    by_scripts = _drawn(page)
    page.unroute_all()
    page.reload()

    assert by_scripts == _drawn(page)


def _drawn(page: Page) -> dict[str, Any]:
    drawn: dict[str, Any] = page.evaluate(WHAT_IS_DRAWN)
    return drawn
