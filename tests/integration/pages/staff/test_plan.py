"""The page that plans one session."""

from typing import Any
from uuid import UUID

import pytest

from tests.integration.pages.conftest import Browser
from tests.integration.pages.strictly import strictly
from tests.integration.studio import Member, Studio


@pytest.fixture
def admin(browser: Browser, studio: Studio, me: Member) -> Browser:
    studio.db.execute("UPDATE members SET role = 'admin' WHERE id = %s", (me.id,))
    return browser


def send(admin: Browser, studio: Studio, then: str, *, status: int = 200, **filled: Any) -> Any:
    form = admin.form(admin.open("/staff/plan"), "/staff/plan")
    chosen = {
        "training_id": studio.training_id, "trainer_id": studio.trainer_id, "space_id": studio.space_id,
        "date": "2030-11-05", "time": "18:00", "then": then,
    }  # fmt: skip
    return admin.send(form, status=status, **{**chosen, **filled})


def sessions(studio: Studio) -> list[UUID]:
    rows = studio.db.execute("SELECT id FROM training_sessions WHERE space_id = %s", (studio.space_id,))
    return [row[0] for row in rows]


def test_looking_first_says_what_it_would_be_and_keeps_the_form(admin: Browser, studio: Studio) -> None:
    page = strictly(send(admin, studio, "preview", capacity="4").get_data(as_text=True))

    assert page.texts("strong")[0] == "Tue 5 November 2030, 18:00\u201319:00, 4 places"
    assert [one.attributes["value"] for one in page.all("input") if one.attributes.get("name") == "capacity"] == ["4"]
    assert sessions(studio) == []


def test_saving_leads_to_the_session(admin: Browser, studio: Studio) -> None:
    answer = send(admin, studio, "save", status=303)

    (made,) = sessions(studio)
    assert answer.headers["Location"] == f"/staff/sessions/{made}"


@pytest.mark.parametrize(("then", "status"), [("preview", 200), ("save", 409)])
def test_what_is_in_the_way_is_named_with_its_time_and_a_link(
    admin: Browser, studio: Studio, then: str, status: int
) -> None:
    send(admin, studio, "save", status=303)
    (made,) = sessions(studio)

    page = strictly(send(admin, studio, then, status=status, time="18:30").get_data(as_text=True))

    (name,) = [text for text, href in page.links().items() if href == f"/staff/sessions/{made}"]
    assert name.endswith("Tue 5 November 2030, 18:00\u201319:00")
    assert page.texts("span", "warn") == ["space taken", "trainer taken"]
    assert sessions(studio) == [made]


def test_what_is_wrong_is_said_at_its_field(admin: Browser, studio: Studio) -> None:
    page = strictly(
        send(admin, studio, "save", status=422, training_id="", capacity="0", date="").get_data(as_text=True)
    )

    assert len(page.texts("p", "error")) == 3


def test_it_speaks_german(admin: Browser, studio: Studio) -> None:
    admin.http.set_cookie("seatline_language", "de")

    page = strictly(send(admin, studio, "save", status=422, date="2030-03-31", time="03:30").get_data(as_text=True))

    assert page.texts("p", "error")[0].startswith("Die Uhren werden dann vorgestellt")
