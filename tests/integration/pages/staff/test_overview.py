"""The overview: the sessions of today and the next days, each leading to its roster."""

from datetime import UTC, datetime, timedelta

import pytest

from api.pages.staff import overview
from tests.integration.pages.conftest import Browser
from tests.integration.pages.sessions import Thursday, show
from tests.integration.pages.strictly import Page
from tests.integration.studio import Member, Studio

NOON = datetime(2031, 3, 6, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def rosters(page: Page) -> list[str]:
    addresses = [one.attributes["href"] for one in page.all("a")]
    return [one.removeprefix("/staff/sessions/") for one in addresses if one.startswith("/staff/sessions/")]


def test_today_and_the_next_days_are_listed_with_how_full_each_is(
    browser: Browser, studio: Studio, trainer: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "datetime", Thursday)
    sessions = [studio.a_session(capacity=2, starts_at=NOON + number * DAY) for number in (-1, 0, 6, 7)]
    for member in studio.members(3):
        studio.book(sessions[1], member)
    studio.serve(sessions[1])

    page = show(browser, "/staff")

    assert [one for one in rosters(page) if one in map(str, sessions)] == [str(sessions[1]), str(sessions[2])]
    assert "2 of 2 taken, 1 in line" in page.texts("p", "session-places")
    assert page.texts("h2")[0] == "Today, Thu 6 March 2031"


def test_a_day_is_listed_alone_and_leads_to_those_beside_it(
    browser: Browser, studio: Studio, trainer: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = datetime(2032, 5, 3, 20, 30, tzinfo=UTC)  # 23:30 in Kyiv
    tonight, tomorrow = studio.a_session(starts_at=late), studio.a_session(starts_at=late + timedelta(hours=1))

    page = show(browser, "/staff?day=2032-05-03")

    assert rosters(page) == [str(tonight)]
    assert page.links()["Day after"] == "/staff?day=2032-05-04"
    assert rosters(show(browser, "/staff?day=2032-05-04")) == [str(tomorrow)]


def test_more_than_a_page_is_reached_page_by_page(
    browser: Browser, studio: Studio, trainer: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "LISTED_MAX", 2)
    noon = datetime(2033, 5, 3, 10, tzinfo=UTC)
    sessions = [studio.a_session(starts_at=noon + timedelta(minutes=number)) for number in range(3)]

    first = show(browser, "/staff?day=2033-05-03")
    second = show(browser, first.links()["More"])

    assert rosters(first) + rosters(second) == [str(one) for one in sessions]
    assert "More" not in second.links()


@pytest.mark.parametrize("day", ["tomorrow", "2031-02-30", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_is_refused(browser: Browser, trainer: Member, day: str) -> None:
    page = show(browser, f"/staff?day={day}", status=422)

    assert page.texts("h1") == ["That cannot be shown"]


def test_a_day_without_sessions_says_so(browser: Browser, trainer: Member) -> None:
    assert "No sessions on this day" in show(browser, "/staff?day=2019-01-01").texts("p")
