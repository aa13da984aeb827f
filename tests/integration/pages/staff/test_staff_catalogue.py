"""The pages of trainings, trainers and spaces."""

from typing import Any
from uuid import uuid4

import pytest

from tests.integration.pages.conftest import Browser
from tests.integration.pages.strictly import strictly
from tests.integration.studio import Member, Studio

PATHS = ("/staff/trainings", "/staff/trainers", "/staff/spaces")


@pytest.fixture
def admin(browser: Browser, studio: Studio, me: Member) -> Browser:
    studio.db.execute("UPDATE members SET role = 'admin' WHERE id = %s", (me.id,))
    return browser


def add(admin: Browser, path: str, *, status: int = 303, **filled: Any) -> Any:
    return admin.send(admin.form(admin.open(f"{path}/new"), f"{path}/new"), status=status, **filled)


def link_to(admin: Browser, path: str, name: str) -> str | None:
    address: str | None = path
    while address:
        links = strictly(admin.open(address).get_data(as_text=True)).links()
        if name in links:
            return links[name]
        address = links.get("More")
    return None


@pytest.mark.parametrize("path", PATHS)
def test_what_is_added_by_the_form_is_in_the_list_and_can_be_retired(admin: Browser, path: str) -> None:
    name = f"<b>A & B</b> {uuid4()}"
    add(admin, path, name=name)
    address = link_to(admin, path, name)
    assert address is not None

    form = admin.form(admin.open(address), address)
    assert form.fields["name"] == name
    admin.send(form, retired="on", why="given up")

    again = admin.form(admin.open(address), address)
    assert again.fields["retired"] == "on"
    admin.send(again, name=f"{name}!")
    assert strictly(admin.open(address).get_data(as_text=True)).texts("h1") == [f"{name}!"]


def test_a_form_without_the_box_brings_back(admin: Browser, studio: Studio) -> None:
    studio.db.execute("UPDATE spaces SET retired = true WHERE id = %s", (studio.space_id,))
    address = f"/staff/spaces/{studio.space_id}"
    form = admin.form(admin.open(address), address)
    del form.fields["retired"]

    admin.send(form)

    assert "retired" not in admin.form(admin.open(address), address).fields


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", " ", "Write a name that can be seen, with a letter or a digit in it."),
        ("capacity", "0", "Write 1 or more."),
        ("capacity", "viele", "Write a whole number."),
        ("lasts_minutes", "", "Write a whole number."),
        ("waitlist_limit", "10001", "Write 10000 or less."),
        ("offer_minutes", "1441", "Write 1440 or less."),
        ("offer_pause_from", "late", "Write a time of the day, such as 18:00."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_is_kept(
    admin: Browser, field: str, typed: str, said: str
) -> None:
    answer = add(admin, "/staff/trainings", status=422, **{"name": "Kept", field: typed})

    page = strictly(answer.get_data(as_text=True))
    assert page.texts("p", "error") == [said]
    (bad,) = [one for one in page.all("input") if one.attributes.get("aria-invalid")]
    assert (bad.attributes["name"], bad.attributes["value"]) == (field, typed)


def test_a_name_that_is_taken_is_said_at_the_name(admin: Browser) -> None:
    name = f"Room {uuid4()}"
    add(admin, "/staff/spaces", name=name)

    page = strictly(add(admin, "/staff/spaces", status=422, name=name).get_data(as_text=True))

    assert "choose another name" in page.texts("p", "error")[0]


def test_a_trainings_form_says_that_sessions_which_exist_stay(admin: Browser, studio: Studio) -> None:
    studio.a_session(capacity=2)
    address = f"/staff/trainings/{studio.training_id}"
    page = admin.open(address)
    assert "never changes sessions that exist" in page.get_data(as_text=True)

    admin.send(admin.form(page, address), capacity="25", waitlist_limit="3")

    row = studio.db.execute(
        "SELECT trainings.capacity, trainings.waitlist_limit, made.capacity, made.waitlist_limit"
        "  FROM trainings JOIN training_sessions AS made ON training_id = trainings.id WHERE trainings.id = %s",
        (studio.training_id,),
    ).fetchone()
    assert row == (25, 3, 2, None)


def test_policies_are_set_and_taken_back_by_the_form(admin: Browser, studio: Studio) -> None:
    address = f"/staff/trainings/{studio.training_id}"
    chosen: dict[str, Any] = {
        "booking_window_minutes": "20160",
        "upcoming_limit": "3",
        "refund_deadline_minutes": "1440",
        "offer_minutes": "30",
        "offer_pause_from": "22:00",
        "offer_pause_until": "07:00",
    }
    admin.send(admin.form(admin.open(address), address), **chosen)
    again = admin.form(admin.open(address), address)
    assert {name: again.fields[name] for name in chosen} == chosen

    nothing: dict[str, Any] = dict.fromkeys(chosen, "")
    admin.send(again, **nothing)

    form = admin.form(admin.open(address), address)
    assert {form.fields[name] for name in chosen} == {""}


def test_policies_that_do_not_go_together_are_said_at_their_field(admin: Browser, studio: Studio) -> None:
    address = f"/staff/trainings/{studio.training_id}"
    form = admin.form(admin.open(address), address)

    page = strictly(admin.send(form, status=422, refund_deadline_minutes="10").get_data(as_text=True))

    (said,) = page.texts("p", "error")
    assert said.startswith("A refund ends when cancelling does or before")


@pytest.mark.parametrize("path", PATHS)
def test_the_forms_speak_german(admin: Browser, path: str) -> None:
    admin.http.set_cookie("seatline_language", "de")

    page = strictly(add(admin, path, status=422, name="").get_data(as_text=True))

    assert page.texts("p", "error") == ["Schreib einen Namen, den man sieht, mit einem Buchstaben oder einer Ziffer."]
