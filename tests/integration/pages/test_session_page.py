"""A session's page: everything there is to know before booking, and where I stand."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.commands import Actor, BookSeat
from storage.identifiers import new_id
from tests.integration.pages.conftest import FRAME_BUTTONS, Browser
from tests.integration.pages.sessions import a_note, another_pass, show, somebody_in
from tests.integration.studio import Member, Studio


def test_the_page_says_everything_there_is_to_know(browser: Browser, studio: Studio) -> None:
    start = datetime(2031, 3, 5, 16, 0, tzinfo=UTC)
    session_id = studio.a_session(starts_at=start, capacity=12)
    studio.db.execute(
        "UPDATE trainings SET description = %s WHERE id = %s", ("Slow and kind.\n\nBring <socks>.", studio.training_id)
    )

    page = show(browser, f"/sessions/{session_id}")

    told = browser.http.get(f"/v1/sessions/{session_id}").json
    assert told is not None
    assert page.texts("h1") == [told["name"]]
    assert {"Slow and kind.", "Bring <socks>."} <= set(page.texts("p"))
    facts = dict(zip(page.texts("dt"), page.texts("dd"), strict=True))
    assert facts["Date"] == "Wed 5 March 2031"
    assert (facts["Start"], facts["Duration"]) == ("18:00", "60 min")
    assert (facts["Trainer"], facts["Space"]) == (told["trainer"]["name"], told["space"]["name"])
    assert {kind["name"] for kind in told["pass_types"]} == set(facts["Passes"].split(", "))
    (deadlines,) = page.all("ul", "deadlines")
    assert "You can book until Wed 5 March 2031, 17:00." in deadlines.text
    assert "You can cancel until Wed 5 March 2031, 06:00." in deadlines.text
    assert page.texts("figcaption") == ["12 places, none taken."]
    assert len(page.all("span", "free")) == 12
    assert any(address == "/?day=2031-03-05" for address in page.links().values())


def test_after_the_deadlines_it_says_so_in_the_past(browser: Browser, studio: Studio) -> None:
    hours = timedelta(hours=1)
    session_id = studio.a_session(starts_at=datetime.now(UTC) + hours, booking_deadline=2 * hours)

    page = show(browser, f"/sessions/{session_id}")

    (deadlines,) = page.all("ul", "deadlines")
    assert deadlines.text.startswith("You could book until")
    assert "You could cancel until" in deadlines.text
    assert "Booking has closed" in page.texts("h2")


def test_the_line_is_made_visible_with_my_place_in_it(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session(capacity=2)
    somebody_in(studio, session_id, 4)
    studio.book(session_id, me)
    somebody_in(studio, session_id, 12)

    page = show(browser, f"/sessions/{session_id}")

    assert [one.attributes["aria-label"] for one in page.all("div", "line-places")] == ["2 of 2 places taken"]
    assert len(page.all("span", "taken")) == 2
    waiters = page.all("li", "waiter")
    assert [number for number, one in enumerate(waiters, start=1) if "mine" in one.classes] == [3]
    assert (len(waiters), page.texts("span", "line-more")) == (12, ["+ 3"])
    assert page.texts("figcaption") == ["2 places, all taken. 15 in line. You are 3rd."]
    assert page.links()["Leave the line"].startswith("/bookings/")


def test_many_places_are_one_bar(browser: Browser, studio: Studio) -> None:
    session_id = studio.a_session(capacity=60)
    somebody_in(studio, session_id, 30)

    page = show(browser, f"/sessions/{session_id}")

    assert [one.classes for one in page.all("span", "line-bar")] == [{"line-bar", "fill-10"}]
    assert page.all("span", "place") == []
    assert page.texts("figcaption") == ["60 places, 30 taken."]


def test_whoever_is_not_signed_in_signs_in_and_comes_back(browser: Browser, studio: Studio) -> None:
    address = f"/sessions/{studio.a_session()}"
    link = show(browser, address).links()["Sign in and book"]
    form = browser.form(browser.open(link), "/sign-in")

    assert form.fields["next"] == address


def test_passes_are_choices_and_those_that_cannot_pay_say_every_reason(
    browser: Browser, studio: Studio, me: Member
) -> None:
    unusable = another_pass(
        studio, me, training_ids=[new_id()], sessions_left=0, expires_at=datetime.now(UTC) - timedelta(days=1)
    )
    usable = another_pass(studio, me)

    page = show(browser, f"/sessions/{studio.a_session()}")

    radios = [one.attributes for one in page.all("input") if one.attributes.get("type") == "radio"]
    assert {one["value"] for one in radios[:2]} == {str(me.pass_id), usable}
    assert ["checked" in one for one in radios] == [True, False, False]
    assert ["disabled" in one for one in radios] == [False, False, True]
    assert radios[2]["value"] == unusable
    (reasons,) = page.texts("ul", "reasons")
    assert reasons.count("This pass") == 3
    assert "Book with this pass" in page.texts("button")


def test_without_a_pass_that_can_pay_there_is_nothing_to_press(browser: Browser, studio: Studio, me: Member) -> None:
    address = f"/sessions/{studio.a_session()}"
    studio.db.execute("UPDATE passes SET active = false WHERE id = %s", (me.pass_id,))

    none_usable = show(browser, address)
    studio.db.execute("DELETE FROM passes WHERE id = %s", (me.pass_id,))
    none = show(browser, address)

    assert none_usable.texts("button") == none.texts("button") == FRAME_BUTTONS
    assert "None of your passes can pay" in " ".join(none_usable.texts("p"))
    assert "You have no pass yet" in none.texts("p")


@pytest.mark.parametrize("named", ["other", "elsewhere", "unknown", "nonsense"])
def test_a_command_that_is_not_mine_or_not_of_this_session_is_none(
    browser: Browser, studio: Studio, me: Member, named: str
) -> None:
    session_id, other_id = studio.a_session(), studio.a_session()
    commands = {
        "other": somebody_in(studio, session_id)[0][1],
        "elsewhere": studio.book(other_id, me),
        "unknown": uuid4(),
        "nonsense": "42",
    }
    studio.serve(other_id)

    page = show(browser, f"/sessions/{session_id}?command={commands[named]}")

    assert page.all("div", "note") == []


def test_nobodys_command_is_shown_to_nobody(browser: Browser, studio: Studio) -> None:
    session_id = studio.a_session()
    ((_, booking_id),) = somebody_in(studio, session_id)

    page = show(browser, f"/sessions/{session_id}?command={booking_id}")

    assert page.all("div", "note") == []


@pytest.mark.parametrize(
    ("starts_in", "told"), [(timedelta(minutes=-10), "has started"), (timedelta(days=-1), "is over")]
)
def test_a_session_that_has_begun_offers_nothing(
    browser: Browser, studio: Studio, me: Member, starts_in: timedelta, told: str
) -> None:
    session_id = studio.a_session(starts_at=datetime.now(UTC) + starts_in)

    page = show(browser, f"/sessions/{session_id}")

    assert f"This session {told}" in a_note(page)
    assert page.texts("button") == FRAME_BUTTONS


def test_before_booking_opens_it_says_when_it_does(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session(booking_opens_at=datetime.now(UTC) + timedelta(days=1))

    page = show(browser, f"/sessions/{session_id}")

    assert "Booking has not opened yet" in page.texts("h2")
    assert page.texts("button") == FRAME_BUTTONS


def test_whoever_is_in_a_session_that_has_started_sees_so(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session()
    studio.book(session_id, me)
    studio.serve(session_id)
    studio.db.execute("UPDATE training_sessions SET starts_at = now() WHERE id = %s", (session_id,))

    page = show(browser, f"/sessions/{session_id}")

    assert "You have a place" in page.texts("span", "good")
    assert "Cancel my booking" not in page.links()


def test_a_full_line_offers_nothing(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session(capacity=1, waitlist_limit=1)
    somebody_in(studio, session_id, 2)

    page = show(browser, f"/sessions/{session_id}")

    assert "Full, and so is its line" in page.texts("h2")
    assert page.texts("button") == FRAME_BUTTONS


def test_a_waiter_who_was_passed_over_is_told_why(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session(capacity=1)
    ((first, booking_id),) = somebody_in(studio, session_id)
    studio.ask(session_id, Actor(me.id), BookSeat(me.pass_id))
    studio.serve(session_id)
    studio.db.execute("UPDATE passes SET active = false WHERE id = %s", (me.pass_id,))
    studio.cancel(session_id, first, booking_id)
    studio.serve(session_id)

    page = show(browser, f"/sessions/{session_id}")

    assert page.texts("span", "warn") == ["Passed over"]
    assert page.texts("ul", "reasons") == ["This pass is not active; choose another one or ask the studio."]
