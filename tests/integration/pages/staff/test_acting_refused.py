"""What staff fill in wrongly comes back with what was typed and what is wrong at its field, and nothing is done."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import pytest

from tests.integration.pages.conftest import Browser
from tests.integration.pages.sessions import show
from tests.integration.pages.staff.test_acting import booked
from tests.integration.pages.strictly import strictly
from tests.integration.staff import named
from tests.integration.studio import Studio

pytestmark = pytest.mark.usefixtures("serving", "admin")


@dataclass(frozen=True)
class Filled:
    """A form shown again: its fields as they are filled in, and what is said at those that are wrong."""

    values: dict[str, str]
    errors: dict[str, str]


def filled(html: str) -> Filled:
    page = strictly(html)
    assert "Nothing was saved" in page.texts("strong")
    inputs = [one for one in page.elements if one.tag in {"input", "select"} and "name" in one.attributes]
    said = {one.attributes["id"]: one.text for one in page.all("p", "error")}
    described = {one.attributes["name"]: one.attributes.get("aria-describedby", "") for one in inputs}
    values = {one.attributes["name"]: one.attributes.get("value", "") for one in inputs}
    return Filled(values, {name: said[about] for name, about in described.items() if about in said})


@pytest.mark.parametrize(
    ("when", "field"),
    [
        ("day=2031-03-30&time=03:30", "time"),
        ("day=2031-02-30&time=18:00", "day"),
        ("day=0001-01-01&time=00:00", "day"),
        ("day=9999-12-31&time=23:00", "day"),
        ("day=2031-03-30", "day"),
        ("day=2031-07-01&time=18:00&minutes=0", "minutes"),
        ("day=2031-07-01&time=18:00&minutes=an+hour", "minutes"),
        ("day=2031-07-01&time=18:00&trainer_id=nobody", "trainer_id"),
        (f"day=2031-07-01&time=18:00&trainer_id={uuid4()}", "trainer_id"),
    ],
)
def test_a_move_to_nowhere_is_named_at_its_field_with_what_was_typed(
    browser: Browser, studio: Studio, when: str, field: str
) -> None:
    path = f"/staff/sessions/{studio.a_session()}/move"
    usual = {"minutes": "45", "trainer_id": str(studio.trainer_id), "space_id": str(studio.space_id)}
    asked = usual | dict(parse_qsl(when))

    shown = filled(browser.open(f"{path}?{urlencode(asked)}", status=422).get_data(as_text=True))
    sent = browser.http.post(path, data=asked | {"form_token": shown_token(browser, path), "key": "k", "why": "so"})

    assert list(shown.errors) == [field]
    assert {name: value for name, value in asked.items() if not name.endswith("_id")}.items() <= shown.values.items()
    assert sent.status_code == 422
    assert filled(sent.get_data(as_text=True)).errors == shown.errors


def shown_token(browser: Browser, path: str) -> str:
    return next(form.fields["form_token"] for form in browser.forms(browser.open(path)) if "form_token" in form.fields)


@pytest.mark.parametrize("wanted", ["0", "many", "", "100001"])
def test_a_number_of_places_that_is_none_is_asked_for_again(browser: Browser, studio: Studio, wanted: str) -> None:
    path = f"/staff/sessions/{studio.a_session()}/capacity"

    shown = filled(browser.open(f"{path}?capacity={wanted}", status=422).get_data(as_text=True))

    assert list(shown.errors) == ["capacity"]
    assert shown.values["capacity"] == wanted


@pytest.mark.parametrize("path", ["capacity?capacity=9", "cancel", "move?day=2031-07-01&time=18:00&minutes=45"])
def test_what_is_confirmed_without_a_reason_is_asked_again_and_counts_once(
    browser: Browser, studio: Studio, path: str
) -> None:
    session_id = studio.a_session()
    place = f"&trainer_id={studio.trainer_id}&space_id={studio.space_id}" if path.startswith("move") else ""
    address = f"/staff/sessions/{session_id}/{path}{place}"
    (form,) = [one for one in browser.forms(browser.open(address)) if one.action == address.partition("?")[0]]

    again = browser.send(form, status=422, why="  ")

    shown = filled(again.get_data(as_text=True))
    assert shown.errors == {"why": "Fill this in."}
    (same,) = [one for one in browser.forms(again) if one.action == form.action]
    of_no_matter = {"form_token": "", "why": ""}
    assert same.fields | of_no_matter == form.fields | of_no_matter
    assert browser.send(same, why="at last").headers["Location"].startswith(f"/staff/sessions/{session_id}?command=")


def test_taking_off_without_a_reason_keeps_what_was_chosen_of_the_refund(browser: Browser, studio: Studio) -> None:
    session_id, member = studio.a_session(), studio.a_member()
    path = f"/staff/bookings/{booked(studio, session_id, member)}/remove"
    form = browser.form(browser.open(path), path)

    again = browser.send(form, status=422, why="", refund="no")

    assert filled(again.get_data(as_text=True)).errors == {"why": "Fill this in."}
    assert browser.form(again, path).fields["refund"] == "no"
    assert studio.roster(session_id) == {member.id: "confirmed"}


def test_booking_without_a_reason_stays_with_whom_was_found(browser: Browser, studio: Studio) -> None:
    session_id, name = studio.a_session(), f"Walter {uuid4()}"
    named(studio, studio.a_member(), name)
    path = f"/staff/sessions/{session_id}/book"
    (form,) = [
        one for one in browser.forms(browser.open(f"{path}?q={name}")) if one.method == "post" and one.action == path
    ]

    again = browser.send(form, status=422, why="")

    shown = filled(again.get_data(as_text=True))
    assert shown.errors == {"why": "Fill this in."}
    assert shown.values["key"] == form.fields["key"]
    assert strictly(again.get_data(as_text=True)).texts("h2") == [name]
    assert studio.roster(session_id) == {}


def test_a_search_for_one_letter_asks_for_more(browser: Browser, studio: Studio) -> None:
    page = show(browser, f"/staff/sessions/{studio.a_session()}/book?q=a", status=422)

    assert page.texts("p", "error") == ["Write two letters or more."]
