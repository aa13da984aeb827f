"""Asking for a new password and choosing one by a link, in a browser without scripts."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from apiflask import APIFlask
from werkzeug.test import TestResponse

from api.auth import password_fits
from api.browser import COOKIE
from domain.password_links import OPEN_RESETS_MAX
from storage.identifiers import new_id
from storage.settings import settings
from tests.integration.links import a_reset, address_of, an_invitation, expire, links_of, states_of
from tests.integration.pages.conftest import Browser, Form
from tests.integration.pages.strictly import Page, strictly
from tests.integration.passwords import PASSWORD
from tests.integration.studio import Member, Studio
from workers.messages.links import password_secret

NEW = "four other words entirely"
FILLED: dict[str, Any] = {"new": NEW, "repeated": NEW}
DEAD = "This link does not hold any more"


@pytest.fixture
def path(studio: Studio, nina: Member) -> str:
    return f"/password/{a_reset(studio.db, nina)}"


def read(page: TestResponse) -> Page:
    return strictly(page.get_data(as_text=True))


def the_form(browser: Browser, path: str) -> Form:
    return browser.form(browser.open(path), path)


def asks(browser: Browser) -> Form:
    return browser.form(browser.open("/password-reset"), "/password-reset")


def fits(studio: Studio, member: Member, password: str) -> bool:
    row = studio.db.execute("SELECT password_hash FROM members WHERE id = %s", (member.id,)).fetchone()
    assert row is not None
    return password_fits(row[0], password)


def test_the_way_leads_from_signing_in_to_a_page_that_says_what_happens_next(
    browser: Browser, studio: Studio, nina: Member
) -> None:
    link = read(browser.open("/sign-in")).links()["Forgotten your password?"]
    answer = browser.send(browser.form(browser.open(link), "/password-reset"), email=address_of(nina))

    page = read(browser.open(answer.headers["Location"]))

    assert page.texts("h1") == ["Look into your mail"]
    said = " ".join(page.texts("p") + page.texts("li"))
    assert "If that address is known here, a message is on its way" in said
    assert "60 minutes" in said
    assert "unwanted mail" in said
    assert f"After {OPEN_RESETS_MAX} messages" in said
    assert len(links_of(studio.db, nina)) == 1


def test_a_known_and_an_unknown_address_are_answered_alike_byte_by_byte(browser: Browser, nina: Member) -> None:
    answers = [browser.send(asks(browser), email=email) for email in (address_of(nina), f"{uuid4()}@example.test")]

    known, unknown = [(answer.status, answer.data, list(answer.headers)) for answer in answers]
    assert known == unknown


@pytest.mark.parametrize("email", ["", "nina", "@", "a\nb@example.test", "nina@" + "x" * 300])
def test_what_is_no_address_is_said_at_its_field(browser: Browser, email: str) -> None:
    page = read(browser.send(asks(browser), status=422, email=email))

    assert page.texts("p", "error") == ["Write a whole e-mail address, such as nina@example.org."]


def test_too_many_attempts_are_told_with_how_long_to_wait(browser: Browser) -> None:
    for _ in range(settings().sign_in_attempts_max):
        browser.send(asks(browser), email="nobody@example.test")

    answer = browser.send(asks(browser), status=429, email="nobody@example.test")

    assert f"Wait {answer.headers['Retry-After']} seconds" in answer.text
    assert browser.form(answer, "/password-reset").fields["email"] == "nobody@example.test"


def test_the_new_password_signs_in_here_and_lands_on_the_schedule_with_a_note(
    browser: Browser, studio: Studio, nina: Member, path: str
) -> None:
    page = read(browser.open(path))
    assert page.texts("h1") == ["Choose a new password"]
    assert address_of(nina) in page.texts("strong")

    answer = browser.send(the_form(browser, path), **FILLED)

    assert answer.headers["Location"] == "/?password=set"
    assert browser.http.get_cookie(COOKIE) is not None
    schedule = browser.open(answer.headers["Location"])
    assert "Your password is set" in read(schedule).texts("strong")
    assert f"Member {nina.id}" in schedule.text
    assert fits(studio, nina, NEW)


def test_the_note_is_for_whoever_is_signed_in_alone(browser: Browser) -> None:
    assert "Your password is set" not in browser.open("/?password=set").text


def test_an_invitation_greets_by_name(browser: Browser, studio: Studio) -> None:
    member = studio.a_member()
    studio.db.execute("UPDATE members SET name = '<b>Nina</b>' WHERE id = %s", (member.id,))
    path = f"/password/{an_invitation(studio.db, member)}"

    assert read(browser.open(path)).texts("h1") == ["Welcome to Studio, <b>Nina</b>"]
    browser.send(the_form(browser, path), **FILLED)

    assert fits(studio, member, NEW)


def test_opening_the_link_often_as_mail_programs_do_uses_nothing_up(
    browser: Browser, studio: Studio, nina: Member, path: str
) -> None:
    for _ in range(3):
        browser.open(path)
        assert browser.http.head(path).status_code == 200

    assert states_of(studio.db, nina) == [("reset", None)]
    browser.send(the_form(browser, path), **FILLED)


def test_every_other_browser_is_signed_out(app: APIFlask, browser: Browser, studio: Studio, nina: Member) -> None:
    other = Browser(app.test_client())
    other.sign_in(studio, nina)

    path = f"/password/{a_reset(studio.db, nina)}"
    browser.send(the_form(browser, path), **FILLED)

    assert other.open("/bookings", status=303).headers["Location"].startswith("/sign-in")
    browser.open("/bookings")


def test_whoever_else_was_signed_in_with_this_browser_is_no_more(
    browser: Browser, studio: Studio, nina: Member, path: str
) -> None:
    stranger = studio.a_member()
    browser.sign_in(studio, stranger)
    page = browser.open(path)
    assert f"Member {stranger.id}" not in page.text
    assert "<script" not in page.text

    browser.send(the_form(browser, path), **FILLED)

    assert f"Member {nina.id}" in browser.open("/").text
    ended = studio.db.execute("SELECT count(*) FROM sign_ins WHERE member_id = %s", (stranger.id,)).fetchone()
    assert ended == (0,)


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({"new": NEW, "repeated": NEW + "x"}, "This is not the same as the new password."),
        ({"new": "short", "repeated": "short"}, "Choose one of 10 to 1024 characters."),
        ({"new": "x" * 1025, "repeated": "x" * 1025}, "Choose one of 10 to 1024 characters."),
        ({"new": "", "repeated": ""}, "Choose one of 10 to 1024 characters."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_link_stays_good(
    browser: Browser, path: str, filled: dict[str, Any], said: str
) -> None:
    page = browser.send(the_form(browser, path), status=422, **filled)

    assert read(page).texts("p", "error") == [said]
    assert all(not value for name, value in browser.form(page, path).fields.items() if name in FILLED)
    assert browser.http.get_cookie(COOKIE) is None
    browser.send(the_form(browser, path), **FILLED)


def used(browser: Browser, studio: Studio, member: Member) -> str:
    path = f"/password/{a_reset(studio.db, member)}"
    browser.send(the_form(browser, path), **FILLED)
    return path


def expired(_: Browser, studio: Studio, member: Member) -> str:
    path = f"/password/{a_reset(studio.db, member)}"
    expire(studio.db, member)
    return path


def of_no_link(*_: object) -> str:
    return f"/password/{password_secret(settings(), new_id())}"


def garbage(*_: object) -> str:
    return "/password/%00%ff%3Cb%3E"


def huge(*_: object) -> str:
    return "/password/" + "x" * 5000


@pytest.mark.parametrize("dead", [used, expired, of_no_link, garbage, huge])
def test_a_dead_link_says_so_and_offers_a_new_one(browser: Browser, studio: Studio, nina: Member, dead: Any) -> None:
    path = dead(browser, studio, nina)

    pages = [browser.open(path, status=404), browser.send(Form(path, "post"), status=404, **FILLED)]

    for page in map(read, pages):
        assert page.texts("h1") == [DEAD]
        assert page.links()["Send me a new link"] == "/password-reset"


def test_of_two_forms_sent_at_once_one_sets_the_password(
    app: APIFlask, studio: Studio, nina: Member, path: str
) -> None:
    words = ["the first new one", "the second new one"]
    browsers = [Browser(app.test_client()) for _ in words]

    def send(browser: Browser, new: str) -> int:
        return browser.http.post(path, data={"new": new, "repeated": new}).status_code

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(send, browsers, words))

    assert sorted(answers) == [303, 404]
    assert [fits(studio, nina, new) for new in words] == [answer == 303 for answer in answers]


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
)
def test_a_form_from_elsewhere_does_nothing(
    browser: Browser, studio: Studio, nina: Member, path: str, headers: dict[str, str]
) -> None:
    browser.send(the_form(browser, path), status=403, headers=headers, **FILLED)
    browser.send(asks(browser), status=403, headers=headers, email=address_of(nina))

    assert fits(studio, nina, PASSWORD)
    assert states_of(studio.db, nina) == [("reset", None)]
    assert browser.http.get_cookie(COOKIE) is None


def test_when_signing_in_afterwards_is_not_possible_the_way_leads_there(
    browser: Browser, studio: Studio, nina: Member, path: str
) -> None:
    studio.redis.set("sign-in:127.0.0.1", 10_000, ex=300)

    answer = browser.send(the_form(browser, path), **FILLED)

    assert answer.headers["Location"] == "/sign-in"
    assert fits(studio, nina, NEW)


def test_a_page_nobody_may_keep_or_run_scripts_on(browser: Browser, path: str) -> None:
    for page in (browser.open(path), browser.open("/password/x", status=404)):
        assert page.headers["Cache-Control"] == "no-store"
        assert "script-src" not in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("page", ["/password-reset", "/password-reset/sent"])
def test_the_other_pages_are_well_made(browser: Browser, page: str) -> None:
    read(browser.open(page))
