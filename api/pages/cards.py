"""Sessions as the schedule shows them: an entry of the list, of the week, of the month.

Each is rendered from a `Card` alone, and equal cards are rendered once: of the hundreds of entries of a week most are
the same as a moment ago. So nothing that is shown can be old.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from flask import Flask, current_app
from markupsafe import Markup

from api.language import language
from api.models.me import Booking
from api.models.sessions import Session

CARDS_MAX = 8192  # kept rendered, of all shapes and languages; about 1 kB each


class Mine(NamedTuple):
    """The visitor's live booking."""

    status: str
    place_in_line: int | None
    skipped: bool


class Card(NamedTuple):
    """All that an entry says, in the studio's zone."""

    id: UUID
    name: str
    trainer: str
    space: str
    starts_at: datetime
    lasts_minutes: int
    status: str
    has_started: bool
    is_over: bool
    capacity: int
    booked: int
    spots_left: int
    waitlisted: int
    mine: Mine | None

    @property
    def counts(self) -> bool:
        """Whether it says how full the session is."""
        return self.status == "scheduled" and not self.has_started


def cards(shape: str, sessions: Iterable[Session], mine: Mapping[UUID, Booking], now: datetime) -> Markup:
    """Return the entries of these sessions as the macro `shape` of `cards.html` makes each."""
    spoken = language()
    return Markup("").join(_rendered(shape, _card(one, mine.get(one.id), now), spoken) for one in sessions)


def _card(session: Session, booking: Booking | None, now: datetime) -> Card:
    mine = None if booking is None else Mine(booking.status, booking.place_in_line, bool(booking.skipped))
    return Card(
        session.id,
        session.name,
        session.trainer.name,
        session.space.name,
        session.starts_at_local,
        session.lasts_minutes,
        session.status,
        now >= session.starts_at,
        now >= session.ends_at,
        session.capacity,
        session.booked,
        session.spots_left,
        session.waitlisted,
        mine,
    )


def register(app: Flask) -> None:
    """Let templates show cards."""
    app.jinja_env.globals["cards"] = cards


@lru_cache(maxsize=CARDS_MAX)
def _rendered(shape: str, shown: Card, _language: str) -> Markup:
    macros = current_app.jinja_env.get_template("cards.html").module
    made: Markup = getattr(macros, shape)(shown)
    return made
