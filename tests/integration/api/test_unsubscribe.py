import re
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from domain.ids import MemberId
from domain.notices import OPEN_KINDS, NoticeKind
from storage.identifiers import new_id
from storage.settings import settings
from tests.integration.api.conftest import Caller, app_with, problem
from tests.integration.studio import Studio
from workers.messages.links import unsubscribe_url

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def link(caller: Caller, kind: NoticeKind = NoticeKind.REMINDER) -> str:
    """Return the path of the link in a mail of this kind to this member."""
    assert caller.member is not None
    return path_for(caller.member.id, kind)


def path_for(member_id: MemberId, kind: NoticeKind = NoticeKind.REMINDER) -> str:
    return unsubscribe_url(settings(), member_id, kind).removeprefix(settings().api_url)


def preferences(caller: Caller) -> Any:
    return caller.get("/v1/me/notification-preferences").json


def email_of(caller: Caller, kind: str = "reminder") -> bool:
    return next(bool(one["channels"]["email"]) for one in preferences(caller)["kinds"] if one["kind"] == kind)


def heading(answer: Any) -> str:
    assert answer.content_type == "text/html; charset=utf-8"
    (found,) = re.findall(r"<h1>(.*?)</h1>", answer.text)
    return str(found)


def buttons(answer: Any) -> set[tuple[str, str]]:
    return set(re.findall(r'<button [^>]*name="([^"]+)" value="([^"]+)"', answer.text))


def test_opening_the_link_says_what_is_about_to_happen_and_changes_nothing(me: Caller, anybody: Caller) -> None:
    before = preferences(me)

    answer = anybody.get(link(me))

    assert (answer.status_code, heading(answer)) == (200, "Stop these e-mails?")
    assert "Reminder" in answer.text
    assert "Studio" in answer.text
    assert buttons(answer) == {("List-Unsubscribe", "One-Click"), ("all", "1")}
    assert preferences(me) == before


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_switches_this_kind_off_for_email_and_nothing_else(
    me: Caller, anybody: Caller, content_type: str
) -> None:
    before = preferences(me)

    answer = anybody.http.post(link(me), data=ONE_CLICK, content_type=content_type)

    assert (answer.status_code, heading(answer)) == (200, "You get no more of these e-mails")
    assert buttons(answer) == {("undo", "1"), ("all", "1")}
    after = preferences(me)
    (reminder,) = (one for one in after["kinds"] if one["kind"] == "reminder")
    assert reminder["channels"] == {"email": False, "push": True}
    reminder["channels"]["email"] = True
    assert after == before


def test_one_click_twice_comes_to_the_same(me: Caller, anybody: Caller) -> None:
    answers = [anybody.http.post(link(me), data=ONE_CLICK) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].text == answers[1].text
    assert not email_of(me)


def test_the_page_of_a_link_that_was_used_says_so_and_offers_undo(me: Caller, anybody: Caller) -> None:
    anybody.http.post(link(me), data=ONE_CLICK)

    answer = anybody.get(link(me))

    assert heading(answer) == "You get no more of these e-mails"
    assert ("undo", "1") in buttons(answer)


def test_all_emails_are_stopped_and_push_goes_on(me: Caller, anybody: Caller) -> None:
    answer = anybody.http.post(link(me), data={"all": "1"})

    assert (answer.status_code, heading(answer)) == (200, "You get no more e-mails")
    assert buttons(answer) == {("undo", "1")}
    assert preferences(me)["channels"] == {"email": False, "push": True}
    assert heading(anybody.get(link(me))) == "You get no more e-mails"


@pytest.mark.parametrize("what", [ONE_CLICK, {"all": "1"}])
def test_undo_brings_both_back(me: Caller, anybody: Caller, what: dict[str, str]) -> None:
    anybody.http.post(link(me), data=what)

    answer = anybody.http.post(link(me), data={"undo": "1"})

    assert (answer.status_code, heading(answer)) == (200, "You get these e-mails again")
    assert preferences(me)["channels"]["email"]
    assert email_of(me)
    assert buttons(answer) == {("List-Unsubscribe", "One-Click")}


def test_a_link_unsubscribes_its_own_member_and_kind_only(me: Caller, anybody: Caller, studio: Studio) -> None:
    other = anybody.of(studio.a_member())
    before = preferences(me)

    anybody.http.post(link(other, NoticeKind.PROMOTED), data=ONE_CLICK)

    assert preferences(me) == before
    assert not email_of(other, "promoted")
    assert email_of(other, "reminder")


@pytest.mark.parametrize("kind", OPEN_KINDS)
def test_every_kind_can_be_unsubscribed_from(me: Caller, anybody: Caller, kind: NoticeKind) -> None:
    answer = anybody.http.post(link(me, kind), data=ONE_CLICK)

    assert answer.status_code == 200
    assert not email_of(me, str(kind))


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("forged", ["changed", "cut", "another key", "nonsense", "no member"])
def test_a_forged_link_is_answered_by_a_kind_page_and_changes_nothing(
    me: Caller, anybody: Caller, forged: str, method: str
) -> None:
    assert me.member is not None
    whole, foreign = link(me), replace(settings(), secret_key="another installation's")
    path = {
        # Not the last character, of which base64 leaves two bits unused.
        "changed": whole[:-2] + ("A" if whole[-2] != "A" else "B") + whole[-1],
        "cut": whole[:-8],
        "another key": unsubscribe_url(foreign, me.member.id, NoticeKind.REMINDER).removeprefix(settings().api_url),
        "nonsense": "/unsubscribe/%00%ff%3Cscript%3E",
        "no member": path_for(MemberId(new_id())),
    }[forged]
    before = preferences(me)

    answer = anybody.http.open(path, method=method, data=ONE_CLICK if method == "POST" else None)

    assert (answer.status_code, heading(answer)) == (404, "This link does not work")
    assert "<script" not in answer.text
    assert buttons(answer) == set()
    assert preferences(me) == before


@pytest.mark.parametrize(
    "body", [{}, {"List-Unsubscribe": "one-click"}, {"all": "yes"}, {"undo": ""}, {"something": "else"}]
)
def test_a_form_that_says_nothing_known_is_refused_and_changes_nothing(
    me: Caller, anybody: Caller, body: dict[str, str]
) -> None:
    before = preferences(me)

    problem(anybody.http.post(link(me), data=body), 422, "invalid_input")

    assert preferences(me) == before


def test_fields_that_mail_programs_add_do_not_stop_it(me: Caller, anybody: Caller) -> None:
    assert anybody.http.post(link(me), data={**ONE_CLICK, "extra": "x"}).status_code == 200
    assert not email_of(me)


def test_a_token_in_a_header_makes_no_difference(me: Caller) -> None:
    answer = me.http.post(link(me), data=ONE_CLICK, headers={"Authorization": "Bearer nonsense"})

    assert answer.status_code == 200


def test_the_pages_run_nothing_and_load_nothing_from_elsewhere(me: Caller, anybody: Caller) -> None:
    pages = [anybody.get(link(me)), anybody.http.post(link(me), data=ONE_CLICK), anybody.get("/unsubscribe/forged")]

    for answer in pages:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<script|<style| style=| on\w+=|https?://", answer.text)
        assert "Set-Cookie" not in answer.headers
        (stylesheet,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', answer.text)
        with closing(anybody.get(stylesheet)) as sheet:
            assert (sheet.status_code, sheet.content_type) == (200, "text/css; charset=utf-8")


def test_while_the_database_is_away_the_page_says_to_try_again(anybody: Caller, closed_port: int) -> None:
    away = replace(settings(), database_url=f"postgresql://nobody@127.0.0.1:{closed_port}/none")
    with app_with(away) as app:
        answer = Caller(app.test_client(), settings()).http.post(path_for(MemberId(new_id())), data=ONE_CLICK)

    assert (answer.status_code, heading(answer)) == (503, "That cannot be done at the moment")
