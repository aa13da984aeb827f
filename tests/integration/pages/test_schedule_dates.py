"""The list between two dates of the studio's calendar, both among them, and what becomes of them elsewhere."""

from datetime import UTC, datetime, timedelta

import pytest

from api.pages import schedule
from tests.integration.pages.conftest import Browser
from tests.integration.pages.sessions import WEDNESDAY, Thursday, linked, show
from tests.integration.pages.strictly import Page, strictly
from tests.integration.studio import Studio

DAY = timedelta(days=1)


def between(studio: Studio, dates: str, *, path: str = "/") -> str:
    """Return the address of this studio's sessions alone."""
    return f"{path}?{dates}&trainer={studio.trainer_id}"


def shown_dates(page: Page) -> list[str]:
    return [one.attributes["value"] for one in page.all("input") if one.attributes["type"] == "date"]


def test_the_list_shows_exactly_the_days_from_the_first_to_the_last(browser: Browser, studio: Studio) -> None:
    times = ["2031-03-04T21:59Z", "2031-03-04T22:00Z", "2031-03-14T21:59Z", "2031-03-14T22:00Z"]
    sessions = [str(studio.a_session(starts_at=datetime.fromisoformat(one))) for one in times]

    page = show(browser, between(studio, "from=2031-03-05&to=2031-03-14"))

    assert linked(page) == sessions[1:3]
    assert page.texts("h2") == ["Wed 5 March 2031", "Fri 14 March 2031"]
    assert page.texts("strong") == ["Wed 5 March 2031 to Fri 14 March 2031"]
    assert page.texts("title")[0].startswith("Schedule, Wed 5 March 2031 to Fri 14 March 2031: ")
    assert shown_dates(page) == ["2031-03-05", "2031-03-14"]


@pytest.mark.parametrize(("clock", "hours"), [("2031-03-30", 23), ("2031-10-26", 25)])
def test_a_day_on_which_the_clock_changes_is_shown_whole(
    browser: Browser, studio: Studio, clock: str, hours: int
) -> None:
    midnight = datetime.fromisoformat(clock).replace(tzinfo=UTC) - timedelta(hours=2 if hours == 23 else 3)
    minute = timedelta(minutes=1)
    starts = [
        midnight - minute,
        midnight,
        midnight + timedelta(hours=hours) - minute,
        midnight + timedelta(hours=hours),
    ]
    sessions = [str(studio.a_session(starts_at=start)) for start in starts]

    page = show(browser, between(studio, f"from={clock}&to={clock}"))

    assert linked(page) == sessions[1:3]


def test_the_ways_on_move_by_as_many_days_and_keep_the_filters(browser: Browser, studio: Studio) -> None:
    before, here, after = (str(studio.a_session(starts_at=WEDNESDAY + days * DAY)) for days in (-10, 0, 10))

    page = show(browser, between(studio, "from=2031-03-05&to=2031-03-14"))
    earlier, later = (show(browser, page.links()[f"10 days {side}"]) for side in ("before", "after"))

    assert linked(page) == [here]
    assert (linked(earlier), shown_dates(earlier)) == ([before], ["2031-02-23", "2031-03-04"])
    assert (linked(later), shown_dates(later)) == ([after], ["2031-03-15", "2031-03-24"])
    assert linked(show(browser, earlier.links()["10 days after"])) == [here]


def test_one_day_leads_to_the_day_before_and_the_day_after(browser: Browser, studio: Studio) -> None:
    session_id = studio.a_session(starts_at=WEDNESDAY)

    page = show(browser, between(studio, "from=2031-03-06&to=2031-03-06"))

    assert linked(show(browser, page.links()["Day before"])) == [str(session_id)]
    assert page.texts("strong") == ["Thu 6 March 2031"]
    assert page.links()["Day after"].startswith("/?from=2031-03-07&to=2031-03-07&")


def test_the_form_sends_the_dates_with_the_other_filters(browser: Browser) -> None:
    chosen = browser.form(browser.open("/?from=2031-03-05&to=2031-03-14"), "/")
    unchosen = browser.form(browser.open("/?day=2031-03-05"), "/")

    assert (chosen.method, chosen.button) == ("get", "Show")
    assert chosen.fields == {"day": "2031-03-05", "from": "2031-03-05", "to": "2031-03-14"}
    assert unchosen.fields == {"day": "2031-03-05", "from": "", "to": ""}


def test_fields_left_empty_leave_the_week_as_it_was(browser: Browser, studio: Studio) -> None:
    session_id = studio.a_session(starts_at=WEDNESDAY)

    page = show(browser, between(studio, "day=2031-03-05&from=&to="))

    assert linked(page) == [str(session_id)]
    assert page.links()["Week after"].startswith("/?day=2031-03-10&")


def test_from_the_chosen_dates_a_way_leads_back_to_a_whole_week(browser: Browser, studio: Studio) -> None:
    page = show(browser, between(studio, "from=2031-03-05&to=2031-03-14"))

    week = show(browser, page.links()["Whole week"])

    assert week.texts("strong") == ["Mon 3 March 2031 to Sun 9 March 2031"]
    assert shown_dates(week) == ["", ""]


@pytest.mark.parametrize(
    ("path", "whole", "next_one"),
    [
        ("/week", "Mon 3 March 2031 to Sun 9 March 2031", "Mon 10 March 2031 to Sun 16 March 2031"),
        ("/month", "March 2031", "April 2031"),
    ],
)
def test_a_week_and_a_month_begin_at_the_first_date_and_keep_both_for_the_list(
    browser: Browser, studio: Studio, path: str, whole: str, next_one: str
) -> None:
    dates = "from=2031-03-05&to=2031-03-14"

    page = show(browser, between(studio, dates, path=path))
    (after,) = [one.attributes["href"] for one in page.all("a") if one.attributes.get("rel") == "next"]
    later = show(browser, after)

    for shown, title in ((page, whole), (later, next_one)):
        assert shown.texts("strong") == [title]
        assert shown_dates(shown) == []
        assert "Wed 5 March 2031 to Fri 14 March 2031" in next(
            text for text in shown.texts("p", "hint") if "dates" in text
        )
        assert shown.links()["List"] == between(studio, dates)
    assert browser.form(browser.open(after), path).fields.keys() == {"day", "from", "to"}
    assert show(browser, browser_sends(browser, after, path)).texts("strong")[0] == next_one


def browser_sends(browser: Browser, address: str, action: str) -> str:
    """Return the address to which the filters' form leads as it stands."""
    fields = browser.form(browser.open(address), action).fields
    return f"{action}?" + "&".join(f"{name}={value}" for name, value in fields.items())


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("from=2031-03-10", ["2031-03-10", "2031-03-16"]),
        ("to=2031-03-20", ["2031-03-06", "2031-03-20"]),
        ("to=2031-03-06", ["2031-03-06", "2031-03-06"]),
        ("to=2031-03-05", ["2031-02-27", "2031-03-05"]),
        ("from=&to=2031-03-20", ["2031-03-06", "2031-03-20"]),
    ],
)
def test_without_the_last_it_is_a_week_and_without_the_first_from_today_on(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, asked: str, expected: list[str]
) -> None:
    monkeypatch.setattr(schedule, "datetime", Thursday)

    assert shown_dates(show(browser, f"/?{asked}")) == expected


def test_dates_without_sessions_lead_to_the_next_that_has_one(browser: Browser, studio: Studio) -> None:
    session_id = studio.a_session(starts_at=WEDNESDAY + 21 * DAY)

    page = show(browser, between(studio, "from=2031-03-05&to=2031-03-06"))

    assert page.all("div", "none")[0].text.startswith("Nothing like that on these days The next one is on Wed 26 March")
    found = show(browser, page.links()["Go to that day"])
    assert linked(found) == [str(session_id)]
    assert shown_dates(found) == ["2031-03-26", "2031-03-27"]


@pytest.mark.parametrize(
    ("asked", "field", "told"),
    [
        ("from=2031-03-05&to=2031-03-04", "to", "The last day comes before the first"),
        ("from=2031-03-05&to=2031-06-05", "to", "At most 92 days"),
        ("to=2099-03-05", "to", "At most 92 days"),
        ("from=soon&to=2031-03-04", "from", "no day of the calendar"),
        ("from=2031-03-04&to=2031-02-29", "to", "no day of the calendar"),
        ("from=20310304", "from", "no day of the calendar"),
        ("from=1999-12-31&to=2000-01-02", "from", "between 2000 and 2100"),
        ("from=0001-01-01", "from", "between 2000 and 2100"),
        ("to=9999-12-31", "to", "between 2000 and 2100"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/week", "/month"])
def test_dates_that_make_no_sense_are_told_with_where_to_go(
    browser: Browser, path: str, asked: str, field: str, told: str
) -> None:
    page = strictly(browser.open(f"{path}?{asked}", status=422).get_data(as_text=True))

    assert [text for text in page.texts("p", "soft") if text.startswith(f"{field.title()}: ") and told in text]
    assert page.links()["See the schedule"] == "/"


def test_a_quarter_of_a_year_is_shown_at_once(browser: Browser, studio: Studio) -> None:
    first, last = (str(studio.a_session(starts_at=WEDNESDAY + days * DAY)) for days in (0, 91))

    page = show(browser, between(studio, "from=2031-03-05&to=2031-06-04"))

    assert linked(page) == [first, last]
