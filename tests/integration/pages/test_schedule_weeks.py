"""Weeks and days of the schedule: those of the studio's calendar, by the studio's clock."""

from datetime import UTC, date, datetime, timedelta

import pytest

from api.pages import schedule
from tests.integration.pages.conftest import Browser
from tests.integration.pages.sessions import WEDNESDAY, Thursday, linked, show, week_of
from tests.integration.pages.strictly import Page
from tests.integration.studio import Studio


def by_day(page: Page) -> list[tuple[str, list[str]]]:
    """Return the text of each day's heading with the times beneath it, in the order of the page."""
    days: list[tuple[str, list[str]]] = []
    for one in page.elements:
        if one.tag == "h2":
            days.append((one.text, []))
        elif one.tag == "p" and "session-time" in one.classes:
            days[-1][1].append(one.text)
    return days


@pytest.mark.parametrize(
    ("day", "starts", "expected"),
    [
        pytest.param(
            "2031-03-05",
            ["2031-03-04T21:59:00Z", "2031-03-04T22:00:00Z"],
            [("Tue 4 March 2031", ["23:59 60 min"]), ("Wed 5 March 2031", ["00:00 60 min"])],
            id="midnight",
        ),
        pytest.param(
            "2031-03-30",
            ["2031-03-29T21:59:00Z", "2031-03-29T22:00:00Z", "2031-03-30T00:59:00Z", "2031-03-30T01:00:00Z"],
            [
                ("Sat 29 March 2031", ["23:59 60 min"]),
                ("Sun 30 March 2031", ["00:00 60 min", "02:59 60 min", "04:00 60 min"]),
            ],
            id="the clock goes forward",
        ),
        pytest.param(
            "2031-10-26",
            ["2031-10-26T00:30:00Z", "2031-10-26T01:30:00Z", "2031-10-26T21:59:00Z"],
            [("Sun 26 October 2031", ["03:30 60 min", "03:30 60 min", "23:59 60 min"])],
            id="the clock goes back",
        ),
    ],
)
def test_days_are_those_of_the_studio_also_where_its_clock_changes(
    browser: Browser, studio: Studio, day: str, starts: list[str], expected: list[tuple[str, list[str]]]
) -> None:
    for start in starts:
        studio.a_session(starts_at=datetime.fromisoformat(start))

    page = show(browser, week_of(studio, day))

    assert by_day(page) == expected


@pytest.mark.parametrize("path", ["/", "/week"])
@pytest.mark.parametrize("change", ["2031-03-30", "2031-10-26"])
def test_a_week_ends_at_the_studios_midnight_also_where_its_clock_changes(
    browser: Browser, studio: Studio, change: str, path: str
) -> None:
    monday_after = date.fromisoformat(change) + timedelta(days=1)
    offset = timedelta(hours=3 if change.startswith("2031-03") else 2)
    midnight = datetime(monday_after.year, monday_after.month, monday_after.day, tzinfo=UTC) - offset
    last = studio.a_session(starts_at=midnight - timedelta(minutes=1))
    first = studio.a_session(starts_at=midnight)

    before, after = (show(browser, week_of(studio, day, path=path)) for day in (change, monday_after.isoformat()))

    assert linked(before) == [str(last)]
    assert linked(after) == [str(first)]


def test_the_weeks_before_and_after_and_the_other_view_keep_the_filters(browser: Browser, studio: Studio) -> None:
    before, here, after = (studio.a_session(starts_at=WEDNESDAY + timedelta(days=days)) for days in (-7, 0, 7))

    page = show(browser, week_of(studio, "2031-03-05"))

    assert linked(page) == [str(here)]
    assert linked(show(browser, page.links()["Week before"])) == [str(before)]
    assert linked(show(browser, page.links()["Week after"])) == [str(after)]
    assert linked(show(browser, page.links()["Week"])) == [str(here)]
    assert page.links()["This week"].startswith("/?day=")


@pytest.mark.parametrize("day", ["2031-03-03", "2031-03-07", "2031-03-09"])
def test_any_day_of_a_week_shows_it(browser: Browser, studio: Studio, day: str) -> None:
    session_id = studio.a_session(starts_at=WEDNESDAY)

    page = show(browser, week_of(studio, day))

    assert linked(page) == [str(session_id)]
    assert page.texts("strong") == ["Mon 3 March 2031 to Sun 9 March 2031"]


def test_without_a_day_it_is_this_week_with_what_has_started_in_it(browser: Browser, studio: Studio) -> None:
    session_id = studio.a_session(starts_at=datetime.now(UTC))

    page = show(browser, f"/?trainer={studio.trainer_id}")

    assert linked(page) == [str(session_id)]
    assert page.texts("p", "session-places") == ["Started"]
    assert "This week" not in page.links()


def test_days_that_have_passed_this_week_are_folded_up_unless_asked_for(
    browser: Browser, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "datetime", Thursday)
    sessions = [str(studio.a_session(starts_at=WEDNESDAY + timedelta(days=days))) for days in (-1, 0, 1)]

    today = show(browser, f"/?trainer={studio.trainer_id}")
    yesterday = show(browser, week_of(studio, "2031-03-05"))

    for page, is_open in ((today, False), (yesterday, True)):
        _, folded = page.all("details")  # the filters are the first
        assert folded.text.startswith("Earlier this week (2) Tue 4 March 2031")
        assert "Thu 6 March 2031" not in folded.text
        assert ("open" in folded.attributes) is is_open
        assert linked(page) == sessions
        assert "Thu 6 March 2031 Today" in page.texts("h2")


def test_an_empty_week_leads_to_the_next_that_has_something(browser: Browser, studio: Studio) -> None:
    session_id = studio.a_session(starts_at=WEDNESDAY + timedelta(days=21))

    page = show(browser, week_of(studio, "2031-03-05"))

    assert linked(page) == []
    assert page.all("div", "none")[0].text.startswith("Nothing like that this week")
    assert linked(show(browser, page.links()["Go to that week"])) == [str(session_id)]


def test_where_nothing_follows_the_way_leads_to_everything(browser: Browser, studio: Studio) -> None:
    page = show(browser, week_of(studio, "2031-03-05", path="/week"))

    assert "Nor in any later week" in page.all("div", "none")[0].text
    assert page.links()["Show all sessions"] == "/week?day=2031-03-05"
