"""Where an answer sends a browser is a path of ours, whatever was asked for, and never two headers."""

from urllib.parse import quote, urlsplit

import pytest

from tests.integration.pages.conftest import Browser
from tests.integration.studio import Member

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\r\nSet-Cookie: evil=1",
    "/\x00",
    " //evil.example",
    "javascript:evil()",
    "data:text/html,evil",
    "https:evil.example",
    "http:///evil.example",
    "/passes\r\n\r\n<script>evil()</script>",
    "/%0d%0aSet-Cookie:%20evil=1",
    "/passes?next=https://evil.example",
    "evil",
]


def is_ours(target: str) -> bool:
    parts = urlsplit(target)
    plain = target.isprintable() and target.isascii()
    return plain and target.startswith("/") and target[1:2] not in {"/", "\\"} and not parts.netloc and not parts.scheme


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_no_answer_leads_out_of_the_studio(browser: Browser, me: Member, elsewhere: str) -> None:
    answers = [
        browser.http.get("/sign-in", query_string={"next": elsewhere}),
        browser.http.post("/language", data={"language": "en", "next": elsewhere}),
    ]
    browser.http.delete_cookie("seatline_sign_in")
    answers += [
        browser.http.get("/bookings", query_string={"more": elsewhere}),
        browser.http.get(f"/bookings/{quote(elsewhere, safe='')}"),
    ]
    if elsewhere.isprintable():
        answers.append(browser.http.post("/passes/ask", headers={"Referer": f"http://localhost/{elsewhere}"}))
        answers.append(browser.http.post("/passes/ask", headers={"Referer": elsewhere}))

    for answer in answers:
        assert answer.status_code in {303, 404, 308}, answer.status_code
        assert "evil" not in answer.headers.get("Set-Cookie", "")
        for target in answer.headers.getlist("Location"):
            assert is_ours(target), target
            wanted = urlsplit(target)
            if wanted.path == "/sign-in":
                again = browser.open(target)
                kept = browser.form(again, "/sign-in").fields["next"]
                assert is_ours(quote(kept, safe="/?=&:%.")), kept
