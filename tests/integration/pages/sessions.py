"""What the tests of the schedule, of a session's page and of booking arrange and read alike."""

from datetime import UTC, datetime, tzinfo
from typing import Any, Self

from domain.ids import BookingId, TrainingSessionId
from storage.identifiers import new_id
from tests.integration.pages.conftest import Browser
from tests.integration.pages.strictly import Page, strictly
from tests.integration.studio import Member, Studio

WEDNESDAY = datetime(2031, 3, 5, 16, 0, tzinfo=UTC)  # 18:00 in Kyiv


class Thursday(datetime):
    """A clock that stands at noon of Thursday, 6 March 2031."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls(2031, 3, 6, 12, tzinfo=UTC).astimezone(tz)


def show(browser: Browser, address: str, *, status: int = 200) -> Page:
    return strictly(browser.open(address, status=status).get_data(as_text=True))


def week_of(studio: Studio, day: str, *, path: str = "/") -> str:
    """Return the address of this studio's sessions alone; other tests have theirs in the same weeks."""
    return f"{path}?day={day}&trainer={studio.trainer_id}"


def linked(page: Page) -> list[str]:
    addresses = [one.attributes["href"] for one in page.all("a")]
    return [address.removeprefix("/sessions/") for address in addresses if address.startswith("/sessions/")]


def a_note(page: Page) -> str:
    (note,) = page.all("div", "note")
    return note.text


def somebody_in(studio: Studio, session_id: TrainingSessionId, number: int = 1) -> list[tuple[Member, BookingId]]:
    booked = [(member, studio.book(session_id, member)) for member in studio.members(number)]
    studio.serve(session_id)
    return booked


def another_pass(studio: Studio, member: Member, **changes: Any) -> str:
    values = {"training_ids": None, "active": True, "sessions_left": 5, "expires_at": None, **changes}
    pass_id = new_id()
    studio.db.execute(
        "INSERT INTO passes (id, pass_type_id, member_id, training_ids, active, sessions_granted, sessions_left,"
        " expires_at) VALUES (%s, %s, %s, %s, %s, 5, %s, %s)",
        (pass_id, studio.pass_type_id, member.id, *values.values()),
    )
    return str(pass_id)
