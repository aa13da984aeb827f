"""The operators' page: drawn by the server, kept up to date without a script, and of use when Redis is away."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from psycopg_pool import ConnectionPool

from api.models.operations import Moment, Wrong
from api.pages.staff.charts import over_the_hour
from api.pages.staff.operations import BUSY, WRONG, say_number, say_seconds
from storage.database import Db
from storage.settings import settings
from tests.integration.api.conftest import app_with
from tests.integration.pages.conftest import Browser
from tests.integration.pages.strictly import Page, strictly
from tests.integration.studio import Member, Studio
from workers.heartbeat import Heart
from workers.history import SAMPLED, take_sample

NOW = datetime(2031, 3, 5, 17, 50, tzinfo=UTC)


@pytest.fixture
def admin(studio: Studio, me: Member) -> Member:
    studio.db.execute("UPDATE members SET role = 'admin' WHERE id = %s", (me.id,))
    return me


@pytest.fixture
def without_redis(studio: Studio) -> Iterator[Browser]:
    """A browser of an admin's at an API that finds no Redis."""
    member = studio.a_member()
    studio.db.execute("UPDATE members SET role = 'admin' WHERE id = %s", (member.id,))
    with app_with(replace(settings(), redis_url="redis://127.0.0.1:9/0")) as app:
        browser = Browser(app.test_client())
        browser.sign_in(studio, member)
        yield browser


def read(browser: Browser, path: str = "/ops") -> Page:
    return strictly(browser.open(path).get_data(as_text=True))


def moment(at: datetime, waiting: int) -> Moment:
    rates = dict.fromkeys(("accepted_per_second", "settled_per_second", "sent_per_second"), 0.0)
    return Moment(at=at, waiting=waiting, sessions=1, oldest_seconds=0.0, due=0, late_seconds=0.0, **rates)


def test_it_refreshes_itself_without_a_script_until_it_is_told_to_stand_still(browser: Browser, admin: Member) -> None:
    assert browser.open("/ops").headers["Refresh"] == "10"
    assert read(browser).links()["Let it stand still"] == "/ops?still=1"

    assert "Refresh" not in browser.open("/ops?still=1").headers
    assert read(browser, "/ops?still=1").links()["Keep it up to date"] == "/ops"


def test_it_names_what_is_wrong_and_what_to_do(browser: Browser, studio: Studio, admin: Member) -> None:
    notes = [note.text for note in read(browser).all("p", "bad")]

    assert any("No worker serves commands" in note and "upkeep" in note for note in notes)


def test_it_says_when_all_is_well(browser: Browser, studio: Studio, admin: Member, pool: ConnectionPool[Db]) -> None:
    studio.db.execute("TRUNCATE deliveries CASCADE")
    Heart(studio.redis, queues=("sessions", "upkeep", "notifications")).beat()
    take_sample(pool, studio.redis)

    page = read(browser)

    assert page.all("p", "bad") == []
    assert "All is well" in page.all("p", "good")[0].text


def test_it_shows_the_hottest_sessions_and_what_workers_do(browser: Browser, studio: Studio, admin: Member) -> None:
    session = studio.a_session()
    for member in studio.members(3):
        studio.book(session, member)
    heart = Heart(studio.redis, queues=("sessions",))
    with heart.busy("serve", session):
        heart.beat()

    page = read(browser)

    assert f"/sessions/{session}" in page.links().values()
    rows = page.texts("tr")
    assert any("sessions serving a session" in row for row in rows), rows
    assert any(row.endswith("3") and "Yoga" in row for row in rows), rows


def test_the_last_hour_is_drawn_and_told_in_words(
    browser: Browser, studio: Studio, admin: Member, pool: ConnectionPool[Db]
) -> None:
    for member in studio.members(2):
        take_sample(pool, studio.redis)
        studio.redis.delete(SAMPLED)
        studio.book(studio.a_session(), member)

    page = read(browser)

    charts = page.all("svg")
    assert len(charts) == 6
    assert all("over the last hour" in chart.attributes["aria-label"] for chart in charts)
    drawn = [path.attributes["d"] for path in page.all("path")]
    assert len(drawn) == 7
    assert all(re.fullmatch(r"M[\d.]+,[\d.]+", d) for d in drawn)


def test_without_redis_it_is_shown_and_says_what_is_wrong(without_redis: Browser, studio: Studio) -> None:
    studio.book(studio.a_session(), studio.a_member())

    page = read(without_redis)

    (note,) = [one.text for one in page.all("p", "bad") if "Redis does not answer" in one.text]
    assert "SEATLINE_REDIS_URL" in note
    assert any("Yoga" in row for row in page.texts("tr"))
    assert "nothing known yet" in page.all("figcaption")[0].text


def test_it_speaks_german(browser: Browser, admin: Member) -> None:
    page = browser.http.get("/ops", headers={"Accept-Language": "de"}).get_data(as_text=True)

    assert strictly(page).texts("h1") == ["Betrieb"]


def test_everything_that_may_be_wrong_has_words() -> None:
    assert set(WRONG) == set(Wrong)
    assert {"", "serve", "sweep", "expire offers", "deliver", "remind", "plan"} == set(BUSY)


def test_a_line_ends_now_and_is_broken_where_nothing_is_known() -> None:
    known = [moment(NOW - timedelta(minutes=30), 5), moment(NOW - timedelta(minutes=29, seconds=50), 10)]

    chart = over_the_hour([*known, moment(NOW, 0)], NOW, "UTC", lambda one: one.waiting)

    path = chart.lines[0]
    assert path.count("M") == 2
    assert path.endswith(f"M{chart.right:.1f},{chart.bottom}.0")
    assert (chart.now, chart.most) == (0, 10)
    assert [tick.label for tick in chart.upwards] == ["0", "5", "10"]


def test_the_axis_has_the_studios_clock() -> None:
    chart = over_the_hour([], NOW, "Europe/Kyiv", lambda one: one.waiting)

    assert [tick.label for tick in chart.along] == ["19:45", "19:30", "19:15", "19:00"]
    assert chart.lines == ("",)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.04, "0 s"), (3.14, "3.1 s"), (59.6, "60 s"), (600, "10 min"), (90_000, "25 h")]
)
def test_durations_are_told_in_the_unit_that_fits(seconds: float, said: str) -> None:
    assert say_seconds(seconds) == said


@pytest.mark.parametrize(("value", "said"), [(1234.0, "1,234"), (12.34, "12.3"), (0.01, "0")])
def test_numbers_are_as_short_as_they_may_be(value: float, said: str) -> None:
    assert say_number(value) == said
