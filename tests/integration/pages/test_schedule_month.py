"""A month of the schedule at a glance: whole weeks of the studio's calendar, and what is mine in them."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from api.pages import schedule
from api.services import services
from domain.ids import TrainingSessionId
from tests.integration.pages.conftest import Browser
from tests.integration.pages.sessions import WEDNESDAY, Thursday, linked, show, week_of
from tests.integration.pages.strictly import Element, Page, strictly
from tests.integration.pages.test_schedule import GZIPPED_BYTES_MAX, passed_over, third_in_line
from tests.integration.studio import KYIV, Member, Studio

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def month_of(studio: Studio, day: str) -> str:
    return week_of(studio, day, path="/month")


def cells(page: Page) -> dict[str, Element]:
    """Return the days of the month by their date."""
    return {one.attributes["id"].removeprefix("day-"): one for one in page.all("td") if "id" in one.attributes}


def day_links(page: Page) -> dict[str, Element]:
    return {one.attributes["data-day"]: one for one in page.all("a", "month-day")}


def test_a_month_is_a_table_of_weeks_from_monday_to_sunday(browser: Browser, studio: Studio) -> None:
    studio.a_session(starts_at=WEDNESDAY)

    page = show(browser, month_of(studio, "2031-03-05"))

    assert page.texts("th") == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert [one.attributes["abbr"] for one in page.all("th")][:2] == ["Monday", "Tuesday"]
    assert page.texts("td", "is-beside") == ["24", "25", "26", "27", "28", "1", "2", "3", "4", "5", "6"]
    assert list(cells(page)) == [f"2031-03-{day:02}" for day in range(1, 32)]
    assert len(page.all("tr")) == 1 + 6
    assert page.texts("strong") == ["March 2031"]
    assert page.texts("title")[0].startswith("Schedule, March 2031: ")


def test_each_day_leads_to_itself_in_the_list(browser: Browser, studio: Studio) -> None:
    session_id = studio.a_session(starts_at=WEDNESDAY)
    studio.a_session(starts_at=WEDNESDAY + DAY)

    link = day_links(show(browser, month_of(studio, "2031-03-01")))["2031-03-05"]
    page = show(browser, link.attributes["href"])

    assert link.attributes["aria-label"] == "Wed 5 March 2031: 1 session"
    assert linked(page) == [str(session_id)]
    assert page.texts("strong") == ["Wed 5 March 2031"]


@pytest.mark.parametrize(("change", "hours"), [("2031-03-31", 2), ("2031-10-31", 3)])
def test_a_month_ends_at_the_studios_midnight_also_where_its_clock_changes(
    browser: Browser, studio: Studio, change: str, hours: int
) -> None:
    """In March the month begins by the winter's clock and ends by the summer's; in October the other way round."""
    first_day = datetime.fromisoformat(change).replace(day=1, tzinfo=UTC)
    last_day = datetime.fromisoformat(change).replace(tzinfo=UTC)
    begins, ends = first_day - hours * HOUR, last_day + DAY - (5 - hours) * HOUR
    minute = timedelta(minutes=1)
    starts = [begins - minute, begins, ends - minute, ends]
    sessions = [str(studio.a_session(starts_at=one)) for one in starts]

    page = show(browser, month_of(studio, change))

    assert linked(page) == sessions[1:3]
    days = cells(page)
    assert "00:00" in days[f"{change[:7]}-01"].text
    assert "23:59" in days[change].text


def test_the_months_beside_keep_the_filters(browser: Browser, studio: Studio) -> None:
    before, here, after = (
        str(studio.a_session(starts_at=WEDNESDAY.replace(month=month, day=28))) for month in (1, 2, 3)
    )

    page = show(browser, month_of(studio, "2031-02-14"))

    assert linked(page) == [here]
    assert linked(show(browser, page.links()["Month before"])) == [before]
    assert linked(show(browser, page.links()["Month after"])) == [after]
    assert page.links()["This month"].startswith("/month?day=")
    assert page.links()["Week"].startswith("/week?day=2031-02-14&")


def test_a_crowded_day_shows_three_and_says_how_many_more_there_are(browser: Browser, studio: Studio) -> None:
    sessions = [str(studio.a_session(starts_at=WEDNESDAY + number * timedelta(minutes=20))) for number in range(12)]

    page = show(browser, month_of(studio, "2031-03-05"))

    assert linked(page) == sessions[:3]
    assert linked(show(browser, page.links()["+9 more"])) == sessions
    assert day_links(page)["2031-03-05"].text == "5 12"


def test_what_is_mine_is_shown_however_late_it_is(browser: Browser, studio: Studio, me: Member) -> None:
    sessions = [studio.a_session(starts_at=WEDNESDAY + number * timedelta(minutes=20)) for number in range(6)]
    studio.book(sessions[5], me)
    studio.serve(sessions[5])

    page = show(browser, month_of(studio, "2031-03-05"))

    assert linked(page) == [str(sessions[0]), str(sessions[1]), str(sessions[5])]
    assert day_links(page)["2031-03-05"].attributes["aria-label"] == "Wed 5 March 2031: 6 sessions, 1 of them mine"


def test_my_own_state_is_told_in_words_and_with_the_shape_of_the_line(
    browser: Browser, studio: Studio, me: Member
) -> None:
    mine = studio.a_session(starts_at=WEDNESDAY)
    studio.book(mine, me)
    studio.serve(mine)
    third_in_line(studio, me, WEDNESDAY + DAY)
    passed_over(studio, me, WEDNESDAY + 2 * DAY)

    page = show(browser, month_of(studio, "2031-03-05"))

    assert page.texts("small", "month-mine") == ["My place", "3rd in line", "Passed over"]
    shapes = [one.classes - {"mine"} for one in page.all("span", "mine")]
    assert shapes == [{"place"}] * 2 + [{"waiter"}] * 4  # each once beside its words, once beside the day's number
    somebody = show(Browser(browser.http.application.test_client()), month_of(studio, "2031-03-05"))
    assert somebody.all("small", "month-mine") == []


def test_what_is_full_or_cancelled_says_so_in_words(browser: Browser, studio: Studio) -> None:
    full = studio.a_session(starts_at=WEDNESDAY, capacity=1)
    studio.book(full, studio.a_member())
    studio.serve(full)
    studio.a_session(starts_at=WEDNESDAY + HOUR, cancelled=True)
    studio.a_session(starts_at=WEDNESDAY + 2 * HOUR)

    page = show(browser, month_of(studio, "2031-03-05"))

    assert page.texts("small") == ["Full", "Cancelled"]
    assert len(page.all("s")) == 1


def test_today_is_marked(browser: Browser, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "datetime", Thursday)
    studio.a_session(starts_at=WEDNESDAY)

    page = show(browser, f"/month?trainer={studio.trainer_id}")

    assert [day for day, one in cells(page).items() if one.attributes.get("aria-current") == "date"] == ["2031-03-06"]
    assert "This month" not in page.links()


def test_an_empty_month_leads_to_the_next_that_has_something(browser: Browser, studio: Studio) -> None:
    session_id = studio.a_session(starts_at=WEDNESDAY + 60 * DAY)

    page = show(browser, month_of(studio, "2031-03-05"))

    assert page.all("div", "none")[0].text.startswith("Nothing like that this month")
    assert linked(show(browser, page.links()["Go to that month"])) == [str(session_id)]


def test_a_month_of_a_thousand_sessions_is_a_small_page_with_all_of_them_counted(
    big_studio: tuple[Studio, Browser],
) -> None:
    studio, browser = big_studio
    start = datetime(2031, 3, 1, 5, tzinfo=UTC)
    for number in range(1000):
        studio.a_session(starts_at=start + number % 25 * DAY + number // 25 * timedelta(minutes=15))
    me = studio.a_member()
    browser.sign_in(studio, me)

    answer = browser.open("/month?day=2031-03-05")
    page = strictly(answer.get_data(as_text=True))

    counts = [
        int(link.text.split()[-1])
        for link in day_links(page).values()
        if "no sessions" not in link.attributes["aria-label"]
    ]
    assert counts == [40] * 25
    assert len(linked(page)) == 75
    assert len(gzip.compress(answer.get_data())) < GZIPPED_BYTES_MAX


@pytest.mark.parametrize("path", ["/", "/week", "/month"])
def test_my_state_is_right_behind_more_bookings_than_a_page_holds(
    browser: Browser, studio: Studio, me: Member, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    with browser.http.application.app_context():
        monkeypatch.setattr(services(), "settings", replace(services().settings, page_size_max=2))
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for days in (-3, -2, -1, 1, 2, 3):
        booked_at(studio, me, now + days * DAY)
    mine = {start: booked_at(studio, me, start) for start in (now - 21 * DAY, now + 21 * DAY)}

    for start, session_id in mine.items():
        page = show(browser, week_of(studio, start.astimezone(KYIV).date().isoformat(), path=path))
        (entry,) = [one for one in page.elements if one.attributes.get("id") == f"session-{session_id}"]
        assert entry.text.endswith(("You have a place", "My place"))


def booked_at(studio: Studio, me: Member, start: datetime) -> TrainingSessionId:
    """Return a session then, perhaps in the past, in which I have a place."""
    session_id = studio.a_session()
    studio.book(session_id, me)
    studio.serve(session_id)
    for table, column in (("training_sessions", "id"), ("bookings", "training_session_id")):
        studio.db.execute(f"UPDATE {table} SET starts_at = %s WHERE {column} = %s", (start, session_id))
    return session_id
