"""My passes on a page: what is left, until when, for what, and where the sessions went."""

from datetime import UTC, datetime, timedelta

import pytest

from api.pages import queries
from storage.identifiers import new_id
from tests.integration.pages.conftest import Browser
from tests.integration.pages.strictly import Page, strictly
from tests.integration.studio import Member, Studio

EVIL = "<script>alert(1)</script>"


def read(browser: Browser, path: str = "/passes") -> Page:
    return strictly(browser.open(path).get_data(as_text=True))


def change(studio: Studio, member: Member, what: str, *values: object) -> None:
    studio.db.execute(f"UPDATE passes SET {what} WHERE id = %s", (*values, member.pass_id))


def tags(page: Page) -> list[str]:
    return [one.text for one in page.all("span", "tag")]


def test_whoever_is_not_signed_in_signs_in_first_and_comes_back(browser: Browser, studio: Studio) -> None:
    answer = browser.open("/passes?cursor=a", status=303)

    back = browser.form(browser.open(answer.headers["Location"]), "/sign-in").fields["next"]
    assert back == "/passes?cursor=a"


def test_without_a_pass_the_page_says_where_they_come_from(browser: Browser, studio: Studio, me: Member) -> None:
    studio.db.execute("DELETE FROM passes WHERE member_id = %s", (me.id,))

    page = read(browser)

    assert "No pass yet" in page.texts("p")


def test_a_pass_says_what_is_left_of_how_many(browser: Browser, studio: Studio, me: Member) -> None:
    change(studio, me, "sessions_left = 7")

    page = read(browser)

    assert page.texts("p", "pass-left") == ["7 of 10 sessions left"]
    (meter,) = page.all("div", "meter")
    assert meter.classes == {"meter", "fill-14"}
    assert meter.attributes["aria-label"] == "7 of 10 sessions left"
    assert tags(page) == ["Valid"]
    assert "Valid without end." in page.texts("p")


@pytest.mark.parametrize(
    ("left", "granted", "fill"), [(0, 10, 0), (1, 200, 1), (10, 10, 20), (199, 200, 20), (0, 0, 0)]
)
def test_the_meter_is_empty_only_when_nothing_is_left(
    browser: Browser, studio: Studio, me: Member, *, left: int, granted: int, fill: int
) -> None:
    change(studio, me, "sessions_left = %s, sessions_granted = %s", left, granted)

    (meter,) = read(browser).all("div", "meter")

    assert meter.classes == {"meter", f"fill-{fill}"}


def test_an_unlimited_pass_says_so_and_has_no_meter(browser: Browser, studio: Studio, me: Member) -> None:
    change(studio, me, "sessions_left = NULL, sessions_granted = NULL")

    page = read(browser)

    assert page.texts("p", "pass-left") == ["Unlimited sessions"]
    assert not page.all("div", "meter")


@pytest.mark.parametrize(
    ("expires_at", "said"),
    [
        # Midnight in Kyiv: summer time on the last day of May, winter time on the last of October.
        (datetime(2099, 5, 31, 21, 0, tzinfo=UTC), "Valid until and including Sun 31 May 2099."),
        (datetime(2099, 10, 31, 22, 0, tzinfo=UTC), "Valid until and including Sat 31 October 2099."),
        # Midnight in London is no midnight in Kyiv.
        (datetime(2099, 11, 1, 0, 0, tzinfo=UTC), "Valid until Sun 1 November 2099, 02:00."),
        (datetime(2020, 5, 31, 21, 0, tzinfo=UTC), "It was valid until and including Sun 31 May 2020."),
    ],
)
def test_until_when_it_is_valid_is_said_by_the_studios_days(
    browser: Browser, studio: Studio, me: Member, expires_at: datetime, said: str
) -> None:
    change(studio, me, "expires_at = %s", expires_at)

    assert said in read(browser).texts("p")


@pytest.mark.parametrize(("days", "expected"), [(13, ["Ends soon"]), (15, ["Valid"]), (-1, ["Expired"])])
def test_a_pass_that_ends_within_two_weeks_is_pointed_out(
    browser: Browser, studio: Studio, me: Member, days: int, expected: list[str]
) -> None:
    change(studio, me, "expires_at = %s", datetime.now(UTC) + timedelta(days=days))

    assert tags(read(browser)) == expected


def test_everything_that_keeps_a_pass_from_paying_is_named(browser: Browser, studio: Studio, me: Member) -> None:
    change(studio, me, "active = false, sessions_left = 0, expires_at = now()")

    page = read(browser)

    assert page.texts("span", "off") == ["Expired", "Not active", "Used up"]
    assert not page.all("span", "good")


def test_the_trainings_it_pays_for_are_named(browser: Browser, studio: Studio, me: Member) -> None:
    assert "Pays for every training." in read(browser).texts("p")
    name = studio.db.execute("SELECT name FROM trainings WHERE id = %s", (studio.training_id,)).fetchone()
    assert name

    change(studio, me, "training_ids = %s", [studio.training_id])

    assert f"Pays for {name[0]}." in read(browser).texts("p")


def test_the_ledger_says_line_by_line_where_the_sessions_went(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session(starts_at=datetime(2031, 7, 10, 15, 0, tzinfo=UTC))
    booking_id = studio.book(session_id, me)
    studio.serve(session_id)
    studio.cancel(session_id, me, booking_id)
    studio.serve(session_id)

    page = read(browser)

    cells = page.texts("td")
    assert cells[0::4] == ["Given back", "Taken"]
    assert cells[3::4] == ["+1", "\N{MINUS SIGN}1"]
    assert all("Thu 10 July 2031, 18:00" in cell for cell in cells[1::4])
    assert f"/sessions/{session_id}" in page.links().values()


def test_a_long_ledger_says_that_it_shows_its_newest_lines(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session()
    for _ in range(11):
        booking_id = studio.book(session_id, me)
        studio.cancel(session_id, me, booking_id)
    studio.serve(session_id)

    page = read(browser)

    assert page.texts("caption") == ["Where the sessions went, the newest 20 lines"]
    assert len(page.texts("td")) == 20 * 4


def test_only_my_own_passes_are_shown(browser: Browser, studio: Studio, me: Member) -> None:
    studio.a_member()

    assert len(read(browser).all("article")) == 1


def test_more_leads_through_all_passes(
    browser: Browser, studio: Studio, me: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "ON_A_PAGE", 2)
    for left in range(4):
        studio.db.execute(
            "INSERT INTO passes (id, pass_type_id, member_id, sessions_granted, sessions_left)"
            " VALUES (%s, %s, %s, 9, %s)",
            (new_id(), studio.pass_type_id, me.id, left),
        )
    seen: list[str] = []

    path = "/passes"
    while path:
        page = read(browser, path)
        seen += page.texts("p", "pass-left")
        path = page.links().get("More", "")

    assert sorted(seen) == [
        "0 of 9 sessions left",
        "1 of 9 sessions left",
        "10 of 10 sessions left",
        "2 of 9 sessions left",
        "3 of 9 sessions left",
    ]


@pytest.mark.parametrize("cursor", ["", "AAAA", "%00", "é"])
def test_a_cursor_that_makes_no_sense_is_told_so_in_words(browser: Browser, me: Member, cursor: str) -> None:
    page = browser.open(f"/passes?cursor={cursor}", status=422)

    assert strictly(page.get_data(as_text=True)).texts("h1") == ["That cannot be shown"]


def test_names_are_shown_as_text_and_never_run(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session()
    studio.book(session_id, me)
    studio.serve(session_id)
    change(studio, me, "training_ids = %s", [studio.training_id])
    for table, id_ in (("pass_types", studio.pass_type_id), ("trainings", studio.training_id)):
        studio.db.execute(f"UPDATE {table} SET name = %s || id WHERE id = %s", (EVIL, id_))

    page = browser.open("/passes")

    assert EVIL not in page.get_data(as_text=True)
    assert [title for title in strictly(page.get_data(as_text=True)).texts("h2") if EVIL in title]
