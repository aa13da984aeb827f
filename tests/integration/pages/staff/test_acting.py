"""Staff act on a session with nothing but links and forms: see it, confirm it, read what became of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.ids import BookingId, TrainingSessionId
from tests.integration.api.conftest import until
from tests.integration.pages.conftest import Browser
from tests.integration.pages.sessions import show
from tests.integration.pages.strictly import strictly
from tests.integration.staff import named
from tests.integration.studio import Member, Studio

pytestmark = pytest.mark.usefixtures("serving", "admin")


def booked(studio: Studio, session_id: TrainingSessionId, member: Member) -> BookingId:
    booking_id = studio.book(session_id, member)
    settled(studio, session_id)
    return booking_id


def settled(studio: Studio, session_id: TrainingSessionId) -> None:
    """Serve what waits; where the worker of the test holds the lane, it brings the outcomes."""
    studio.serve(session_id)
    waiting = "SELECT FROM commands WHERE training_session_id = %s AND status = 'waiting'"
    until(lambda: studio.db.execute(waiting, (session_id,)).fetchone() is None)


def confirm(browser: Browser, path: str, **filled: str) -> str:
    """Open the page, send its form and return the note on the roster that it leads to."""
    action = path.partition("?")[0]
    (form,) = [one for one in browser.forms(browser.open(path)) if (one.action, one.method) == (action, "post")]
    filled = {"why": "asked for", **filled}
    answer = browser.send(replace(form, fields=form.fields | filled))
    page = show(browser, answer.headers["Location"])
    return page.all("div", "note")[0].text


def test_a_member_is_found_and_booked_for(browser: Browser, studio: Studio) -> None:
    session_id, name = studio.a_session(), f"Walter {uuid4()}"
    walter = named(studio, studio.a_member(), name)
    path = f"/staff/sessions/{session_id}/book"

    note = confirm(browser, f"{path}?q={name}")

    assert note.startswith("It is done")
    assert "There is a place, paid with" in note
    assert studio.roster(session_id) == {walter.id: "confirmed"}


def test_whoever_is_on_it_or_cannot_pay_is_shown_and_not_offered(browser: Browser, studio: Studio) -> None:
    session_id, word = studio.a_session(), uuid4().hex
    ann, ben = named(studio, studio.a_member(), f"Ann {word}"), studio.a_member(sessions=0)
    named(studio, ben, f"Ben {word}")
    booked(studio, session_id, ann)

    page = show(browser, f"/staff/sessions/{session_id}/book?q={word}")

    assert page.texts("h2") == [f"Ann {word}", f"Ben {word}"]
    assert page.texts("span", "tag") == ["Has a place already"]
    assert not [one for one in page.texts("button") if one.startswith("Book for")]
    assert "Nobody is called like that" in show(browser, f"/staff/sessions/{session_id}/book?q={word}x").texts("p")


@pytest.mark.parametrize(("refund", "left"), [("yes", 10), ("no", 9)])
def test_somebody_is_taken_off_with_or_without_refund(browser: Browser, studio: Studio, refund: str, left: int) -> None:
    session_id, member = studio.a_session(), studio.a_member()
    booking_id = booked(studio, session_id, member)

    note = confirm(browser, f"/staff/bookings/{booking_id}/remove", refund=refund)

    assert note == "It is done"
    assert studio.roster(session_id) == {}
    assert studio.sessions_left(member) == left


def test_a_form_sent_twice_counts_once(browser: Browser, studio: Studio) -> None:
    session_id = studio.a_session()
    path = f"/staff/sessions/{session_id}/capacity"
    form = browser.form(browser.open(f"{path}?capacity=9"), path)

    first, again = (browser.send(form, why="a mat more").headers["Location"] for _ in range(2))

    assert first == again
    counted = studio.db.execute("SELECT count(*) FROM commands WHERE training_session_id = %s", (session_id,))
    assert counted.fetchone() == (1,)


def test_the_number_of_places_is_asked_shown_and_changed(browser: Browser, studio: Studio) -> None:
    session_id = studio.a_session(capacity=1)
    for member in studio.members(2):
        studio.book(session_id, member)
    settled(studio, session_id)
    path = f"/staff/sessions/{session_id}/capacity"
    asked = browser.form(browser.open(path), path)
    assert (asked.method, asked.fields) == ("get", {"capacity": "1"})

    page = show(browser, f"{path}?capacity=2")
    assert "From 1 places to 2." in page.texts("p")
    assert confirm(browser, f"{path}?capacity=2") == "It is done"

    assert studio.counts(session_id) == (2, 0, 0)


def test_a_session_is_moved_by_the_studios_clock(browser: Browser, studio: Studio) -> None:
    session_id = studio.a_session()
    path = f"/staff/sessions/{session_id}/move"
    form = browser.form(browser.open(path), path)
    chosen = f"trainer_id={studio.trainer_id}&space_id={studio.space_id}"
    assert set(form.fields) == {"day", "time", "minutes"}, "selects are not among what the test's browser reads"

    note = confirm(browser, f"{path}?day=2031-07-01&time=18:00&minutes=45&{chosen}")

    assert note == "It is done"
    row = studio.db.execute("SELECT starts_at, lasts_minutes FROM training_sessions WHERE id = %s", (session_id,))
    assert row.fetchone() == (datetime(2031, 7, 1, 15, tzinfo=UTC), 45)


def test_a_session_is_cancelled_and_says_so(browser: Browser, studio: Studio) -> None:
    session_id, member = studio.a_session(), studio.a_member()
    booked(studio, session_id, member)

    note = confirm(browser, f"/staff/sessions/{session_id}/cancel")

    assert note == "It is done"


@pytest.mark.parametrize(("refund", "left"), [("yes", 10), ("no", 9)])
def test_everybody_is_taken_off_with_or_without_refund(
    browser: Browser, studio: Studio, refund: str, left: int
) -> None:
    session_id, (first, second) = studio.a_session(capacity=1), studio.members(2)
    for member in (first, second):
        booked(studio, session_id, member)
    path = f"/staff/sessions/{session_id}/clear"
    assert show(browser, f"/staff/sessions/{session_id}").links()["Take everybody off"] == path

    note = confirm(browser, path, refund=refund)

    assert note == "It is done"
    assert studio.roster(session_id) == {}
    assert (studio.sessions_left(first), studio.sessions_left(second)) == (left, 10)
    assert "Take everybody off" not in show(browser, f"/staff/sessions/{session_id}").links()


def test_before_everybody_is_taken_off_it_says_who(browser: Browser, studio: Studio) -> None:
    session_id = studio.a_session(capacity=1)
    for member, name in zip(studio.members(2), ("Ann", "Ben"), strict=True):
        booked(studio, session_id, named(studio, member, name))

    page = show(browser, f"/staff/sessions/{session_id}/clear")

    (told,) = [one.text for one in page.elements if one.attributes.get("id") == "what-if"]
    assert "1 gets a session back: Ann" in told
    assert "1 leaves the line: Ben" in told
    assert "2 are told: Ann, Ben" in told


def test_what_the_rules_refuse_is_told_with_the_reasons(browser: Browser, studio: Studio) -> None:
    session_id = studio.a_session(starts_at=datetime.now(UTC) - timedelta(hours=1))

    note = confirm(browser, f"/staff/sessions/{session_id}/capacity?capacity=9")

    assert note.startswith("That could not be done")
    assert len(note) > len("That could not be done ")


def test_a_form_without_this_sign_ins_token_changes_nothing(browser: Browser, studio: Studio) -> None:
    session_id = studio.a_session()
    path = f"/staff/sessions/{session_id}/cancel"
    form = browser.form(browser.open(path), path)

    answer = browser.send(form, status=403, why="forged", form_token="another")

    assert strictly(answer.get_data(as_text=True)).texts("h1") == ["This form is too old"]
    assert show(browser, f"/staff/sessions/{session_id}").texts("div", "bad") == []


def test_a_trainer_sees_the_roster_and_no_way_to_change_it(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session()
    booked(studio, session_id, studio.a_member())
    changes = {"Book for a member", "Number of places", "Move the session", "Cancel the session", "Take off"}
    changes.add("Take everybody off")
    assert changes <= show(browser, f"/staff/sessions/{session_id}").links().keys()

    studio.db.execute("UPDATE members SET role = 'trainer' WHERE id = %s", (me.id,))

    assert not changes & show(browser, f"/staff/sessions/{session_id}").links().keys()


def test_before_it_is_confirmed_it_says_who_moves_up_who_is_refunded_and_who_is_told(
    browser: Browser, studio: Studio
) -> None:
    session_id = studio.a_session(capacity=1)
    first, second = (named(studio, one, name) for one, name in zip(studio.members(2), ("Ann", "Ben"), strict=True))
    booking_id = booked(studio, session_id, first)
    booked(studio, session_id, second)

    page = show(browser, f"/staff/bookings/{booking_id}/remove")

    (told,) = [one.text for one in page.elements if one.attributes.get("id") == "what-if"]
    assert "1 moves up from the line: Ben" in told
    assert "Ann gives the place back; whether the pass gets the session back, you choose below." in told
    assert "2 are told: Ann, Ben" in told
    assert studio.roster(session_id) == {first.id: "confirmed", second.id: "waitlisted"}


def test_what_would_be_refused_is_said_before_it_is_asked(browser: Browser, studio: Studio) -> None:
    session_id = studio.a_session(starts_at=datetime.now(UTC) - timedelta(hours=1))

    page = show(browser, f"/staff/sessions/{session_id}/capacity?capacity=9")

    assert "That would be refused" in page.texts("strong")
