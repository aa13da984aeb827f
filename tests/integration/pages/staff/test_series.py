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
    assert len([href for href in page.links().values() if href.startswith("/sessions/")]) == 4
    assert any(
        href.startswith("/staff/series/0")
        for href in strictly(admin.open("/staff/series").get_data(as_text=True)).links().values()
    )


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
    assert "FREQ=MONTHLY;INTERVAL=1;BYDAY=-1FR" in admin.open(answer.headers["Location"]).get_data(as_text=True)


def test_it_speaks_german(admin: Browser, studio: Studio) -> None:
    admin.http.set_cookie("seatline_language", "de")

    page = strictly(send(admin, studio, "preview").get_data(as_text=True))

    assert "6 Termine" in page.texts("strong")
