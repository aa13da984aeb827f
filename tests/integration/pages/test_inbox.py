"""My inbox on a page, and how much of it is unread in the frame of every other."""

import pytest

from api.pages import queries
from domain.notices import NoticeKind
from tests.integration.api.inbox import notices_to
from tests.integration.pages.conftest import FRAME_FORMS, Browser
from tests.integration.pages.strictly import Page, strictly
from tests.integration.studio import Member, Studio

EVIL = "<script>alert(1)</script>"


def told(studio: Studio, member: Member, number: int = 1) -> list[int]:
    return [one.id for one in notices_to(studio, member, number, expires_at="2030-01-01T00:00:00+00:00")]


def read(browser: Browser, path: str = "/inbox") -> Page:
    return strictly(browser.open(path).get_data(as_text=True))


def badge(browser: Browser, path: str = "/passes") -> str | None:
    (link,) = [a for a in read(browser, path).all("a") if a.attributes["href"] == "/inbox"]
    return link.attributes.get("aria-label")


def unread(studio: Studio, member: Member) -> int:
    row = studio.db.execute(
        "SELECT count(*) FROM notices WHERE member_id = %s AND read_at IS NULL", (member.id,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_whoever_is_not_signed_in_signs_in_first_and_comes_back(browser: Browser, studio: Studio) -> None:
    answer = browser.open("/inbox", status=303)

    assert browser.form(browser.open(answer.headers["Location"]), "/sign-in").fields["next"] == "/inbox"


def test_an_empty_inbox_says_what_it_is_for(browser: Browser, me: Member) -> None:
    page = browser.open("/inbox")

    assert "Nothing yet" in strictly(page.get_data(as_text=True)).texts("p")
    assert [form.action for form in browser.forms(page)] == FRAME_FORMS
    assert badge(browser) is None


def test_messages_are_in_the_language_of_their_page(browser: Browser, studio: Studio, me: Member) -> None:
    told(studio, me)

    page = browser.http.get("/inbox", headers={"Accept-Language": "de"}).get_data(as_text=True)

    (message,) = strictly(page).all("li", "message")
    assert "läuft bald ab" in message.text
    assert "expire" not in message.text


def test_a_booking_is_told_with_the_way_to_its_session(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session()
    studio.book(session_id, me)
    studio.serve(session_id)

    page = read(browser)

    (message,) = page.all("li", "message")
    assert "unread" in message.classes
    assert message.text.count("New") == 1
    assert page.links()["See the session"] == f"/sessions/{session_id}"
    assert len(page.all("time")) == 1


def test_newest_come_first_and_lead_to_the_passes(browser: Browser, studio: Studio, me: Member) -> None:
    told(studio, me)
    notices_to(studio, me, kind=NoticeKind.PASS_GRANTED)

    page = read(browser)

    titles = page.texts("h2")
    assert len(titles) == 2
    assert "about to expire" in titles[1]
    assert page.links()["See my passes"] == "/passes"


def test_every_page_shows_how_much_is_unread(browser: Browser, studio: Studio, me: Member) -> None:
    told(studio, me, 3)

    assert badge(browser, "/passes") == "Inbox, 3 unread"
    assert badge(browser, "/preferences") == "Inbox, 3 unread"


def test_many_unread_are_counted_up_to_99(browser: Browser, studio: Studio, me: Member) -> None:
    told(studio, me, 99)
    assert badge(browser) == "Inbox, 99 unread"

    told(studio, me)

    assert badge(browser) == "Inbox, 99+ unread"


def test_marking_all_as_read_leaves_what_came_meanwhile_unread(browser: Browser, studio: Studio, me: Member) -> None:
    told(studio, me, 2)
    form = browser.form(browser.open("/inbox"), "/inbox/read")
    told(studio, me)

    answer = browser.send(form)

    assert answer.headers["Location"] == "/inbox"
    page = read(browser)
    assert [one.classes for one in page.all("li", "message")] == [{"message", "unread"}, {"message"}, {"message"}]
    assert badge(browser) == "Inbox, 1 unread"


def test_a_button_pressed_twice_changes_nothing_more(browser: Browser, studio: Studio, me: Member) -> None:
    told(studio, me)
    form = browser.form(browser.open("/inbox"), "/inbox/read")

    browser.send(form)
    browser.send(form)

    assert unread(studio, me) == 0
    assert [one.action for one in browser.forms(browser.open("/inbox"))] == FRAME_FORMS


def test_others_inboxes_are_neither_shown_nor_marked(browser: Browser, studio: Studio, me: Member) -> None:
    told(studio, me)
    other = studio.a_member()
    (others,) = told(studio, other)

    assert len(read(browser).all("li", "message")) == 1
    browser.send(browser.form(browser.open("/inbox"), "/inbox/read"), up_to=others)

    assert (unread(studio, me), unread(studio, other)) == (0, 1)


@pytest.mark.parametrize(
    "up_to", ["", "0", "-1", "1.5", "all", str(2**63), "9" * 5000, "\N{ARABIC-INDIC DIGIT TWO}", "²"]
)
def test_a_form_that_was_changed_marks_nothing(browser: Browser, studio: Studio, me: Member, up_to: str) -> None:
    told(studio, me)

    page = browser.send(browser.form(browser.open("/inbox"), "/inbox/read"), status=422, up_to=up_to)

    strictly(page.get_data(as_text=True))
    assert unread(studio, me) == 1


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, None])
def test_a_form_from_elsewhere_marks_nothing(
    browser: Browser, studio: Studio, me: Member, headers: dict[str, str] | None
) -> None:
    told(studio, me)
    form = browser.form(browser.open("/inbox"), "/inbox/read")
    if headers is None:
        del form.fields["form_token"]

    browser.send(form, status=403, headers=headers)

    assert unread(studio, me) == 1


def test_when_the_sign_in_has_ended_the_form_leads_back_to_the_inbox(
    browser: Browser, studio: Studio, me: Member
) -> None:
    told(studio, me)
    form = browser.form(browser.open("/inbox"), "/inbox/read")
    studio.db.execute("DELETE FROM sign_ins WHERE member_id = %s", (me.id,))

    answer = browser.send(form, headers={"Referer": "http://localhost/inbox"})

    assert answer.headers["Location"] == "/sign-in?next=%2Finbox"
    assert unread(studio, me) == 1


def test_more_leads_to_older_ones_where_nothing_can_be_marked(
    browser: Browser, studio: Studio, me: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "ON_A_PAGE", 2)
    told(studio, me, 3)

    first = read(browser)
    older = browser.open(first.links()["More"])

    assert len(first.all("li", "message")) == 2
    page = strictly(older.get_data(as_text=True))
    assert len(page.all("li", "message")) == 1
    assert "More" not in page.links()
    assert [form.action for form in browser.forms(older)] == FRAME_FORMS, "newer ones are not on this page"


@pytest.mark.parametrize("cursor", ["", "AAAA", "WyJhIl0", "%00"])
def test_a_cursor_that_makes_no_sense_is_told_so_in_words(browser: Browser, me: Member, cursor: str) -> None:
    page = browser.open(f"/inbox?cursor={cursor}", status=422)

    assert strictly(page.get_data(as_text=True)).texts("h1") == ["That cannot be shown"]


def test_what_is_told_is_shown_as_text_and_never_run(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session()
    studio.db.execute("UPDATE trainings SET name = %s || id WHERE id = %s", (EVIL, studio.training_id))
    studio.book(session_id, me)
    studio.serve(session_id)

    page = browser.open("/inbox")

    assert EVIL not in page.get_data(as_text=True)
    (message,) = strictly(page.get_data(as_text=True)).all("li", "message")
    assert EVIL in message.text


def test_times_are_those_of_the_studio(browser: Browser, studio: Studio, me: Member) -> None:
    told(studio, me, 2)
    summer, winter = "2025-10-26 00:30+00", "2025-10-26 01:30+00"
    for moment, order in ((summer, "ASC"), (winter, "DESC")):
        studio.db.execute(
            "UPDATE notices SET created_at = %s WHERE id = (SELECT id FROM notices WHERE member_id = %s"
            f" ORDER BY id {order} LIMIT 1)",
            (moment, me.id),
        )

    moments = read(browser).all("time")

    assert [one.text for one in moments] == ["Sun 26 October 2025, 03:30"] * 2, "the hour that comes twice"
    assert [one.attributes["datetime"][:16] for one in moments] == ["2025-10-26T01:30", "2025-10-26T00:30"]
