"""Booking a place with the form of a session's page."""

from typing import Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from api.pages import session as session_page
from domain.commands import CancelSession
from domain.ids import TrainingSessionId
from tests.integration.pages.conftest import Browser, Form
from tests.integration.pages.sessions import a_note, another_pass, show
from tests.integration.pages.strictly import strictly
from tests.integration.studio import Member, Studio


def form_of(browser: Browser, session_id: TrainingSessionId) -> Form:
    page = browser.open(f"/sessions/{session_id}")
    return browser.form(page, f"/sessions/{session_id}/book")


def commands_of(studio: Studio, member: Member) -> int:
    row = studio.db.execute("SELECT count(*) FROM commands WHERE actor_id = %s", (member.id,)).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.usefixtures("serving")
def test_a_place_is_booked_and_the_page_says_so(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session()
    form = form_of(browser, session_id)

    answer = browser.send(form)

    assert answer.headers["Location"].startswith(f"/sessions/{session_id}?command=")
    page = show(browser, answer.headers["Location"])
    assert a_note(page).startswith("You have a place")
    assert studio.roster(session_id) == {me.id: "confirmed"}
    assert page.texts("span", "good") == ["You have a place"]
    assert page.links()["Cancel my booking"].startswith("/bookings/")
    assert len(page.all("span", "mine")) == 1
    assert [one for one in page.all("form") if one.attributes["action"].endswith("/book")] == []


def test_a_full_session_puts_in_line_and_says_where(
    browser: Browser, studio: Studio, me: Member, request: pytest.FixtureRequest
) -> None:
    session_id = studio.a_session(capacity=1)
    for member in studio.members(3):
        studio.book(session_id, member)
    studio.serve(session_id)
    request.getfixturevalue("serving")  # from here on: two at once would leave the lane to each other
    page = browser.open(f"/sessions/{session_id}")
    form = browser.form(page, f"/sessions/{session_id}/book")
    assert form.button == "Join the waitlist"

    answer = browser.send(form)

    assert a_note(show(browser, answer.headers["Location"])).startswith("You are in line as number 3")
    assert studio.roster(session_id)[me.id] == "waitlisted"


@pytest.mark.usefixtures("serving")
def test_a_refusal_is_told_with_every_reason(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session()
    form = form_of(browser, session_id)
    studio.db.execute(
        "UPDATE passes SET active = false, sessions_left = 0, expires_at = now() WHERE id = %s", (me.pass_id,)
    )

    answer = browser.send(form)

    note = a_note(show(browser, answer.headers["Location"]))
    for words in ("That could not be booked", "is not active", "has expired", "has no sessions left"):
        assert words in note
    assert studio.roster(session_id) == {}


@pytest.mark.usefixtures("serving")
def test_another_members_pass_pays_for_nothing(browser: Browser, studio: Studio, me: Member) -> None:
    session_id, other = studio.a_session(), studio.a_member()

    answer = browser.send(form_of(browser, session_id), pass_id=str(other.pass_id))

    assert "belongs to somebody else" in a_note(show(browser, answer.headers["Location"]))
    assert studio.sessions_left(other) == 10


@pytest.mark.usefixtures("serving")
def test_pressing_twice_books_once(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session()
    form = form_of(browser, session_id)

    first, second = browser.send(form), browser.send(form)

    assert first.headers["Location"] == second.headers["Location"]
    assert a_note(show(browser, second.headers["Location"])).startswith("You have a place")
    assert (commands_of(studio, me), studio.sessions_left(me)) == (1, 9)


@pytest.mark.usefixtures("serving")
def test_a_form_gone_back_to_and_sent_with_another_pass_tells_what_the_first_came_to(
    browser: Browser, studio: Studio, me: Member
) -> None:
    session_id = studio.a_session()
    form, other = form_of(browser, session_id), another_pass(studio, me)
    first = browser.send(form)

    second = browser.send(form, pass_id=other)

    assert first.headers["Location"] == second.headers["Location"]
    assert commands_of(studio, me) == 1


@pytest.mark.usefixtures("serving")
def test_two_forms_book_once_and_the_second_is_told_why(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session()
    forms = [form_of(browser, session_id) for _ in range(2)]

    _, second = [browser.send(form) for form in forms]

    assert "You already have a place" in a_note(show(browser, second.headers["Location"]))
    assert studio.sessions_left(me) == 9


def test_an_outcome_that_is_still_to_come_is_looked_for_again(
    browser: Browser, studio: Studio, me: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_page, "WAIT_SECONDS", 0)
    session_id = studio.a_session()
    address = browser.send(form_of(browser, session_id)).headers["Location"]

    waiting = browser.open(address)
    studio.serve(session_id)
    settled = browser.open(address)

    page = strictly(waiting.get_data(as_text=True))
    assert a_note(page).startswith("Your booking is accepted")
    assert page.links()["Look again"] == address
    assert waiting.headers["Refresh"] == "3"
    assert "Refresh" not in settled.headers
    assert a_note(strictly(settled.get_data(as_text=True))).startswith("You have a place")


def test_a_fault_is_told_as_one(browser: Browser, studio: Studio, me: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_page, "WAIT_SECONDS", 0)
    session_id = studio.a_session()
    address = browser.send(form_of(browser, session_id)).headers["Location"]
    studio.db.execute(
        "UPDATE commands SET status = 'failed', position = 1, outcome = %s, receipt = 'r', applied_at = now()"
        " WHERE id = %s",
        (Jsonb({"status": "failed"}), address.rpartition("=")[2]),
    )

    page = show(browser, address)

    assert "nothing was booked" in a_note(page)
    assert "Book with this pass" in page.texts("button"), "it can be tried again, with a new key"


@pytest.mark.parametrize("form_token", ["", "0" * 64, "0" * 128, "0" * 130, "ü"])
def test_a_form_without_my_token_does_nothing(browser: Browser, studio: Studio, me: Member, form_token: str) -> None:
    form = form_of(browser, studio.a_session())

    page = browser.send(form, status=403, form_token=form_token)

    assert strictly(page.get_data(as_text=True)).texts("h1") == ["This form is too old"]
    assert commands_of(studio, me) == 0


def test_a_form_of_another_sign_in_does_nothing(browser: Browser, studio: Studio, me: Member) -> None:
    form = form_of(browser, studio.a_session())
    other = Browser(browser.http.application.test_client())
    other.sign_in(studio, studio.a_member())

    other.send(form, status=403)

    assert commands_of(studio, me) == 0


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)
def test_a_form_that_another_site_sends_does_nothing(
    browser: Browser, studio: Studio, me: Member, headers: dict[str, str]
) -> None:
    form = form_of(browser, studio.a_session())

    browser.send(form, status=403, headers=headers)

    assert commands_of(studio, me) == 0


@pytest.mark.usefixtures("serving")
@pytest.mark.parametrize(
    "headers", [{"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin", "Origin": "null"}]
)
def test_a_form_of_our_own_page_is_taken(browser: Browser, studio: Studio, me: Member, headers: dict[str, str]) -> None:
    form = form_of(browser, studio.a_session())

    browser.send(form, headers=headers)

    assert commands_of(studio, me) == 1


def test_an_expired_sign_in_leads_to_signing_in_and_back_to_the_session(
    browser: Browser, studio: Studio, me: Member
) -> None:
    session_id = studio.a_session()
    form = form_of(browser, session_id)
    studio.db.execute("UPDATE sign_ins SET expires_at = now() WHERE member_id = %s", (me.id,))

    answer = browser.send(form)

    assert commands_of(studio, me) == 0
    asked = browser.form(browser.open(answer.headers["Location"]), "/sign-in")
    assert asked.fields["next"] == f"/sessions/{session_id}"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"pass_id": ""}, "Choose one of your passes"),
        ({"pass_id": "nonsense"}, "Choose one of your passes"),
        ({"key": ""}, "The form is not whole"),
        ({"key": "k" * 256}, "The form is not whole"),
        ({"pass_id": ["one", "two"]}, "Choose one of your passes"),
    ],
)
def test_a_form_that_is_not_whole_is_told_what_is_missing(
    browser: Browser, studio: Studio, me: Member, fields: dict[str, Any], told: str
) -> None:
    form = form_of(browser, studio.a_session())

    page = browser.send(form, status=422, **fields)

    assert told in " ".join(strictly(page.get_data(as_text=True)).texts("p"))
    assert commands_of(studio, me) == 0


def test_a_session_that_does_not_exist_is_told_in_words(browser: Browser, studio: Studio, me: Member) -> None:
    form = form_of(browser, studio.a_session())
    nowhere = f"/sessions/{uuid4()}"

    shown = show(browser, nowhere, status=404)
    form.action = f"{nowhere}/book"
    booked = strictly(browser.send(form, status=404).get_data(as_text=True))

    assert shown.texts("h1") == booked.texts("h1") == ["There is no such session"]
    assert shown.links()["See the schedule"] == "/"
    assert commands_of(studio, me) == 0


@pytest.mark.usefixtures("serving")
def test_a_session_cancelled_just_now_refuses_and_says_so(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session()
    form = form_of(browser, session_id)
    studio.ask(session_id, studio.staff, CancelSession("the trainer is ill"))

    answer = browser.send(form)

    page = show(browser, answer.headers["Location"])
    outcome, state = (one.text for one in page.all("div", "note"))
    assert "This session is cancelled; choose another one." in outcome
    assert state.startswith("This session is cancelled")
    assert studio.roster(session_id) == {}
