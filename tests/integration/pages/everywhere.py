"""Every address there is, with something behind each that a studio has; for the tests that hold for all of them."""

import re
from dataclasses import dataclass
from typing import Any

from apiflask import APIFlask

from api.auth import make_token
from api.check_in_codes import code_of
from domain.ids import BookingId
from domain.notices import NoticeKind
from storage.settings import settings
from tests.integration.api.test_staff_series import a_series
from tests.integration.links import a_reset
from tests.integration.pages.conftest import Browser
from tests.integration.pages.test_devices import a_device
from tests.integration.pass_requests import a_request_of, an_offered_type
from tests.integration.studio import Member, Studio
from workers.messages.links import unsubscribe_url

METHODS = {"GET", "POST", "PATCH", "DELETE"}


@dataclass
class Everything:
    """An admin, who is a member too, and for each word in an address what to put there."""

    studio: Studio
    admin: Member
    values: dict[str, str]

    def path(self, rule: str) -> str:
        """Return an address of this rule."""
        of = rule.split("/")
        by_place = {"series": "series_id", "trainings": "training_id", "trainers": "trainer_id", "spaces": "space_id"}

        def value(match: re.Match[str]) -> str:
            name = match[1].rpartition(":")[2]
            return self.values[by_place[of[2]] if name == "id_" else name]

        return re.sub(r"<([^>]+)>", value, rule)


def lines_of(app: APIFlask) -> list[tuple[str, str]]:
    """Return method and rule of each address."""
    return sorted(
        (method, rule.rule) for rule in app.url_map.iter_rules() for method in (rule.methods or set()) & METHODS
    )


def everything(browser: Browser, studio: Studio, text: str = "") -> Everything:
    """Make one of everything, with this text wherever a person can fill one in."""
    admin, guest = studio.a_member(), studio.a_member()
    studio.db.execute("UPDATE members SET role = 'admin' WHERE id = %s", (admin.id,))
    bearer = {"Authorization": f"Bearer {make_token(settings(), admin.id)}"}
    values = {
        "member_id": str(guest.id),
        "pass_id": str(admin.pass_id),
        "training_id": str(studio.training_id),
        "trainer_id": str(studio.trainer_id),
        "space_id": str(studio.space_id),
        "subscription_id": str(a_device(browser, admin, f"{text or 'Phone'}"[:80])),
        "type_id": str(an_offered_type(studio)),
        "secret": a_reset(studio.db, guest),
        "token": unsubscribe_url(settings(), admin.id, NoticeKind.REMINDER).rpartition("/")[2],
        "filename": "tokens.css",
        "name": "1.eml",
        "request_id": a_request_of(studio, admin, message=f"Please {text}"),
    }
    made: Any = browser.http.post("/v1/staff/series", json=a_series(studio), headers=bearer)
    assert made.status_code == 201, made.text
    values["series_id"] = made.json["id"]
    session_id = studio.a_session(capacity=1)
    booking_id = studio.book(session_id, admin)
    studio.book(session_id, guest)
    studio.serve(session_id)
    values |= {"session_id": str(session_id), "booking_id": str(booking_id), "command_id": str(booking_id)}
    values["code"] = code_of(settings(), BookingId(booking_id))
    if text:
        _written_everywhere(browser, studio, bearer, values, text)
    return Everything(studio, admin, values)


def _written_everywhere(
    browser: Browser, studio: Studio, bearer: dict[str, str], values: dict[str, str], text: str
) -> None:
    """Put the text where people are named and things described, and let staff give it as their reason."""
    for table, columns in (
        ("members", ("name",)),
        ("trainings", ("name", "description")),
        ("trainers", ("name",)),
        ("spaces", ("name",)),
        ("pass_types", ("name", "description", "price")),
        ("sign_ins", ("device",)),
    ):
        for column in columns:
            own = "id::text" if column == "name" else "''"
            studio.db.execute(f"UPDATE {table} SET {column} = %s || {own}".encode(), (text,))
    other = studio.a_session(capacity=1)
    booking_id = studio.book(other, studio.a_member())
    studio.serve(other)
    said = [
        browser.http.post(f"/v1/staff/bookings/{booking_id}/cancellation", json={"why": text}, headers=bearer),
        browser.http.post(f"/v1/staff/members/{values['member_id']}/suspension", json={"why": text}, headers=bearer),
        browser.http.post(f"/v1/staff/passes/{values['pass_id']}/deactivation", json={"why": text}, headers=bearer),
    ]
    studio.serve(other)
    assert {answer.status_code for answer in said} <= {200, 202}, [answer.text for answer in said]
