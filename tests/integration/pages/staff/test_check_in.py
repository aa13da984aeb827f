"""Check-in on pages: on the roster, and by the code that a member shows at the door."""

from datetime import UTC, datetime, timedelta
from typing import Any

from api.check_in_codes import code_of
from storage.settings import settings
from tests.integration.pages.conftest import Browser, Form
from tests.integration.pages.sessions import show
from tests.integration.staff import named
from tests.integration.studio import Member, Studio

SOON = timedelta(minutes=20)


def booked(studio: Studio, member: Member | None = None, **changes: Any) -> Any:
    starts_at = datetime.now(UTC).replace(microsecond=0) + SOON
    session_id = studio.a_session(**{"starts_at": starts_at, "booking_deadline": timedelta(0), **changes})
    booking_id = studio.book(session_id, member or named(studio, studio.a_member(), "Walter"))
    studio.serve(session_id)
    return session_id, booking_id, f"/check-in/{code_of(settings(), booking_id)}"


def attendance(studio: Studio, booking_id: object) -> Any:
    found = studio.db.execute("SELECT attendance FROM attendances WHERE booking_id = %s", (booking_id,)).fetchone()
    return None if found is None else found[0]


def test_on_the_roster_it_is_noted_by_a_button_and_taken_back_by_the_same(
    browser: Browser, studio: Studio, trainer: Member
) -> None:
    session_id, booking_id, _ = booked(studio)
    path = f"/staff/sessions/{session_id}"
    form = browser.form(browser.open(path), f"{path}/attendance")

    def pressed() -> list[tuple[str, str]]:
        buttons = [one for one in show(browser, path).all("button") if one.attributes.get("name") == "note"]
        return [(one.attributes["value"], one.attributes["aria-pressed"]) for one in buttons]

    assert [value for value, _ in pressed()] == [f"{booking_id} {one}" for one in ("present", "late", "no_show")]
    answer = browser.send(form, note=f"{booking_id} late")
    assert answer.headers["Location"] == f"{path}#booking-{booking_id}"
    assert attendance(studio, booking_id) == "late"
    assert (f"{booking_id} none", "true") in pressed()
    browser.send(form, note=f"{booking_id} none")
    assert attendance(studio, booking_id) is None
    for nonsense in ("", "late", f"{booking_id} perhaps"):
        browser.send(form, status=422, note=nonsense)


def test_staff_who_open_a_code_see_who_and_check_in_with_one_button(
    browser: Browser, studio: Studio, trainer: Member
) -> None:
    _, booking_id, path = booked(studio)
    page = browser.open(path)
    assert show(browser, path).texts("h1") == ["Walter"]
    form = browser.form(page, path)
    assert form.button == "Check in Walter"

    for _ in range(2):
        assert browser.send(form).headers["Location"] == path

    assert attendance(studio, booking_id) == "present"
    again = show(browser, path)
    assert "Checked in already" in again.texts("strong")
    assert "Check in Walter" not in again.texts("button")


def test_a_code_that_is_not_for_now_is_said_kindly_and_offers_nothing(
    browser: Browser, studio: Studio, trainer: Member
) -> None:
    now = datetime.now(UTC)
    _, _, next_week = booked(studio, starts_at=now + timedelta(days=7))
    member = studio.a_member()
    session_id, cancelled, of_cancelled = booked(studio, member, capacity=1, cancellation_deadline=timedelta(0))
    waits = studio.book(session_id, studio.a_member())
    studio.serve(session_id)
    of_waiter = f"/check-in/{code_of(settings(), waits)}"
    told = {next_week: "This is for another day", of_waiter: "Still in line"}
    for path, sentence in told.items():
        page = show(browser, path)
        assert sentence in page.texts("strong")
        assert not [text for text in page.texts("button") if text.startswith("Check in")]

    studio.cancel(session_id, member, cancelled)
    studio.serve(session_id)
    assert "This booking was cancelled" in show(browser, of_cancelled).texts("strong")
    assert show(browser, "/check-in/forged", status=404).texts("h1") == ["There is no such booking of yours"]


def test_whoever_is_not_on_the_staff_sees_nothing_of_anybody(browser: Browser, studio: Studio, me: Member) -> None:
    _, booking_id, path = booked(studio)

    for address in (path, "/check-in/forged"):
        page = show(browser, address)
        assert page.texts("h1") == ["Show this code at the door"]
        assert "Walter" not in page.all("main")[0].text

    token = browser.form(browser.open("/"), "/sign-out").fields["form_token"]
    browser.send(Form(path, "post", {"form_token": token}), status=403)
    assert attendance(studio, booking_id) is None


def test_a_member_finds_the_code_on_the_page_of_the_booking(browser: Browser, studio: Studio, me: Member) -> None:
    _, booking_id, _ = booked(studio, me)

    (picture,) = show(browser, f"/bookings/{booking_id}").all("img")

    answer = browser.open(picture.attributes["src"])
    assert answer.mimetype == "image/svg+xml"


def test_a_booking_that_is_over_shows_no_code(browser: Browser, studio: Studio, me: Member) -> None:
    session_id, booking_id, _ = booked(studio, me)
    past = datetime.now(UTC) - timedelta(days=1)
    studio.db.execute("UPDATE training_sessions SET starts_at = %s WHERE id = %s", (past, session_id))

    assert show(browser, f"/bookings/{booking_id}").all("img") == []
