"""A booking as a file for the member's calendar, and the feed's address on the preferences page."""

from uuid import UUID, uuid4

import pytest
from werkzeug.test import TestResponse

from api.auth import make_token
from storage.settings import settings
from tests.integration.pages.conftest import Browser
from tests.integration.pages.strictly import Page, strictly
from tests.integration.studio import Member, Studio

MAKE = "/preferences/calendar-feed"
END = "/preferences/calendar-feed/end"


def read(page: TestResponse) -> Page:
    return strictly(page.get_data(as_text=True))


def booked(studio: Studio, member: Member, *, capacity: int = 2) -> UUID:
    session_id = studio.a_session(capacity=capacity)
    if capacity == 1:
        studio.book(session_id, studio.a_member())
    booking_id = studio.book(session_id, member)
    studio.serve(session_id)
    return booking_id


def made(browser: Browser) -> TestResponse:
    return browser.send(browser.form(browser.open("/preferences"), MAKE), status=200)


def address_in(page: TestResponse) -> str:
    """Return the path of the address that the page shows."""
    (field,) = [one for one in read(page).all("input") if one.attributes.get("id") == "feed_url"]
    url = field.attributes["value"]
    assert url.startswith(f"{settings().api_url}/calendar/")
    return url.removeprefix(settings().api_url)


def feeds(studio: Studio, *members: Member) -> int:
    ids = [one.id for one in members]
    row = studio.db.execute("SELECT count(*) FROM calendar_feeds WHERE member_id = ANY(%s)", (ids,)).fetchone()
    assert row is not None
    return int(row[0])


def without_time_of_writing(calendar: bytes) -> list[bytes]:
    return [line for line in calendar.split(b"\r\n") if not line.startswith(b"DTSTAMP:")]


def test_the_booking_page_leads_to_the_same_file_as_the_interface(browser: Browser, studio: Studio, me: Member) -> None:
    booking_id = booked(studio, me)
    link = read(browser.open(f"/bookings/{booking_id}")).links()["Add to my calendar"]

    file = browser.open(link)

    assert link == f"/bookings/{booking_id}/calendar"
    token = {"Authorization": f"Bearer {make_token(settings(), me.id)}"}
    same = browser.http.get(f"/v1/me/bookings/{booking_id}/calendar", headers=token)
    assert without_time_of_writing(file.data) == without_time_of_writing(same.data)
    assert f"UID:{booking_id}".encode() in file.data
    for name in ("Content-Type", "Content-Disposition"):
        assert file.headers[name] == same.headers[name]


def test_without_a_place_there_is_nothing_to_take_along(browser: Browser, studio: Studio, me: Member) -> None:
    booking_id = booked(studio, me, capacity=1)

    page = read(browser.open(f"/bookings/{booking_id}"))

    assert "Add to my calendar" not in page.links()
    assert read(browser.open(f"/bookings/{booking_id}/calendar", status=404)).all("h1")


def test_another_members_booking_is_not_found(browser: Browser, studio: Studio, me: Member) -> None:
    others = booked(studio, studio.a_member())

    pages = [browser.open(f"/bookings/{id_}/calendar", status=404) for id_ in (others, uuid4())]

    assert read(pages[0]).texts("h1") == read(pages[1]).texts("h1") == ["There is no such booking of yours"]


def test_whoever_is_not_signed_in_signs_in_first_and_comes_back(browser: Browser, studio: Studio) -> None:
    path = f"/bookings/{uuid4()}/calendar"

    answer = browser.open(path, status=303)

    assert browser.form(browser.open(answer.headers["Location"]), "/sign-in").fields["next"] == path


def test_the_address_is_shown_once_and_works(browser: Browser, studio: Studio, me: Member) -> None:
    booking_id = booked(studio, me)
    before = browser.open("/preferences")
    assert browser.form(before, MAKE).button == "Make an address"
    assert END not in [form.action for form in browser.forms(before)]

    answer = made(browser)

    feed = address_in(answer)
    assert "Copy it now; it is not shown again." in read(answer).texts("p")
    assert (answer.headers["Cache-Control"], "Location" in answer.headers) == ("no-store", False)
    assert f"UID:{booking_id}".encode() in browser.open(feed).data
    later = browser.open("/preferences").get_data(as_text=True)
    assert feed.removeprefix("/calendar/").removesuffix(".ics") not in later
    assert not [one for one in strictly(later).all("input") if one.attributes.get("id") == "feed_url"]
    assert "Your calendar has an address since" in strictly(later).all("main")[0].text


def test_a_new_address_takes_the_place_of_the_old_one(browser: Browser, me: Member) -> None:
    first = made(browser)
    assert browser.form(first, MAKE).button == "Replace the address"

    second = browser.send(browser.form(first, MAKE), status=200)

    browser.open(address_in(first), status=404)
    browser.open(address_in(second))


def test_the_feed_ends_where_the_member_says_so(browser: Browser, studio: Studio, me: Member) -> None:
    page = made(browser)

    answer = browser.send(browser.form(page, END))

    after = browser.open(answer.headers["Location"])
    assert "Your calendar feed has ended" in read(after).texts("strong")
    assert browser.form(after, MAKE).button == "Make an address"
    browser.open(address_in(page), status=404)
    assert feeds(studio, me) == 0


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, None])
@pytest.mark.parametrize("action", [MAKE, END])
def test_a_form_from_elsewhere_changes_nothing(
    browser: Browser, me: Member, action: str, headers: dict[str, str] | None
) -> None:
    page = made(browser)
    form = browser.form(page, action)
    if headers is None:
        form.fields["form_token"] = "0" * 64

    browser.send(form, status=403, headers=headers)

    browser.open(address_in(page))


@pytest.mark.parametrize("action", [MAKE, END])
def test_another_members_form_changes_nothing_for_me(browser: Browser, studio: Studio, me: Member, action: str) -> None:
    page, other = made(browser), studio.a_member()
    browser.send(browser.form(browser.open("/bookings"), "/sign-out"))
    browser.sign_in(studio, other)

    browser.send(browser.form(page, action), status=403)

    browser.open(address_in(page))
    assert (feeds(studio, me), feeds(studio, other)) == (1, 0)


def test_when_the_sign_in_has_ended_nothing_is_made_and_the_way_leads_back(
    browser: Browser, studio: Studio, me: Member
) -> None:
    form = browser.form(browser.open("/preferences"), MAKE)
    studio.db.execute("DELETE FROM sign_ins WHERE member_id = %s", (me.id,))

    answer = browser.send(form, headers={"Referer": f"http://localhost{MAKE}"})

    assert answer.headers["Location"] == "/sign-in?next=%2Fpreferences%2Fcalendar-feed"
    assert feeds(studio, me) == 0
    assert browser.open(MAKE, status=303).headers["Location"] == "/preferences"
