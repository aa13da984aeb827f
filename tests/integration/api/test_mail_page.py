import asyncio
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from apiflask import APIFlask

from api import mails
from domain.notices import NoticeKind
from storage.settings import Settings, settings
from tests.integration.api.conftest import Caller, app_with, problem
from tests.messages.telling import a_delivery, a_told_notice, some_settings
from workers.providers.folder import FolderProvider

CONFIRMED = NoticeKind.BOOKING_CONFIRMED


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of a local stack that writes its mails into a folder."""
    providers = {"email": "folder", "push": "console", "webhook": "console"}
    return some_settings(providers=providers, mail_folder=tmp_path_factory.mktemp("local") / "mail")


@pytest.fixture(scope="module")
def app(kept: Settings) -> Iterator[APIFlask]:
    """One for all: to make it takes longer than what any test here asks of it."""
    with app_with(kept) as app:
        yield app


@pytest.fixture
def local(kept: Settings) -> Iterator[Settings]:
    """The same with no mail in the folder, and nothing beside it."""
    yield kept
    beside = folder_of(kept).parent
    shutil.rmtree(beside)
    beside.mkdir()


@pytest.fixture
def anybody(app: APIFlask, local: Settings) -> Caller:
    return Caller(app.test_client(), local)


def write(local: Settings, number: int, kind: NoticeKind = CONFIRMED, *, at: float = 1_700_000_000.0) -> str:
    """Write a mail as the folder provider does, at this moment, and return its name."""
    delivery = a_delivery(a_told_notice(kind), id=number)
    asyncio.run(FolderProvider.open(local).send(delivery))
    os.utime(folder_of(local) / f"{number}.eml", (at, at))
    return f"{number}.eml"


def write_raw(local: Settings, name: str, content: bytes) -> None:
    folder_of(local).mkdir(exist_ok=True)
    (folder_of(local) / name).write_bytes(content)


def folder_of(local: Settings) -> Path:
    assert local.mail_folder is not None
    return local.mail_folder


def listed(anybody: Caller) -> list[str]:
    answer = anybody.get("/mail")
    assert answer.status_code == 200
    return re.findall(r'href="/mail/([^"]+)"', answer.text)


def test_mails_come_newest_first_with_subject_receiver_kind_and_time(anybody: Caller, local: Settings) -> None:
    write(local, 1, NoticeKind.REMINDER, at=1_700_000_000)
    write(local, 3, NoticeKind.PROMOTED, at=1_700_000_100)
    write(local, 2, CONFIRMED, at=1_700_000_200)

    page = anybody.get("/mail").text

    assert listed(anybody) == ["2.eml", "3.eml", "1.eml"]
    assert page.count("maria@example.com") == 3
    assert [page.count(words) for words in ("Reminder</span>", "A place from the waitlist<", "Booking confirmed<")] == [
        1,
        1,
        1,
    ]
    assert "14 Nov 2023, 22:13:20 UTC" in page


def test_without_a_mail_the_list_says_so(anybody: Caller) -> None:
    answer = anybody.get("/mail")

    assert answer.status_code == 200
    assert "No mail yet." in answer.text


def test_no_more_than_the_newest_two_hundred_are_listed(anybody: Caller, local: Settings) -> None:
    for number in range(mails.LISTED_MAX + 3):
        write_raw(local, f"{number}.eml", b"Subject: hello\r\n\r\n")
        os.utime(folder_of(local) / f"{number}.eml", (number, number))

    names = listed(anybody)

    assert (len(names), names[0], names[-1]) == (200, "202.eml", "3.eml")


def test_what_is_no_mail_is_not_listed(anybody: Caller, local: Settings) -> None:
    for name in (".7.half", "notes.txt", ".8.eml", "9.eml.part"):
        write_raw(local, name, b"Subject: hello\r\n\r\n")
    write(local, 7)

    assert listed(anybody) == ["7.eml"]


def test_a_mail_is_shown_with_all_its_parts(anybody: Caller, local: Settings) -> None:
    name = write(local, 5)

    page = anybody.get(f"/mail/{name}").text

    assert f'<iframe sandbox="" title="The mail as it looks" src="/mail/{name}/html">' in page
    assert f'href="/mail/{name}/raw"' in page
    assert "BEGIN:VCALENDAR" in page
    assert "Evening yoga" in page
    for header in ("Message-ID", "List-Unsubscribe-Post", "Subject"):
        assert f"<dt>{header}</dt>" in page


def test_the_html_of_a_mail_is_shown_where_it_can_do_nothing(anybody: Caller, local: Settings) -> None:
    name = write(local, 5)

    answer = anybody.get(f"/mail/{name}/html")

    assert answer.content_type == "text/html; charset=utf-8"
    assert "Evening yoga" in answer.text
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"sandbox", "default-src 'none'", "frame-ancestors 'self'"} <= set(policy)
    assert "frame-src 'self'" in anybody.get(f"/mail/{name}").headers["Content-Security-Policy"]


def test_the_raw_mail_is_handed_out_as_it_was_written(anybody: Caller, local: Settings) -> None:
    name = write(local, 5)

    answer = anybody.get(f"/mail/{name}/raw")

    assert answer.data == (folder_of(local) / name).read_bytes()
    assert answer.content_type == "message/rfc822"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'


def test_what_a_mail_says_is_text_and_never_markup(anybody: Caller, local: Settings) -> None:
    evil = "<script>alert(1)</script>"
    write_raw(local, "1.eml", f"Subject: {evil}\r\nTo: {evil}\r\nX-{evil}: {evil}\r\n\r\n{evil}".encode())

    for path in ("/mail", "/mail/1.eml"):
        answer = anybody.get(path)
        assert answer.status_code == 200
        assert "<script" not in answer.text
        assert "alert(1)" in answer.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: =?utf-8?b?////?=\r\nDate: no moment\r\nTo: <<>>\r\n\r\n\xff",
        b"Content-Type: text/plain; charset=klingon\r\n\r\nhello",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%",
        b"List-Unsubscribe: <https://example.com/unsubscribe/forged>\r\n\r\n",
    ],
)
def test_a_mail_that_is_broken_breaks_no_page(anybody: Caller, local: Settings, content: bytes) -> None:
    write_raw(local, "1.eml", content)
    write(local, 2)

    assert set(listed(anybody)) == {"1.eml", "2.eml"}
    assert anybody.get("/mail/1.eml").status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "../secret.eml",
        "..%2Fsecret.eml",
        "%2e%2e%2fsecret.eml",
        "..%5Csecret.eml",
        "....//secret.eml",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        ".hidden.eml",
        "1.eml%00",
        "1.eml%0a",
        "deeper%2F1.eml",
        "notes.txt",
        "x" * 300 + ".eml",
        "missing.eml",
        "folder.eml",
    ],
)
@pytest.mark.parametrize("view", ["", "/html", "/raw"])
def test_no_name_leads_out_of_the_folder(anybody: Caller, local: Settings, name: str, view: str) -> None:
    for hidden in ("../secret.eml", ".hidden.eml", "notes.txt"):
        write_raw(local, hidden, b"Content-Type: text/html\r\n\r\nsecret")
    (folder_of(local) / "folder.eml").mkdir()

    answer = anybody.get(f"/mail/{name}{view}")

    problem(answer, 404, "not_found")


@pytest.mark.parametrize("path", ["/mail", "/mail/5.eml", "/mail/5.eml/html", "/mail/5.eml/raw"])
@pytest.mark.parametrize("serving", ["smtp", "folder without a folder"])
def test_where_mails_are_really_sent_there_is_nothing(local: Settings, path: str, serving: str) -> None:
    write(local, 5)
    real = replace(local, mail_folder=None)
    if serving == "smtp":
        real = replace(local, providers={**local.providers, "email": "smtp"})
    with app_with(real) as app:
        problem(Caller(app.test_client(), settings()).get(path), 404, "not_found")
