"""Policies on members' pages: an offered place, refunds that end early, and what holds for a session."""

from datetime import timedelta

import pytest

from domain.ids import BookingId, TrainingSessionId
from domain.policies import Offer, Policies
from tests.integration.pages.conftest import Browser
from tests.integration.pages.sessions import show
from tests.integration.pages.test_bookings import booked, cancel_form, live, read, text_of
from tests.integration.studio import Member, Studio


@pytest.fixture
def offered(studio: Studio, me: Member) -> tuple[TrainingSessionId, BookingId]:
    session_id = studio.a_session(capacity=1, policies=Policies(offer=Offer(30)))
    holder = studio.a_member()
    held, mine = studio.book(session_id, holder), studio.book(session_id, me)
    studio.cancel(session_id, holder, held)
    studio.serve(session_id)
    return session_id, mine


Offered = tuple[TrainingSessionId, BookingId]


def test_an_offered_place_is_accepted_on_its_page(
    browser: Browser, studio: Studio, me: Member, offered: Offered, serving: None
) -> None:
    session_id, booking_id = offered
    page = browser.open(f"/sessions/{session_id}")
    assert "A place is offered to you" in read(page).texts("h2")
    assert "or it goes to the next in line." in text_of(page)
    form = browser.form(page, f"/bookings/{booking_id}/accept")

    first, again = browser.send(form), browser.send(form)

    assert first.headers["Location"] == again.headers["Location"]
    after = read(browser.open(first.headers["Location"]))
    assert "You have a place" in after.texts("strong")
    assert studio.sessions_left(me) == 9


def test_it_is_declined_without_a_word_of_a_pass_that_paid(
    browser: Browser, studio: Studio, offered: Offered, serving: None
) -> None:
    _, booking_id = offered
    page = browser.open(f"/bookings/{booking_id}/cancel")
    assert read(page).texts("h1") == ["Decline this place?"]
    assert "nothing was taken from your pass" in text_of(page)

    browser.send(cancel_form(browser, booking_id))

    assert not live(studio, booking_id)


def test_my_bookings_lead_to_the_offer(browser: Browser, offered: Offered) -> None:
    session_id, _ = offered

    page = read(browser.open("/bookings"))

    assert page.links()["See the offer"] == f"/sessions/{session_id}"
    assert "A place is offered to you" in page.texts("span", "good")


def test_an_offer_that_has_ended_can_only_be_read_about(browser: Browser, studio: Studio, offered: Offered) -> None:
    session_id, booking_id = offered
    studio.db.execute("UPDATE bookings SET offered_until = now() WHERE id = %s", (booking_id,))

    page = read(browser.open(f"/sessions/{session_id}"))

    assert "The time to accept it is over" in page.all("main")[0].text
    assert "Accept the place" not in page.texts("button")
    assert "See the offer" not in read(browser.open("/bookings")).links()


def test_the_schedule_and_the_month_show_an_offer(browser: Browser, studio: Studio, offered: Offered) -> None:
    session_id, _ = offered
    row = studio.db.execute(
        "SELECT (starts_at AT TIME ZONE time_zone)::date FROM training_sessions AS one, studio WHERE one.id = %s",
        (session_id,),
    ).fetchone()
    assert row is not None

    week = show(browser, f"/?day={row[0]}&training={studio.training_id}")
    month = show(browser, f"/month?day={row[0]}&training={studio.training_id}")

    assert "A place is offered to you" in week.texts("span", "good")
    assert "Offered" in month.texts("small")


def test_what_holds_is_said_before_anything_is_booked(browser: Browser, studio: Studio) -> None:
    policies = Policies(upcoming_limit=2, refund_deadline_minutes=2 * 24 * 60, offer=Offer(45))
    session_id = studio.a_session(policies=policies, waitlist_limit=5)

    (deadlines,) = show(browser, f"/sessions/{session_id}").all("ul", "deadlines")

    assert "after that you can cancel, but nothing goes back." in deadlines.text
    assert "upcoming bookings of this training at a time: 2." in deadlines.text
    assert "wait in line for this session: 5." in deadlines.text
    assert "within 45 minutes." in deadlines.text


def test_cancelling_without_a_refund_is_warned_of_in_the_same_words(
    browser: Browser, studio: Studio, me: Member, serving: None
) -> None:
    session_id = studio.a_session(policies=Policies(refund_deadline_minutes=8 * 24 * 60))
    booking_id = booked(studio, me, session_id)
    words = "you can cancel, but the session does not go back to your pass."
    assert words in text_of(browser.open(f"/sessions/{session_id}"))
    page = browser.open(f"/bookings/{booking_id}/cancel")
    assert words in text_of(page)
    assert "One session goes back" not in text_of(page)

    browser.send(cancel_form(browser, booking_id))

    assert not live(studio, booking_id)
    assert studio.sessions_left(me) == 9


def test_the_list_says_until_when_there_is_a_refund(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session(
        policies=Policies(refund_deadline_minutes=2 * 24 * 60), cancellation_deadline=timedelta(hours=1)
    )
    booked(studio, me, session_id)

    assert "and with the session back on your pass until" in text_of(browser.open("/bookings"))
