"""The pages in the viewer's language: the one chosen, or the first the browser asks for that is spoken here."""

import inspect
import re
from datetime import UTC, datetime
from gettext import NullTranslations
from html.parser import HTMLParser

import pytest
from apiflask import APIFlask

from api import language
from api.pages import cards
from storage.settings import settings
from tests.integration.api.conftest import Caller
from tests.integration.pages.conftest import Browser, Form
from tests.integration.pages.sessions import WEDNESDAY, week_of
from tests.integration.pages.strictly import strictly
from tests.integration.studio import Member, Studio

PAGES = [
    "/",
    "/week",
    "/month",
    "/password-reset",
    "/password-reset/sent",
    "/password/nonsense",
    "/?from=2031-03-05&to=2031-03-05",
    "/week?from=2031-03-05&to=2031-03-09",
    "/?from=x&to=2031-03-01&trainer=x",
    "/bookings",
    "/bookings?when=past",
    "/passes",
    "/preferences",
    "/no/such/page",
]
OPEN, CLOSE = "⟦", "⟧"


def heading(browser: Browser, path: str = "/bookings", **headers: str) -> tuple[str, str]:
    answer = browser.http.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    page = strictly(answer.get_data(as_text=True))
    (html,) = page.all("html")
    assert answer.headers["Content-Language"] == html.attributes["lang"]
    return html.attributes["lang"], page.texts("h1")[0]


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("uk,de;q=0.5", "de"),
        ("en-US,de;q=0.9", "en"),
        ("uk,fr", "en"),
        ("*", "en"),
        ("", "en"),
        ("de;q=0", "en"),
        (";;=q,,", "en"),
        ("DE", "de"),
        ("De-at", "de"),
        ("EN", "en"),
    ],
)
def test_the_browser_is_spoken_to_as_it_asks(browser: Browser, me: Member, asked: str, spoken: str) -> None:
    assert heading(browser, Accept_Language=asked)[0] == spoken


def test_german_pages_are_german(browser: Browser, me: Member) -> None:
    assert heading(browser, Accept_Language="de") == ("de", "Meine Buchungen")


def choose(browser: Browser, chosen: str, *, then: str = "/bookings", **headers: str) -> tuple[int, str]:
    form = Form("/language", "post", {"language": chosen, "next": then})
    answer = browser.http.post(form.action, data=form.fields, headers=headers)
    return answer.status_code, answer.headers.get("Location", "")


def test_a_language_is_chosen_on_every_page_and_stays(browser: Browser, me: Member) -> None:
    form = browser.form(browser.open("/bookings?when=past"), "/language")
    assert form.fields == {"next": "/bookings?when=past"}

    assert choose(browser, "de", then=form.fields["next"]) == (303, "/bookings?when=past")

    assert heading(browser, Accept_Language="en") == ("de", "Meine Buchungen")
    assert choose(browser, "en")[0] == 303
    assert heading(browser, Accept_Language="de") == ("en", "My bookings")


def test_whoever_is_not_signed_in_chooses_too(browser: Browser) -> None:
    choose(browser, "de")

    assert heading(browser, "/sign-in")[0] == "de"


@pytest.mark.parametrize("nonsense", ["", "xx", "../../etc/passwd", "de\r\nX: y"])
def test_a_language_that_is_not_spoken_here_is_refused(browser: Browser, nonsense: str) -> None:
    assert choose(browser, nonsense)[0] == 422
    assert heading(browser, "/sign-in")[0] == "en"


def test_a_cookie_that_makes_no_sense_is_passed_over(browser: Browser) -> None:
    browser.http.set_cookie(language.COOKIE, "../de")

    assert heading(browser, "/sign-in", Accept_Language="de")[0] == "de"


def test_another_sites_form_chooses_nothing(browser: Browser) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}

    assert choose(browser, "de", then="/", **headers)[0] == 403
    assert heading(browser, "/sign-in")[0] == "en"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_choosing_leads_to_no_other_site(browser: Browser, elsewhere: str) -> None:
    assert choose(browser, "de", then=elsewhere) == (303, "/")


def test_reasons_are_said_in_the_language_asked_for_and_codes_stay(app: APIFlask, studio: Studio) -> None:
    caller = Caller(app.test_client(), settings(), studio.a_member(sessions=0))
    address = f"/v1/sessions/{studio.a_session()}/passes"

    for spoken, begins in (("de", "Auf dieser Karte"), ("en", "This pass"), ("uk", "This pass")):
        answer = caller.get(address, Accept_Language=spoken)
        ((reason,),) = (one["reasons"] for one in answer.json["items"])
        assert reason["code"] == "pass_exhausted"
        assert reason["sentence"].startswith(begins)


class Loud(NullTranslations):
    """Marks whatever is translated, so that what is not stands out."""

    def gettext(self, message: str) -> str:
        return message if message.startswith("EEE") else f"{OPEN}{message}{CLOSE}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, _context: str, message: str) -> str:
        return self.gettext(message)


class Said(HTMLParser):
    """Everything that a page says to people, markers and all."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"aria-label", "title", "placeholder", "alt"}:
                self.texts.append(f" {value} ")


def left_in_english(html: str, names: list[str]) -> str:
    """Return what is neither translated nor a name, a date or a number."""
    said = Said()
    said.feed(html)
    text = re.sub(r"\b[0-9a-f]{64}\b", "", " ".join(said.texts))  # receipts
    before = None
    while text != before:
        before, text = text, re.sub(rf"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", "", text)
    for name in sorted(names, key=len, reverse=True):
        # Somebody may be called by a single letter, which stands in other words, too.
        text = text.replace(name, "") if len(name) > 3 else re.sub(rf"\b{re.escape(name)}\b", "", text)
    months = "|".join(f"{datetime(2031, month, 1, tzinfo=UTC):%B}" for month in range(1, 13))
    days = "|".join(f"{datetime(2031, 3, day, tzinfo=UTC):%A|%a}" for day in range(3, 10))
    text = re.sub(rf"\b({days}|{months})\b|\d+(st|nd|rd|th)\b", "", text)
    return " ".join(re.findall(r"[^\W\d_]{2,}", text))


def test_no_page_says_anything_that_is_not_translated(
    app: APIFlask, browser: Browser, studio: Studio, me: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = studio.a_session(capacity=1, starts_at=WEDNESDAY)
    others = [studio.book(full, member) for member in studio.members(2)]
    waiting, confirmed = studio.book(full, me), studio.book(open_ := studio.a_session(starts_at=WEDNESDAY), me)
    addresses = [f"/sessions/{full}", f"/sessions/{open_}", f"/sessions/{studio.a_session(starts_at=WEDNESDAY)}"]
    addresses += [f"/bookings/{one}" for one in (waiting, confirmed)]
    addresses += [f"/bookings/{one}/cancel" for one in (waiting, confirmed, others[0])]
    addresses += [week_of(studio, "2031-03-05", path=path) for path in ("/", "/week", "/month")]
    studio.serve(full)
    studio.serve(open_)
    monkeypatch.setattr(language, "_translations", lambda _: Loud())
    monkeypatch.setattr(cards, "_rendered", inspect.unwrap(cards._rendered))  # none that is rendered already

    left = {}
    nobody = Browser(app.test_client())
    seen = [(browser, one) for one in (*PAGES, *addresses)] + [(nobody, one) for one in ("/sign-in", *addresses[:1])]
    for by, address in seen:
        html = by.http.get(address, headers={"Accept": "text/html"}).get_data(as_text=True)
        assert OPEN in html, address
        if found := left_in_english(html, names_in(studio)):
            left[address] = found

    assert left == {}


def names_in(studio: Studio) -> list[str]:
    """Return what the studio and its people wrote: that is in no catalogue."""
    rows = studio.db.execute(
        """
        SELECT name FROM trainings UNION SELECT description FROM trainings UNION SELECT name FROM trainers
         UNION SELECT name FROM spaces UNION SELECT name FROM pass_types UNION SELECT name FROM members
         UNION SELECT email FROM members UNION SELECT name FROM studio UNION SELECT time_zone FROM studio
        """
    )
    return [row[0] for row in rows if row[0]] + ["Seatline", *language.LANGUAGES.values()]
