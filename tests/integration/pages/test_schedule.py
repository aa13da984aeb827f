"""The schedule as members see it: a week of the studio's calendar, as a list and as a grid."""

import gzip
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.ids import TrainingSessionId
from tests.integration.pages.conftest import Browser
from tests.integration.pages.sessions import WEDNESDAY, linked, show, week_of
from tests.integration.pages.strictly import Page, strictly
from tests.integration.studio import NOBODYS, Member, Studio

GZIPPED_BYTES_MAX = 100_000


def states(page: Page) -> list[str]:
    """Return what is said of my own state; the number beside the inbox is none."""
    return [text for text in page.texts("span", "tag") if not text.isdigit()]


def test_the_list_shows_what_the_interface_shows(browser: Browser, studio: Studio) -> None:
    for hours in (24, 0, 2):
        studio.a_session(starts_at=WEDNESDAY + timedelta(hours=hours), capacity=3, lasts_minutes=45 + hours)
    week = f"from=2031-03-03T00:00:00%2B02:00&to=2031-03-10T00:00:00%2B02:00&trainer_id={studio.trainer_id}"
    told = browser.http.get(f"/v1/sessions?{week}").json["items"]  # type: ignore[index]

    page = show(browser, week_of(studio, "2031-03-05"))

    assert linked(page) == [session["id"] for session in told]
    assert page.texts("a", "session-name") == [session["name"] for session in told]
    assert page.texts("p", "session-time") == [
        f"{session['starts_at_local'][11:16]} {session['lasts_minutes']} min" for session in told
    ]
    assert page.texts("p", "session-meta") == [f"{one['trainer']['name']}, {one['space']['name']}" for one in told]
    assert page.texts("p", "session-places") == ["3 places left"] * 3
    starts = [one.attributes["datetime"] for one in page.all("time") if "T" in one.attributes["datetime"]]
    assert starts == [session["starts_at_local"] for session in told]


def test_filters_narrow_the_week_and_stay_chosen(browser: Browser, studio: Studio) -> None:
    other = Studio(studio.db, studio.redis, studio.pool)
    mine = studio.a_session(starts_at=WEDNESDAY)
    others_training = studio.a_session(starts_at=WEDNESDAY, training_id=other.training_id)
    others_trainer = studio.a_session(starts_at=WEDNESDAY, trainer_id=other.trainer_id)
    week = "/?day=2031-03-05"

    everything = linked(show(browser, week))
    of_trainer = show(browser, f"{week}&trainer={studio.trainer_id}")
    of_training = show(browser, f"{week}&training={studio.training_id}")
    of_both = show(browser, f"{week}&trainer={studio.trainer_id}&training={studio.training_id}")

    assert {str(mine), str(others_training), str(others_trainer)} <= set(everything)
    assert set(linked(of_trainer)) == {str(mine), str(others_training)}
    assert set(linked(of_training)) == {str(mine), str(others_trainer)}
    assert linked(of_both) == [str(mine)]
    chosen = [one.attributes["value"] for one in of_both.all("option") if "selected" in one.attributes]
    assert chosen == [str(studio.trainer_id), str(studio.training_id)]
    assert str(mine) in linked(show(browser, of_both.links()["Show all"]))


def test_the_filters_are_a_form_that_keeps_the_day(browser: Browser, studio: Studio) -> None:
    page = browser.open("/week?day=2031-03-05")

    form = browser.form(page, "/week")

    assert (form.method, form.button, form.fields) == ("get", "Show", {"day": "2031-03-05"})


def test_the_grid_shows_seven_days_with_the_same_sessions(browser: Browser, studio: Studio) -> None:
    first, second = (studio.a_session(starts_at=WEDNESDAY + timedelta(days=days)) for days in (0, 4))

    page = show(browser, week_of(studio, "2031-03-05", path="/week"))

    assert page.texts("h2") == [
        f"{name} {number} March 2031"
        for number, name in enumerate(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], start=3)
    ]
    assert len(page.all("section", "week-day")) == 7
    assert page.texts("p", "soft")[:5] == ["No sessions"] * 5
    assert linked(page) == [str(first), str(second)]
    assert [one.text for one in page.all("a") if one.attributes.get("aria-current") == "page"] == ["Schedule", "Week"]


def test_places_are_told_in_words(browser: Browser, studio: Studio) -> None:
    places = {"one": 1, "full": 1, "line": 1, "cancelled": 5}
    sessions = {
        name: studio.a_session(
            starts_at=WEDNESDAY + timedelta(hours=hour), capacity=capacity, cancelled=name == "cancelled"
        )
        for hour, (name, capacity) in enumerate(places.items())
    }
    for name, number in {"full": 1, "line": 6}.items():
        for member in studio.members(number):
            studio.book(sessions[name], member)
        studio.serve(sessions[name])

    page = show(browser, week_of(studio, "2031-03-05"))

    assert page.texts("p", "session-places") == ["1 place left", "Full", "Full, 5 in line", "Cancelled"]


def third_in_line(studio: Studio, me: Member, start: datetime) -> TrainingSessionId:
    session_id = studio.a_session(starts_at=start, capacity=1)
    for member in [*studio.members(3), me]:
        studio.book(session_id, member)
    studio.serve(session_id)
    return session_id


def passed_over(studio: Studio, me: Member, start: datetime) -> TrainingSessionId:
    session_id = studio.a_session(starts_at=start, capacity=1)
    first = studio.a_member()
    booking_id = studio.book(session_id, first)
    studio.book(session_id, me)
    studio.serve(session_id)
    studio.db.execute("UPDATE passes SET active = false WHERE id = %s", (me.pass_id,))
    studio.cancel(session_id, first, booking_id)
    studio.serve(session_id)
    return session_id


@pytest.mark.parametrize("path", ["/", "/week"])
def test_my_own_state_is_shown_to_me_alone(browser: Browser, studio: Studio, me: Member, path: str) -> None:
    mine = studio.a_session(starts_at=WEDNESDAY)
    studio.book(mine, me)
    studio.serve(mine)
    left = studio.a_session(starts_at=WEDNESDAY + timedelta(hours=1))
    studio.cancel(left, me, studio.book(left, me))
    studio.serve(left)
    third_in_line(studio, me, WEDNESDAY + timedelta(hours=2))
    passed_over(studio, me, WEDNESDAY + timedelta(hours=3))
    address = week_of(studio, "2031-03-05", path=path)

    to_me = show(browser, address)
    to_nobody = show(Browser(browser.http.application.test_client()), address)

    assert states(to_me) == ["You have a place", "You are 3rd in line", "Passed over"]
    assert states(to_nobody) == []


@pytest.mark.parametrize("path", ["/", "/week", "/month"])
def test_a_name_is_shown_as_it_is_written_and_never_runs(browser: Browser, studio: Studio, path: str) -> None:
    name = f"<script>alert('{uuid4()}')</script> & \"more\""
    studio.db.execute("UPDATE trainings SET name = %s WHERE id = %s", (name, studio.training_id))
    session_id = studio.a_session(starts_at=WEDNESDAY)

    pages = [
        show(browser, f"{path}?day=2031-03-05&training={studio.training_id}"),
        show(browser, f"/sessions/{session_id}"),
    ]

    assert name in pages[0].texts("option")
    assert [one.text for one in pages[0].all("a") if name in one.text]
    assert pages[1].texts("h1") == [name]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("day=yesterday", "no day of the calendar"),
        ("day=2031-02-29", "no day of the calendar"),
        ("day=20310305", "no day of the calendar"),
        ("day=0001-01-01", "between 2000 and 2100"),
        ("day=9999-12-31", "between 2000 and 2100"),
        ("trainer=nina", "no such trainer"),
        (f"training={NOBODYS}", "no such training"),
        ("trainer=%00", "no such trainer"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/week", "/month"])
def test_what_makes_no_sense_is_told_with_where_to_go(browser: Browser, path: str, asked: str, told: str) -> None:
    page = strictly(browser.open(f"{path}?{asked}", status=422).get_data(as_text=True))

    assert any(told in text for text in page.texts("p")), page.texts("p")
    assert page.links()["See the schedule"] == "/"


@pytest.mark.parametrize("path", ["/", "/week"])
def test_three_hundred_sessions_in_a_week_are_all_listed_on_a_small_page(
    big_studio: tuple[Studio, Browser], path: str
) -> None:
    studio, browser = big_studio
    others = [Studio(studio.db, studio.redis, studio.pool) for _ in range(19)]
    ids = [
        one.a_session(starts_at=datetime(2031, 3, 3, 5, tzinfo=UTC) + timedelta(minutes=30 * number))
        for number, one in enumerate([studio, *others] * 15)
    ]
    me = studio.a_member()
    browser.sign_in(studio, me)

    answer = browser.open(f"{path}?day=2031-03-05")

    assert linked(strictly(answer.get_data(as_text=True))) == [str(id_) for id_ in ids]
    assert len(ids) == 300
    assert len(gzip.compress(answer.get_data())) < GZIPPED_BYTES_MAX
