"""The scripts of the pages: our own files alone, only where they are of use, and nothing depends on them."""

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from api.pages.rendering import FRAMED_POLICY, POLICY
from domain.notices import NoticeKind
from storage.settings import settings
from tests.integration.pages.conftest import Browser
from tests.integration.pages.sessions import WEDNESDAY, show, week_of
from tests.integration.pages.strictly import Page, strictly
from tests.integration.studio import Member, Studio
from workers.messages.links import unsubscribe_url

API = Path(__file__).parents[3] / "api"
SCRIPTS = sorted((API / "static" / "js").glob("*.js"))
BYTES_MAX = 31_000  # of all files together
PAGE_BYTES_MAX = 25_000  # of what one page loads, with what its scripts import
LIVE, DIALOG, CALENDAR = (
    ["/static/js/live.js", "/static/js/send.js"],
    ["/static/js/dialog.js"],
    ["/static/js/calendar.js"],
)

FOR_ALL = ["/", "/week", "/month", "/sign-in", "/no/such/page"]
FOR_MEMBERS = ["/bookings", "/passes", "/inbox", "/preferences"]


def loaded(page: Page) -> list[str]:
    return [script.attributes["src"] for script in page.all("script")]


@pytest.mark.parametrize("path", FOR_ALL)
def test_pages_with_the_frame_let_our_own_scripts_run_and_ask_us_alone(browser: Browser, path: str) -> None:
    policy = browser.http.get(path, headers={"Accept": "text/html"}).headers["Content-Security-Policy"]

    assert policy == FRAMED_POLICY
    assert "unsafe" not in policy
    assert {"script-src 'self'", "connect-src 'self'", "default-src 'none'"} <= set(policy.split("; "))


@pytest.mark.parametrize("path", FOR_MEMBERS)
def test_members_pages_let_our_own_scripts_run_too(browser: Browser, me: Member, path: str) -> None:
    assert browser.open(path).headers["Content-Security-Policy"] == FRAMED_POLICY


def test_the_small_pages_let_no_script_run(browser: Browser, studio: Studio, me: Member) -> None:
    answer = browser.open(urlsplit(unsubscribe_url(settings(), me.id, NoticeKind.REMINDER)).path)

    assert answer.headers["Content-Security-Policy"] == POLICY
    assert "script-src" not in POLICY
    assert "<script" not in answer.get_data(as_text=True)


def test_every_script_of_a_page_exists_and_is_a_module_of_ours(browser: Browser, me: Member) -> None:
    page = show(browser, "/week")

    assert {*LIVE, *DIALOG} <= set(loaded(page))
    for script in page.all("script"):
        assert script.attributes["type"] == "module"
        assert script.text == ""
        with browser.open(script.attributes["src"]) as answer:
            assert answer.content_type.startswith("text/javascript")


def test_a_page_loads_what_is_of_use_on_it_alone(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session(starts_at=WEDNESDAY)
    of_all = {
        week_of(studio, "2031-03-05"): DIALOG,
        week_of(studio, "2031-03-05", path="/week"): [*DIALOG, *CALENDAR],
        week_of(studio, "2031-03-05", path="/month"): [*DIALOG, *CALENDAR],
        f"/sessions/{session_id}": DIALOG,
    }
    somebody = Browser(browser.http.application.test_client())

    assert {path: loaded(show(somebody, path)) for path in of_all} == of_all
    assert {path: loaded(show(browser, path)) for path in of_all} == {
        path: [*LIVE, *own] for path, own in of_all.items()
    }
    assert loaded(show(browser, "/passes")) == LIVE
    assert loaded(show(somebody, "/sign-in")) == []


def test_scripts_import_only_each_other() -> None:
    names = {script.name for script in SCRIPTS}
    for script in SCRIPTS:
        imported = re.findall(r"""(?:from|import)\s*\(?\s*["']([^"']+)["']""", script.read_text())
        assert set(imported) <= {f"./{name}" for name in names}, script.name


def test_scripts_make_no_code_and_no_markup_of_text() -> None:
    text = "".join(script.read_text() for script in SCRIPTS)

    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text) == []


def test_scripts_are_small() -> None:
    sizes = {script.name: script.stat().st_size for script in SCRIPTS}

    assert sum(sizes.values()) < BYTES_MAX
    loaded_at_most = sizes.keys() - {"push.js", "device.js", "worker.js"}  # by a week or a month
    assert sum(sizes[name] for name in loaded_at_most) < PAGE_BYTES_MAX


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_every_script_can_be_read(script: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine to read the script with")

    # From standard input, since a file is only read as a module where its name or a package says so.
    read = subprocess.run(
        [node, "--input-type=module", "--check"], input=script.read_bytes(), capture_output=True, check=False
    )

    assert read.returncode == 0, read.stderr.decode()


@pytest.mark.parametrize("path", ["/", "/week", "/month"])
def test_the_schedule_says_which_sessions_to_hear_of_and_how_they_are_shown(
    browser: Browser, studio: Studio, me: Member, path: str
) -> None:
    session_id = studio.a_session(starts_at=WEDNESDAY)
    studio.book(session_id, me)
    studio.serve(session_id)

    page = show(browser, week_of(studio, "2031-03-05", path=path))

    (entry,) = [one for one in page.elements if one.attributes.get("data-session") == str(session_id)]
    assert entry.attributes["id"] == f"session-{session_id}"
    assert entry.attributes["data-state"] == "scheduled 1 0 2"
    assert entry.attributes.keys() >= {"data-live", "data-mine"}


def test_of_a_session_that_is_over_nothing_is_heard(browser: Browser, studio: Studio, me: Member) -> None:
    studio.a_session(starts_at=WEDNESDAY.replace(year=2025))

    page = show(browser, week_of(studio, "2025-03-05"))

    assert len(page.all("li", "session")) == 1
    assert [one for one in page.elements if "data-session" in one.attributes] == []


def test_a_sessions_page_has_a_place_where_the_outcome_is_told(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session()

    page = show(browser, f"/sessions/{session_id}")

    (outcome,) = [one for one in page.elements if one.attributes.get("id") == "outcome"]
    assert (outcome.attributes["aria-live"], outcome.text) == ("polite", "")
    (whole,) = [one for one in page.elements if one.attributes.get("id") == "session"]
    assert whole.attributes["data-session"] == str(session_id)


def test_whoever_waits_is_told_how_many_are_before_them(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session()
    for member in studio.members(2):
        studio.book(session_id, member)
    command_id = studio.book(session_id, me)

    page = show(browser, f"/sessions/{session_id}?command={command_id}")

    (note,) = page.all("div", "note")
    assert note.text.startswith("You are in line, 2 ahead")
    assert note.attributes["data-waiting"] == str(command_id)
    (number,) = [one for one in page.elements if "data-ahead" in one.attributes]
    assert (number.text, number.attributes["data-most"]) == ("2", "1000")


def test_what_a_script_brings_up_to_date_it_finds_again(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session(starts_at=WEDNESDAY)

    for path in (week_of(studio, "2031-03-05"), f"/sessions/{session_id}", "/inbox"):
        page = strictly(browser.open(path).get_data(as_text=True))
        live = [one for one in page.elements if "data-live" in one.attributes]
        assert len(live) == 2, "the page's own part, and the count of the inbox"
        assert all(one.attributes.get("id") for one in live)
