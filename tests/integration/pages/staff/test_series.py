"""The pages of series."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.integration.pages.conftest import Browser
from tests.integration.pages.strictly import strictly
from tests.integration.studio import Member, Studio

BEGIN = date.today() + timedelta(days=400)  # noqa: DTZ011 - any day ahead
FORM = "/staff/series/new"


@pytest.fixture
def admin(browser: Browser, studio: Studio, me: Member) -> Browser:
    studio.db.execute("UPDATE members SET role = 'admin' WHERE id = %s", (me.id,))
    return browser


def send(admin: Browser, studio: Studio, then: str, *, status: int = 200, **filled: Any) -> Any:
    chosen = {
        "training_id": studio.training_id, "trainer_id": studio.trainer_id, "space_id": studio.space_id,
        "frequency": "daily", "times": "07:00, 18:00", "starts_on": BEGIN, "count": "6", "then": then,
    }  # fmt: skip
    return admin.send(admin.form(admin.open(FORM), FORM), status=status, **{**chosen, **filled})


def written(studio: Studio) -> int:
    row = studio.db.execute("SELECT count(*) FROM training_sessions WHERE space_id = %s", (studio.space_id,)).fetchone()
    assert row is not None
    return int(row[0])


def test_looking_first_says_how_many_and_when_and_makes_nothing(admin: Browser, studio: Studio) -> None:
    page = strictly(send(admin, studio, "preview").get_data(as_text=True))

    assert "6 sessions" in page.texts("strong")
    assert len(page.texts("time")) == 6
    assert written(studio) == 0


def test_saving_leads_to_the_series_with_its_sessions(admin: Browser, studio: Studio) -> None:
    answer = send(admin, studio, "save", status=303, except_on=str(BEGIN + timedelta(days=1)))

    page = strictly(admin.open(answer.headers["Location"]).get_data(as_text=True))
    assert "4 sessions are in the schedule" in page.texts("strong")
    assert any(" · 07:00, 18:00 · " in text for text in page.texts("p"))
    assert len([href for href in page.links().values() if href.startswith("/staff/sessions/")]) == 4
    assert any(
        href.startswith("/staff/series/0")
        for href in strictly(admin.open("/staff/series").get_data(as_text=True)).links().values()
    )


def test_what_was_left_out_stays_on_its_page_and_leads_to_planning_it(admin: Browser, studio: Studio) -> None:
    send(admin, studio, "save", status=303, count="1")
    answer = send(admin, studio, "save", status=303, count="", leave_out_conflicts="on")
    path = answer.headers["Location"].partition("?")[0]

    page = strictly(admin.open(path).get_data(as_text=True))

    assert any(text.endswith("goes on, a day more each day") for text in page.texts("p", "soft"))
    (note,) = page.all("div", "warn")
    assert note.text.startswith("1 session was left out, because another one was there")
    (address,) = [href for text, href in page.links().items() if text.startswith(f"{BEGIN:%a %-d %B %Y}, 07:00")]
    shown = strictly(admin.open(address).get_data(as_text=True))
    filled = {one.attributes.get("id"): one.attributes.get("value") for one in shown.all("input")}
    assert (filled["date"], filled["time"]) == (str(BEGIN), "07:00")
    assert "1 left out" in strictly(admin.open("/staff/series").get_data(as_text=True)).texts("span", "warn")


def test_what_is_in_the_way_is_named_and_can_be_left_out(admin: Browser, studio: Studio) -> None:
    send(admin, studio, "save", status=303, count="1")

    seen = strictly(send(admin, studio, "preview").get_data(as_text=True))
    assert "6 sessions, 1 of them blocked" in seen.texts("strong")
    refused = strictly(send(admin, studio, "save", status=409).get_data(as_text=True))
    assert refused.texts("span", "warn") == ["space taken", "trainer taken"]
    assert written(studio) == 1

    answer = send(admin, studio, "save", status=303, leave_out_conflicts="on")
    page = strictly(admin.open(answer.headers["Location"]).get_data(as_text=True))
    assert "1 was left out, because another session is there." in page.texts("p")
    assert written(studio) == 6


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({"times": ""}, "Fill this in."),
        ({"times": "25:00"}, "Write a time of the day, such as 18:00."),
        ({"capacity": "0"}, "Write 1 or more."),
        ({"count": "5001"}, "Write 5000 or less."),
        ({"starts_on": "2020-01-01"}, "This day is past; begin today or later."),
        ({"training_id": ""}, "Fill this in."),
        ({"except_on": "christmas"}, "Write a day, such as 2031-03-05."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(admin: Browser, studio: Studio, filled: dict[str, str], said: str) -> None:
    page = strictly(send(admin, studio, "save", status=422, **filled).get_data(as_text=True))

    assert page.texts("p", "error") == [said]
    assert written(studio) == 0


def test_what_does_not_fit_together_is_said_above_the_form(admin: Browser, studio: Studio) -> None:
    page = strictly(send(admin, studio, "save", status=422, frequency="weekly").get_data(as_text=True))

    assert "A weekly series needs the days of the week it takes place on." in page.texts("p")


def test_monthly_on_the_last_friday(admin: Browser, studio: Studio) -> None:
    answer = send(
        admin, studio, "save", status=303, frequency="monthly", nth="-1", weekday_FR="on", times="18:00", count="3"
    )

    rows = studio.db.execute("SELECT occurrence FROM training_sessions WHERE space_id = %s", (studio.space_id,))
    days = [row[0] for row in rows]
    assert len(days) == 3
    assert all(day.weekday() == 4 and (day + timedelta(days=7)).month != day.month for day in days)
    assert "Every month: last Friday" in admin.open(answer.headers["Location"]).get_data(as_text=True)


def test_it_speaks_german(admin: Browser, studio: Studio) -> None:
    admin.http.set_cookie("seatline_language", "de")

    page = strictly(send(admin, studio, "preview").get_data(as_text=True))

    assert "6 Termine" in page.texts("strong")


def a_series(admin: Browser, studio: Studio) -> str:
    return str(send(admin, studio, "save", status=303, times="18:00", count="3").headers["Location"].split("?")[0])


def commands(studio: Studio) -> list[tuple[str, str | None]]:
    rows = studio.db.execute(
        "SELECT kind, payload ->> 'why' FROM commands"
        "  JOIN training_sessions ON training_sessions.id = training_session_id WHERE space_id = %s ORDER BY seq",
        (studio.space_id,),
    )
    return rows.fetchall()


def test_changing_the_rest_can_be_looked_at_first(admin: Browser, studio: Studio) -> None:
    address = a_series(admin, studio)
    form = admin.form(admin.open(address), f"{address}/change")
    filled: dict[str, Any] = {"from_on": BEGIN + timedelta(days=1), "capacity": "30"}

    seen = strictly(admin.send(form, status=200, then="preview", **filled).get_data(as_text=True))
    assert "2 sessions would be changed" in seen.texts("strong")
    assert commands(studio) == []

    answer = admin.send(form, then="save", **filled)
    page = strictly(admin.open(answer.headers["Location"]).get_data(as_text=True))
    assert "2 sessions are asked to change" in page.texts("strong")
    assert commands(studio) == [("change_capacity", None)] * 2


def test_a_change_of_nothing_and_one_of_no_sense_are_refused(admin: Browser, studio: Studio) -> None:
    address = a_series(admin, studio)
    form = admin.form(admin.open(address), f"{address}/change")

    nothing = strictly(admin.send(form, status=422, from_on=BEGIN).get_data(as_text=True))
    assert "Nothing is to change; fill in what shall be otherwise." in nothing.texts("p")
    wrong = strictly(admin.send(form, status=422, from_on="", capacity="0").get_data(as_text=True))
    assert wrong.texts("p", "error") == ["Write a day, such as 2031-03-05.", "Write 1 or more."]


def test_a_series_ends_from_a_day_on_once_that_is_said_to_be_meant(admin: Browser, studio: Studio) -> None:
    address = a_series(admin, studio)
    form = admin.form(admin.open(address), f"{address}/end")
    filled: dict[str, Any] = {"from_on": BEGIN + timedelta(days=2), "why": "summer"}

    refused = strictly(admin.send(form, status=422, **filled).get_data(as_text=True))
    assert refused.texts("p", "error") == ["Tick this box if these sessions are to be cancelled."]
    assert commands(studio) == []

    admin.send(form, meant="on", **filled)
    assert commands(studio) == [("cancel_session", "summer")]
