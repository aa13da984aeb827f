"""A session's roster as a page."""

from uuid import uuid4

from domain.commands import Actor, BookForMember
from domain.policies import Offer, Policies
from tests.integration.api.conftest import until
from tests.integration.pages.conftest import Browser
from tests.integration.pages.sessions import show
from tests.integration.staff import named
from tests.integration.studio import Member, Studio

EVIL = "<script>alert(1)</script>"


def test_it_lists_people_with_pass_and_who_booked(browser: Browser, studio: Studio, trainer: Member) -> None:
    session_id = studio.a_session(capacity=1)
    first, second = (named(studio, one, name) for one, name in zip(studio.members(2), ("Ann", "Ben"), strict=True))
    studio.ask(session_id, Actor(trainer.id, is_staff=True), BookForMember(first.id, first.pass_id, "by phone"))
    studio.book(session_id, second)
    studio.serve(session_id)

    page = show(browser, f"/staff/sessions/{session_id}")

    assert page.texts("h2") == ["Confirmed", "Waitlist", "Add a guest"]
    ann, ben = [row.text for row in page.all("tr") if row.attributes.get("id", "").startswith("booking-")]
    assert ann.startswith("1 Ann Ten times")
    assert "by Tara Trainer" in ann
    assert ben.startswith("1 Ben")
    assert " by " not in ben, "who booked for themselves needs no name"


def test_it_is_heard_of_by_scripts_and_changes_with_every_command(
    browser: Browser, studio: Studio, trainer: Member
) -> None:
    session_id = studio.a_session()

    (roster,) = [one for one in show(browser, f"/staff/sessions/{session_id}").elements if "data-live" in one.attributes
                 and one.attributes.get("id") == "roster"]  # fmt: skip

    assert roster.attributes["data-session"] == str(session_id)
    assert "data-mine" in roster.attributes, "a place may go from one to another with all counts as before"


def test_whom_a_place_is_offered_to_is_listed_apart(browser: Browser, studio: Studio, trainer: Member) -> None:
    session_id = studio.a_session(capacity=1, policies=Policies(offer=Offer(30)))
    holder, waiter = studio.members(2)
    held, waits = studio.book(session_id, holder), studio.book(session_id, named(studio, waiter, "Wanda"))
    studio.cancel(session_id, holder, held)
    studio.serve(session_id)

    page = show(browser, f"/staff/sessions/{session_id}")

    assert page.texts("h2") == ["Confirmed", "Offered", "Add a guest"]
    (row,) = [row.text for row in page.all("tr") if row.attributes.get("id") == f"booking-{waits}"]
    assert row.startswith("Wanda until ")
    assert "Wanda" in show(browser, f"/staff/sessions/{session_id}/print").all("main")[0].text
    assert "Accept" not in page.texts("button"), "trainers only look"
    saved = browser.open(f"/staff/sessions/{session_id}/roster.csv").get_data(as_text=True)
    assert "Offered,1,Wanda" in saved


def test_names_are_only_text(browser: Browser, studio: Studio, trainer: Member) -> None:
    session_id = studio.a_session()
    studio.book(session_id, named(studio, studio.a_member(), EVIL))
    studio.serve(session_id)

    page = show(browser, f"/staff/sessions/{session_id}")

    assert any(EVIL in text for text in page.texts("th"))


def test_a_session_that_nobody_booked_or_that_is_not_there_says_so(
    browser: Browser, studio: Studio, trainer: Member
) -> None:
    assert "Nobody has a place yet." in show(browser, f"/staff/sessions/{studio.a_session()}").texts("p")
    missing = show(browser, f"/staff/sessions/{uuid4()}", status=404)
    assert missing.texts("h1") == ["There is no such session"]


def test_an_admin_accepts_for_whoever_called(browser: Browser, studio: Studio, admin: Member, serving: None) -> None:
    session_id = studio.a_session(capacity=1, policies=Policies(offer=Offer(30)))
    holder, waiter = studio.members(2)
    held, waits = studio.book(session_id, holder), studio.book(session_id, waiter)
    studio.cancel(session_id, holder, held)
    studio.serve(session_id)
    until(lambda: studio.roster(session_id) == {waiter.id: "offered"})
    path = f"/staff/sessions/{session_id}"

    answer = browser.send(browser.form(browser.open(path), f"{path}/accept"), booking_id=str(waits))

    assert "It is done" in show(browser, answer.headers["Location"]).texts("strong")
    assert studio.roster(session_id) == {waiter.id: "confirmed"}
