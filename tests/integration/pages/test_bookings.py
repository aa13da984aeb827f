"""My bookings: the list, one booking with its receipt, and cancelling, with nothing but links and forms."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from werkzeug.test import TestResponse

from api.pages import queries
from domain.ids import BookingId, TrainingSessionId
from storage.identifiers import new_id
from tests.integration.api.conftest import until
from tests.integration.pages.conftest import Browser, Form
from tests.integration.pages.strictly import Page, strictly
from tests.integration.studio import NOBODYS, Member, Studio

EVIL = "<script>alert(1)</script>"


def read(page: TestResponse) -> Page:
    return strictly(page.get_data(as_text=True))


def text_of(page: TestResponse) -> str:
    (main,) = read(page).all("main")
    return main.text


def decide(studio: Studio, session_id: TrainingSessionId, command_id: BookingId) -> None:
    """Serve the session until the command has its outcome; where somebody else serves it, that one may bring it."""
    studio.serve(session_id)
    until(lambda: studio.status(command_id) != "waiting")


def booked(studio: Studio, member: Member, session_id: TrainingSessionId | None = None) -> BookingId:
    session_id = session_id or studio.a_session()
    booking_id = studio.book(session_id, member)
    decide(studio, session_id, booking_id)
    return booking_id


def waiting_for_a_place(studio: Studio, member: Member, ahead: int = 0) -> tuple[TrainingSessionId, BookingId]:
    session_id = studio.a_session(capacity=1)
    for other in studio.members(1 + ahead):
        studio.book(session_id, other)
    booking_id = studio.book(session_id, member)
    decide(studio, session_id, booking_id)
    return session_id, booking_id


def cancel_form(browser: Browser, booking_id: UUID) -> Form:
    path = f"/bookings/{booking_id}/cancel"
    return browser.form(browser.open(path), path)


def live(studio: Studio, booking_id: UUID) -> bool:
    row = studio.db.execute("SELECT status FROM bookings WHERE id = %s", (booking_id,)).fetchone()
    assert row is not None
    return bool(row[0] != "cancelled")


def move(studio: Studio, session_id: TrainingSessionId, starts_at: datetime) -> None:
    """Let time pass: the session starts then."""
    studio.db.execute("UPDATE training_sessions SET starts_at = %s WHERE id = %s", (starts_at, session_id))
    studio.db.execute("UPDATE bookings SET starts_at = %s WHERE training_session_id = %s", (starts_at, session_id))


@pytest.mark.parametrize(
    "path", ["/bookings", "/bookings?when=past", f"/bookings/{NOBODYS}", f"/bookings/{NOBODYS}/cancel"]
)
def test_whoever_is_not_signed_in_signs_in_first_and_comes_back(browser: Browser, studio: Studio, path: str) -> None:
    answer = browser.open(path, status=303)

    back = browser.form(browser.open(answer.headers["Location"]), "/sign-in").fields["next"]
    assert back == path


def test_without_bookings_the_page_leads_to_the_schedule(browser: Browser, me: Member) -> None:
    upcoming, past = read(browser.open("/bookings")), read(browser.open("/bookings?when=past"))

    assert "Nothing booked" in upcoming.texts("p")
    assert upcoming.links()["See the schedule"] == "/"
    assert "Nothing here yet" in past.texts("p")


def test_a_confirmed_booking_is_listed_with_its_session_and_until_when_it_can_be_cancelled(
    browser: Browser, studio: Studio, me: Member
) -> None:
    session_id = studio.a_session(starts_at=datetime(2031, 1, 16, 16, 0, tzinfo=UTC))
    booking_id = booked(studio, me, session_id)

    page = read(browser.open("/bookings"))

    (card,) = page.all("article")
    assert page.texts("span", "good") == ["Confirmed"]
    assert f"/sessions/{session_id}" in page.links().values()
    assert "Thu 16 January 2031, 18:00 to 19:00, with Olena" in card.text
    assert "Blue room" in card.text
    assert "Can be cancelled until Thu 16 January 2031, 06:00." in card.text
    assert (page.links()["Cancel"], page.links()["Details"]) == (
        f"/bookings/{booking_id}/cancel",
        f"/bookings/{booking_id}",
    )


def test_times_are_those_of_the_studio_also_across_the_change_to_summer_time(
    browser: Browser, studio: Studio, me: Member
) -> None:
    session_id = studio.a_session(starts_at=datetime(2031, 3, 30, 6, 0, tzinfo=UTC))
    booked(studio, me, session_id)

    (card,) = read(browser.open("/bookings")).all("article")

    assert "Sun 30 March 2031, 09:00 to 10:00" in card.text
    assert "until Sat 29 March 2031, 20:00" in card.text, "the clocks go forward in the night between"


def test_a_waiter_is_told_the_place_in_line(browser: Browser, studio: Studio, me: Member) -> None:
    _, booking_id = waiting_for_a_place(studio, me, ahead=2)

    page = read(browser.open("/bookings"))

    assert "In line, number 3" in page.texts("span", "wait")
    assert page.links()["Leave the line"] == f"/bookings/{booking_id}/cancel"


def test_a_waiter_who_was_passed_over_is_told_every_reason(browser: Browser, studio: Studio, me: Member) -> None:
    _, booking_id = waiting_for_a_place(studio, me)
    studio.db.execute(
        "UPDATE bookings SET skipped = %s WHERE id = %s", (["pass_expired", "pass_exhausted"], booking_id)
    )

    page = read(browser.open("/bookings"))

    assert page.texts("span", "warn") == ["Passed over"]
    assert len(page.texts("li")[-2:]) == 2
    assert "This pass has expired" in page.texts("li")[-2]
    assert "no sessions left" in page.texts("li")[-1]


def test_upcoming_come_soonest_first_and_past_ones_latest_first(browser: Browser, studio: Studio, me: Member) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    ids = {days: studio.a_session() for days in (3, 2, -2, -1)}
    for days, session_id in ids.items():
        booked(studio, me, session_id)
        move(studio, session_id, now + timedelta(days=days))

    def hrefs(path: str) -> list[str]:
        page = read(browser.open(path))
        return [a.attributes["href"] for a in page.all("a") if a.attributes["href"].startswith("/sessions/")]

    assert hrefs("/bookings") == [f"/sessions/{ids[2]}", f"/sessions/{ids[3]}"]
    assert hrefs("/bookings?when=past") == [f"/sessions/{ids[-1]}", f"/sessions/{ids[-2]}"]


def test_what_has_begun_can_not_be_cancelled_any_more_and_says_no_deadline(
    browser: Browser, studio: Studio, me: Member
) -> None:
    session_id, _ = waiting_for_a_place(studio, me)
    move(studio, session_id, datetime.now(UTC) - timedelta(hours=2))

    page = read(browser.open("/bookings?when=past"))

    assert page.texts("span", "off") == ["No place came free"]
    assert set(page.links()) & {"Cancel", "Leave the line"} == set()


def test_more_leads_through_all_bookings(
    browser: Browser, studio: Studio, me: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "ON_A_PAGE", 2)
    ids = [str(booked(studio, me)) for _ in range(5)]
    seen: list[str] = []

    path: str | None = "/bookings"
    while path:
        links = read(browser.open(path)).all("a")
        seen += [a.attributes["href"].split("/")[-1] for a in links if a.text == "Details"]
        path = next((a.attributes["href"] for a in links if a.text == "More"), None)

    assert sorted(seen) == sorted(ids)
    assert len(seen) == 5


@pytest.mark.parametrize("query", ["when=tomorrow", "cursor=", "cursor=AAAA", "cursor=%00", "cursor=a&cursor=b"])
def test_an_address_that_makes_no_sense_is_told_so_in_words(browser: Browser, me: Member, query: str) -> None:
    page = browser.open(f"/bookings?{query}", status=422)

    assert read(page).texts("h1") == ["That cannot be shown"]


@pytest.mark.parametrize(
    "query", ["command=", "command=nonsense", "command=a&command=b", f"command={NOBODYS}", "utm=1"]
)
def test_a_command_that_is_none_of_mine_is_passed_over(browser: Browser, me: Member, query: str) -> None:
    assert not read(browser.open(f"/bookings?{query}")).all("div", "note")


def test_names_are_shown_as_text_and_never_run(browser: Browser, studio: Studio, me: Member) -> None:
    booking_id = booked(studio, me)
    for table, id_ in (
        ("trainings", studio.training_id),
        ("trainers", studio.trainer_id),
        ("spaces", studio.space_id),
        ("pass_types", studio.pass_type_id),
    ):
        studio.db.execute(f"UPDATE {table} SET name = %s || id WHERE id = %s", (f'{EVIL}"', id_))

    for path in ("/bookings", f"/bookings/{booking_id}", f"/bookings/{booking_id}/cancel"):
        page = browser.open(path)
        assert EVIL not in page.get_data(as_text=True)
        assert EVIL in text_of(page)


def test_a_booking_shows_its_receipt_and_its_place_in_the_order(browser: Browser, studio: Studio, me: Member) -> None:
    booking_id = booked(studio, me)

    page = read(browser.open(f"/bookings/{booking_id}"))

    row = studio.db.execute("SELECT receipt, position FROM commands WHERE id = %s", (booking_id,)).fetchone()
    assert row is not None
    assert page.texts("code") == [row[0]]
    assert f"number {row[1]} of this session" in page.texts("dd")


def test_a_booking_that_staff_made_is_shown_without_a_receipt(browser: Browser, studio: Studio, me: Member) -> None:
    booking_id = booked(studio, me)
    studio.db.execute("UPDATE commands SET actor_id = %s WHERE id = %s", (new_id(), booking_id))

    page = read(browser.open(f"/bookings/{booking_id}"))

    assert page.texts("span", "good") == ["Confirmed"]
    assert page.texts("code") == []


def test_a_booking_that_still_waits_to_be_decided_says_so(browser: Browser, studio: Studio, me: Member) -> None:
    booking_id = studio.book(studio.a_session(), me)

    page = read(browser.open(f"/bookings/{booking_id}"))

    assert page.texts("h1") == ["Your booking is being decided"]
    assert page.links()["Look again"] == f"/bookings/{booking_id}"


def test_a_booking_that_was_refused_names_every_reason(browser: Browser, studio: Studio, me: Member) -> None:
    studio.db.execute("UPDATE passes SET active = false, sessions_left = 0 WHERE id = %s", (me.pass_id,))
    booking_id = booked(studio, me)

    page = read(browser.open(f"/bookings/{booking_id}"))

    assert page.texts("h1") == ["This was not booked"]
    assert [said.split(";")[0] for said in page.texts("li") if said.startswith("This pass")] == [
        "This pass is not active",
        "This pass has no sessions left",
    ]


@pytest.mark.parametrize("path", ["/bookings/{}", "/bookings/{}/cancel"])
def test_another_members_booking_is_not_found_as_if_it_did_not_exist(
    browser: Browser, studio: Studio, me: Member, path: str
) -> None:
    others = booked(studio, studio.a_member())

    foreign, unknown = browser.open(path.format(others), status=404), browser.open(path.format(uuid4()), status=404)

    assert read(foreign).texts("h1") == ["There is no such booking of yours"]
    assert text_of(foreign) == text_of(unknown)


def test_a_cancellation_is_no_booking(browser: Browser, studio: Studio, me: Member) -> None:
    booking_id = booked(studio, me)
    answer = studio.cancel(TrainingSessionId(session_of(studio, booking_id)), me, booking_id)

    browser.open(f"/bookings/{answer}", status=404)


def session_of(studio: Studio, booking_id: UUID) -> UUID:
    row = studio.db.execute("SELECT training_session_id FROM bookings WHERE id = %s", (booking_id,)).fetchone()
    assert row is not None
    id_: UUID = row[0]
    return id_
