"""Cancelling on a page: what is promised before, and what became of it afterwards."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from apiflask import APIFlask

from tests.integration.pages.conftest import FRAME_FORMS, Browser
from tests.integration.pages.test_bookings import (
    booked,
    cancel_form,
    live,
    move,
    read,
    session_of,
    text_of,
    waiting_for_a_place,
)
from tests.integration.studio import Member, Studio


def test_it_is_said_before_that_the_place_goes_to_the_next_and_the_session_to_the_pass(
    browser: Browser, studio: Studio, me: Member
) -> None:
    session_id = studio.a_session(capacity=1)
    booking_id = booked(studio, me, session_id)
    booked(studio, studio.a_member(), session_id)

    text = text_of(browser.open(f"/bookings/{booking_id}/cancel"))

    assert "The place goes to the next in line." in text
    assert "One session goes back to your pass “Ten times" in text


@pytest.mark.parametrize(
    ("starts_in_hours", "said"),
    [(24, "The place is free for others again."), (1, "so close to the start nobody moves up")],
)
def test_without_a_line_the_place_is_free_again(
    browser: Browser, studio: Studio, me: Member, starts_in_hours: int, said: str
) -> None:
    session_id = studio.a_session(cancellation_deadline=timedelta(0))
    booking_id = booked(studio, me, session_id)
    move(studio, session_id, datetime.now(UTC) + timedelta(hours=starts_in_hours))

    assert said in text_of(browser.open(f"/bookings/{booking_id}/cancel"))


def test_while_too_many_are_booked_the_place_goes_to_nobody(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session()
    booking_id = booked(studio, me, session_id)
    booked(studio, studio.a_member(), session_id)
    studio.db.execute("UPDATE training_sessions SET capacity = 1, seats_kept = 2 WHERE id = %s", (session_id,))

    assert "the place goes to nobody" in text_of(browser.open(f"/bookings/{booking_id}/cancel"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("sessions_left = NULL, sessions_granted = NULL", "is unlimited, so nothing changes on it"),
        ("expires_at = now() - interval '1 day'", "It expired meanwhile"),
    ],
)
def test_what_happens_to_the_pass_is_said_as_the_pass_is(
    browser: Browser, studio: Studio, me: Member, change: str, said: str
) -> None:
    booking_id = booked(studio, me)
    studio.db.execute(f"UPDATE passes SET {change} WHERE id = %s", (me.pass_id,))

    assert said in text_of(browser.open(f"/bookings/{booking_id}/cancel"))


def test_a_waiter_is_told_that_nothing_was_taken(browser: Browser, studio: Studio, me: Member) -> None:
    _, booking_id = waiting_for_a_place(studio, me, ahead=1)

    page = browser.open(f"/bookings/{booking_id}/cancel")

    assert read(page).texts("h1") == ["Leave the line?"]
    assert "place in line, number 2." in text_of(page)
    assert "Nothing was taken from your pass “Ten times" in text_of(page)


def test_cancelling_gives_the_place_and_the_session_back_and_says_so(
    browser: Browser, studio: Studio, me: Member, serving: None
) -> None:
    session_id = studio.a_session(capacity=1)
    booking_id = booked(studio, me, session_id)
    next_in_line = studio.a_member()
    booked(studio, next_in_line, session_id)

    answer = browser.send(cancel_form(browser, booking_id))

    page = read(browser.open(answer.headers["Location"]))
    assert "It is cancelled" in page.texts("strong")
    assert page.texts("span", "off") == ["Cancelled"]
    assert studio.sessions_left(me) == 10
    assert studio.roster(session_id) == {next_in_line.id: "confirmed"}


def test_leaving_the_line_takes_and_gives_nothing(browser: Browser, studio: Studio, me: Member, serving: None) -> None:
    session_id, booking_id = waiting_for_a_place(studio, me)

    browser.send(cancel_form(browser, booking_id))

    assert not live(studio, booking_id)
    assert studio.sessions_left(me) == 10
    assert me.id not in studio.roster(session_id)


def test_a_button_pressed_twice_cancels_once_and_says_the_same_twice(
    browser: Browser, studio: Studio, me: Member, serving: None
) -> None:
    booking_id = booked(studio, me)
    form = cancel_form(browser, booking_id)

    first, second = browser.send(form), browser.send(form)

    assert first.headers["Location"] == second.headers["Location"]
    assert "It is cancelled" in read(browser.open(second.headers["Location"])).texts("strong")
    assert studio.sessions_left(me) == 10


def test_of_two_windows_the_second_is_told_that_it_is_cancelled_already(
    browser: Browser, studio: Studio, me: Member, serving: None
) -> None:
    booking_id = booked(studio, me)
    one, other = cancel_form(browser, booking_id), cancel_form(browser, booking_id)
    browser.send(one)

    answer = browser.send(other)

    page = read(browser.open(answer.headers["Location"]))
    assert "It was not cancelled" in page.texts("strong")
    assert [said for said in page.texts("li") if "already cancelled" in said]
    assert studio.sessions_left(me) == 10


def test_what_is_cancelled_already_has_no_button(browser: Browser, studio: Studio, me: Member, serving: None) -> None:
    booking_id = booked(studio, me)
    browser.send(cancel_form(browser, booking_id))

    page = browser.open(f"/bookings/{booking_id}/cancel")

    assert read(page).texts("h1") == ["This booking is cancelled already"]
    assert [form.action for form in browser.forms(page)] == FRAME_FORMS


@pytest.mark.parametrize(("waits", "title"), [(False, "It is too late to cancel"), (True, "This session has begun")])
def test_when_it_is_too_late_the_page_says_so_and_has_no_button(
    browser: Browser, studio: Studio, me: Member, *, waits: bool, title: str
) -> None:
    if waits:
        session_id, booking_id = waiting_for_a_place(studio, me)
        move(studio, session_id, datetime.now(UTC) - timedelta(minutes=1))
    else:
        session_id = studio.a_session()
        booking_id = booked(studio, me, session_id)
        move(studio, session_id, datetime.now(UTC) + timedelta(hours=2))

    page = browser.open(f"/bookings/{booking_id}/cancel")

    assert read(page).texts("h1") == [title]
    assert [form.action for form in browser.forms(page)] == FRAME_FORMS


def test_a_deadline_that_passes_while_the_page_is_open_is_told_as_the_reason(
    browser: Browser, studio: Studio, me: Member, serving: None
) -> None:
    session_id = studio.a_session()
    booking_id = booked(studio, me, session_id)
    form = cancel_form(browser, booking_id)
    move(studio, session_id, datetime.now(UTC) + timedelta(hours=2))

    answer = browser.send(form)

    page = read(browser.open(answer.headers["Location"]))
    assert "It was not cancelled" in page.texts("strong")
    assert "The time to cancel has passed; ask the studio if you cannot come." in page.texts("li")
    assert live(studio, booking_id)


def test_while_nobody_decides_the_list_says_that_it_is_being_decided(
    browser: Browser, studio: Studio, me: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.pages.bookings._WAIT", "wait=0")
    booking_id = booked(studio, me)

    answer = browser.send(cancel_form(browser, booking_id))

    page = read(browser.open(answer.headers["Location"]))
    assert "Your cancellation is being decided" in page.texts("strong")
    assert page.links()["Look again"] == answer.headers["Location"]


def test_a_command_that_failed_says_that_nothing_was_done(browser: Browser, studio: Studio, me: Member) -> None:
    booking_id = booked(studio, me)
    session_id = session_of(studio, booking_id)
    command_id = studio.cancel(session_id, me, booking_id)  # type: ignore[arg-type] # read from the database
    studio.serve(session_id)  # type: ignore[arg-type] # as above
    studio.db.execute("UPDATE commands SET status = 'failed', outcome = '{}'::jsonb WHERE id = %s", (command_id,))

    page = read(browser.open(f"/bookings?command={command_id}"))

    assert "It was not cancelled" in page.texts("strong")
    assert "Something went wrong here and nothing was done." in " ".join(page.texts("p"))


def test_another_members_booking_is_neither_cancelled_nor_known(
    browser: Browser, studio: Studio, me: Member, serving: None
) -> None:
    others, mine = booked(studio, studio.a_member()), booked(studio, me)
    form = cancel_form(browser, mine)
    commands = "SELECT count(*) FROM commands WHERE actor_id = %s"
    before = studio.db.execute(commands, (me.id,)).fetchone()

    answers = []
    for id_ in (others, uuid4()):
        form.action = f"/bookings/{id_}/cancel"
        answers.append(text_of(browser.send(form, status=404)))

    assert answers[0] == answers[1]
    assert live(studio, others)
    assert studio.db.execute(commands, (me.id,)).fetchone() == before, "not even a command was given"


def test_a_key_that_cancelled_something_else_is_an_old_form(
    browser: Browser, studio: Studio, me: Member, serving: None
) -> None:
    first, second = booked(studio, me), booked(studio, me)
    form = cancel_form(browser, first)
    browser.send(form)
    form.action = f"/bookings/{second}/cancel"

    page = browser.send(form, status=403)

    assert read(page).texts("h1") == ["This form is too old"]
    assert live(studio, second)


@pytest.mark.parametrize("key", ["", "with space", "k" * 256, "é", "\x00"])
def test_a_form_whose_key_was_changed_does_nothing(browser: Browser, studio: Studio, me: Member, key: str) -> None:
    booking_id = booked(studio, me)

    browser.send(cancel_form(browser, booking_id), status=422, key=key)

    assert live(studio, booking_id)


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, None])
def test_a_form_from_elsewhere_cancels_nothing(
    browser: Browser, studio: Studio, me: Member, headers: dict[str, str] | None
) -> None:
    booking_id = booked(studio, me)
    form = cancel_form(browser, booking_id)
    if headers is None:
        form.fields["form_token"] = "guessed"

    page = browser.send(form, status=403, headers=headers)

    assert read(page).texts("h1") == ["This form is too old"]
    assert live(studio, booking_id)


def test_when_the_sign_in_has_ended_the_form_leads_to_signing_in_and_back_to_its_page(
    browser: Browser, studio: Studio, me: Member
) -> None:
    booking_id = booked(studio, me)
    form = cancel_form(browser, booking_id)
    studio.db.execute("UPDATE sign_ins SET expires_at = now() WHERE member_id = %s", (me.id,))

    answer = browser.send(form, headers={"Referer": f"http://localhost/bookings/{booking_id}/cancel"})

    back = browser.form(browser.open(answer.headers["Location"]), "/sign-in").fields["next"]
    assert back == f"/bookings/{booking_id}/cancel"
    assert live(studio, booking_id)


def test_of_two_browsers_that_cancel_at_once_one_cancels(
    app: APIFlask, browser: Browser, studio: Studio, me: Member, serving: None
) -> None:
    booking_id = booked(studio, me)
    browsers = [browser, Browser(app.test_client())]
    browsers[1].sign_in(studio, me)
    forms = [cancel_form(one, booking_id) for one in browsers]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one, form: one.send(form), browsers, forms))

    titles = [read(browser.open(answer.headers["Location"])).texts("strong") for answer in answers]
    assert sum("It is cancelled" in one for one in titles) == 1
    assert sum("It was not cancelled" in one for one in titles) == 1
    assert studio.sessions_left(me) == 10
