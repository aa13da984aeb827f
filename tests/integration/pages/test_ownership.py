"""What is one member's own is nobody else's to read or to change: by a guessed id, by their key, by listening.

Every address that takes something is a line here, whether of the interface or a page; what staff may do by their role
is in the tables of roles. A new address without a line fails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from apiflask import APIFlask
from werkzeug.test import TestResponse

from api.auth import make_token
from api.check_in_codes import code_of
from api.pages.visitors import new_key
from domain.ids import BookingId, TrainingSessionId
from domain.roles import Role
from storage.identifiers import new_id
from storage.password_links import ask_for_reset
from storage.settings import settings
from tests.integration.api.conftest import Frames, listen  # noqa: F401 - the fixture is used by name
from tests.integration.pages.conftest import Browser
from tests.integration.pages.everywhere import lines_of
from tests.integration.pages.test_devices import a_device
from tests.integration.pass_requests import a_request_of
from tests.integration.studio import Member, Studio

OWN = {
    "POST /v1/bookings/<uuid:booking_id>/acceptance": "offered",
    "POST /v1/bookings/<uuid:booking_id>/cancellation": "booking",
    "GET /v1/commands/<uuid:command_id>": "booking",
    "GET /v1/me/bookings/<uuid:booking_id>": "booking",
    "GET /v1/me/bookings/<uuid:booking_id>/calendar": "booking",
    "GET /v1/me/bookings/<uuid:booking_id>/check-in-code": "booking",
    "POST /v1/me/pass-requests/<uuid:request_id>/withdrawal": "request",
    "DELETE /v1/me/push-subscriptions/<uuid:subscription_id>": "device",
    "GET /bookings/<uuid:booking_id>": "booking",
    "POST /bookings/<uuid:booking_id>/accept": "offered",
    "GET /bookings/<uuid:booking_id>/calendar": "booking",
    "GET /bookings/<uuid:booking_id>/cancel": "booking",
    "POST /bookings/<uuid:booking_id>/cancel": "booking",
    "GET /bookings/<uuid:booking_id>/code.svg": "booking",
    "POST /passes/requests/<uuid:request_id>/withdrawal": "request",
    "POST /preferences/devices/<uuid:subscription_id>/remove": "device",
}
"""Addresses that name something of one member's, and what is put in."""

RIGHT_BY_THEMSELVES = {
    "GET /calendar/<secret>.ics",
    "GET /password/<secret>",
    "POST /password/<secret>",
    "GET /unsubscribe/<token>",
    "POST /unsubscribe/<token>",
}
"""Addresses with a secret, which is the right to what is there."""

OF_EVERYBODY = {
    "GET /sessions/<uuid:session_id>",
    "POST /sessions/<uuid:session_id>/book",
    "GET /v1/sessions/<uuid:session_id>",
    "GET /v1/sessions/<uuid:session_id>/passes",
    "POST /v1/sessions/<uuid:session_id>/bookings",
    "GET /check-in/<code>",
    "POST /check-in/<code>",
    "GET /static/<path:filename>",
    "GET /mail/<name>",
    "GET /mail/<name>/html",
    "GET /mail/<name>/raw",
}
"""Addresses of the schedule, of a code that staff alone may use, of files, and of a local stack's own mails."""

BY_MEMBER = (
    *("bookings", "passes", "notices", "sign_ins", "pass_requests", "push_subscriptions", "calendar_feeds"),
    *("notification_preferences", "password_links"),
)
TABLES = {"members": "id", "commands": "actor_id", **dict.fromkeys(BY_MEMBER, "member_id")}


def test_every_address_that_takes_something_has_a_line(app: APIFlask) -> None:
    taking = {f"{method} {rule}" for method, rule in lines_of(app) if "<" in rule and "/staff/" not in rule}

    assert taking == {*OWN, *RIGHT_BY_THEMSELVES, *OF_EVERYBODY}


@dataclass
class Owner:
    """A member with one of everything."""

    studio: Studio
    member: Member
    session_id: TrainingSessionId
    own: dict[str, UUID]
    marks: list[str]

    def everything(self) -> dict[str, list[Any]]:
        return {
            table: self.studio.db.execute(
                f"SELECT * FROM {table} WHERE {column} = %s ORDER BY 1".encode(), (self.member.id,)
            ).fetchall()
            for table, column in TABLES.items()
        }

    def unseen_in(self, answer: TestResponse) -> None:
        text = answer.get_data(as_text=True) + str(answer.headers)
        asked = str(answer.request.path)
        assert [mark for mark in self.marks if mark in text and mark not in asked] == []


@pytest.fixture
def owner(browser: Browser, studio: Studio) -> Owner:
    member, session_id = studio.a_member(), studio.a_session(capacity=5)
    name = f"Vasylyna {uuid4().hex}"
    studio.db.execute("UPDATE members SET name = %s WHERE id = %s", (name, member.id))
    offered_in = studio.a_session()
    own: dict[str, UUID] = {"booking": studio.book(session_id, member), "offered": studio.book(offered_in, member)}
    for one in (session_id, offered_in):
        studio.serve(one)
    studio.db.execute(
        "UPDATE bookings SET status = 'offered', offered_until = now() + interval '1 day' WHERE id = %s",
        (own["offered"],),
    )
    device, message = f"Phone {uuid4().hex}", f"Please {uuid4().hex}"
    own["device"] = a_device(browser, member, device)
    own["request"] = UUID(a_request_of(studio, member, message=message))
    feed: Any = browser.http.post("/v1/me/calendar-feed", headers=token_of(member))
    ask_for_reset(studio.db, new_id(), f"{member.id}@example.test")
    marks = [name, f"{member.id}", f"{member.pass_id}", device, message, feed.json["url"], *map(str, own.values())]
    return Owner(studio, member, session_id, own, marks)


def token_of(member: Member) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(settings(), member.id)}"}


@pytest.fixture(params=[Role.MEMBER, Role.TRAINER, Role.ADMIN], ids=str)
def other(request: pytest.FixtureRequest, studio: Studio) -> Member:
    """Somebody else: on members' addresses staff are members."""
    member = studio.a_member()
    studio.db.execute("UPDATE members SET role = %s WHERE id = %s", (request.param, member.id))
    return member


@pytest.mark.usefixtures("serving")
def test_anothers_id_neither_shows_nor_changes_anything(
    browser: Browser, studio: Studio, owner: Owner, other: Member
) -> None:
    before = owner.everything()
    browser.sign_in(studio, other)
    form = {"form_token": browser.forms(browser.open("/preferences"))[0].fields["form_token"]}

    for line, what in OWN.items():
        method, rule = line.split()
        path = f"{rule[: rule.index('<')]}{owner.own[what]}{rule[rule.index('>') + 1 :]}"
        if path.startswith("/v1/"):
            headers = {**token_of(other), "Prefer": "wait=20"}
            answer: Any = browser.http.open(path, method=method, json={}, headers=headers)
        else:
            answer = browser.http.open(path, method=method, data={**form, "key": new_key()})

        if answer.status_code == 409:
            # A command about a booking is decided in its session's line, and the refusal is all that the asker hears.
            assert [reason["code"] for reason in answer.json["reasons"]] == ["booking_not_yours"], line
        else:
            assert answer.status_code == 404, line
        owner.unseen_in(answer)
        assert owner.everything() == before, line


def test_to_whom_it_belongs_each_of_them_is_something(browser: Browser, studio: Studio, owner: Owner) -> None:
    browser.sign_in(studio, owner.member)
    for line, what in OWN.items():
        method, rule = line.split()
        if method == "GET":
            path = f"{rule[: rule.index('<')]}{owner.own[what]}{rule[rule.index('>') + 1 :]}"
            assert browser.http.get(path).status_code == 200, line


def test_nothing_that_another_opens_shows_anything_of_mine(
    app: APIFlask, browser: Browser, studio: Studio, owner: Owner
) -> None:
    other = studio.a_member()
    browser.sign_in(studio, other)
    opened = 0
    for method, path in lines_of(app):
        if method != "GET" or "<" in path or path in {"/v1/events", "/v1/staff/events"}:
            continue
        for headers in ({}, token_of(other)):
            found: Any = browser.http.get(path, headers=headers)
            with found as answer:
                owner.unseen_in(answer)
                opened += answer.status_code == 200
    for path in (f"/sessions/{owner.session_id}", f"/v1/sessions/{owner.session_id}"):
        owner.unseen_in(browser.open(path))
    assert opened > 50


def test_anothers_pass_books_nothing_by_the_interface_nor_by_the_page(
    browser: Browser, studio: Studio, serving: None, owner: Owner
) -> None:
    other, session_id, before = studio.a_member(), studio.a_session(), owner.everything()
    body = {"pass_id": str(owner.member.pass_id)}

    answer: Any = browser.http.post(
        f"/v1/sessions/{session_id}/bookings", json=body, headers={**token_of(other), "Prefer": "wait=20"}
    )
    browser.sign_in(studio, other)
    form = browser.form(browser.open(f"/sessions/{session_id}"), f"/sessions/{session_id}/book")
    browser.http.post(form.action, data={**form.fields, **body})

    assert [reason["code"] for reason in answer.json["reasons"]] == ["pass_not_yours"]
    assert studio.roster(session_id) == {}
    assert owner.everything() == before


def test_anothers_key_is_no_key_to_their_command(browser: Browser, studio: Studio, serving: None, owner: Owner) -> None:
    other, key = studio.a_member(), {"Idempotency-Key": "the-same-for-both", "Prefer": "wait=20"}
    session_id = studio.a_session()
    path = f"/v1/sessions/{session_id}/bookings"
    theirs: Any = browser.http.post(
        path, json={"pass_id": str(owner.member.pass_id)}, headers={**token_of(owner.member), **key}
    )
    assert theirs.status_code == 201, theirs.text
    before = owner.everything()

    mine: Any = browser.http.post(path, json={"pass_id": str(other.pass_id)}, headers={**token_of(other), **key})
    cancelled: Any = browser.http.post(
        f"/v1/bookings/{theirs.json['id']}/cancellation", headers={**token_of(other), **key, "Idempotency-Key": "k"}
    )

    assert (theirs.status_code, mine.status_code, cancelled.status_code) == (201, 201, 409)
    assert mine.json["id"] != theirs.json["id"]
    owner.unseen_in(mine)
    assert owner.everything() == before


def test_reading_anothers_notification_marks_nothing(browser: Browser, studio: Studio, owner: Owner) -> None:
    other = studio.a_member()
    rows = studio.db.execute("SELECT id FROM notices WHERE member_id = %s", (owner.member.id,)).fetchall()
    before = owner.everything()
    assert rows

    for body in ({"ids": [id_ for (id_,) in rows]}, {"up_to": max(id_ for (id_,) in rows)}):
        answer = browser.http.post("/v1/me/notifications/read", json=body, headers=token_of(other))
        assert answer.status_code == 200

    assert owner.everything() == before


def test_whoever_listens_to_a_session_hears_nothing_of_who_is_on_it(
    browser: Browser,
    studio: Studio,
    serving: None,
    owner: Owner,
    listen: Callable[[TestResponse], Frames],  # noqa: F811 - the fixture of that name
) -> None:
    other = studio.a_member()
    path = f"/v1/events?session_id={owner.session_id}"
    frames = listen(browser.http.get(path, headers={**token_of(other), "Last-Event-ID": "0"}, buffered=False))
    heard = [frames.next()]

    cancelled = browser.http.post(
        f"/v1/bookings/{owner.own['booking']}/cancellation", headers={**token_of(owner.member), "Prefer": "wait=20"}
    )

    assert cancelled.status_code == 200
    while not (heard[-1].get("event") == "session" and '"booked":0' in heard[-1]["data"].replace(" ", "")):
        heard.append(frames.next())
    assert {one.get("event") for one in heard} <= {None, "inbox", "session"}
    text = str(heard)
    assert [mark for mark in owner.marks if mark in text] == []


def test_a_code_of_mine_tells_another_member_nothing_and_checks_nobody_in(
    browser: Browser, studio: Studio, owner: Owner
) -> None:
    code = code_of(settings(), BookingId(owner.own["booking"]))
    other = studio.a_member()
    browser.sign_in(studio, other)
    form = {"form_token": browser.forms(browser.open("/preferences"))[0].fields["form_token"]}

    answers = [
        browser.http.get(f"/check-in/{code}"),
        browser.http.post(f"/check-in/{code}", data=form),
        browser.http.get(f"/v1/staff/check-ins/{code}", headers=token_of(other)),
    ]

    for answer in answers:
        owner.unseen_in(answer)
    assert studio.db.execute(
        "SELECT count(*) FROM attendances WHERE booking_id = %s", (owner.own["booking"],)
    ).fetchone() == (0,)
