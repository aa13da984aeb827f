"""My passes: what is left, until when, for what, and where the sessions went."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from flask import Response

from api.models.me import PageQuery, PassesPage, PassWithLedger
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.pass_requests import SAVED
from api.pages.queries import query_of, saved_words
from api.pages.rendering import framed_page, valid_until
from api.pages.visitors import members_only
from api.routes.me import LEDGER_LINES_MAX, get_me, get_passes
from api.routes.pass_requests import get_my_requests

ENDS_SOON_DAYS = 14
METER_STEPS = 20
REQUESTS_SHOWN = 5  # the newest; what is older is no news


@dataclass(frozen=True, slots=True)
class ShownPass:
    """A pass as its card shows it at this moment, in the studio's zone."""

    pass_: PassWithLedger
    time_zone: str
    now: datetime

    @property
    def has_expired(self) -> bool:
        """Whether it cannot pay any more because of its date."""
        return self.pass_.expires_at is not None and self.now >= self.pass_.expires_at

    @property
    def ends_soon(self) -> bool:
        """Whether it expires within `ENDS_SOON_DAYS`."""
        ends = self.pass_.expires_at
        return ends is not None and self.now < ends <= self.now + timedelta(days=ENDS_SOON_DAYS)

    @property
    def is_used_up(self) -> bool:
        """Whether no session is left."""
        return self.pass_.sessions_left is not None and self.pass_.sessions_left < 1

    @property
    def can_pay(self) -> bool:
        """Whether it pays for a session at this moment."""
        return self.pass_.active and not self.has_expired and not self.is_used_up

    @property
    def valid_until(self) -> str | None:
        """Until when it pays, in words; None for ever."""
        ends = self.pass_.expires_at
        return None if ends is None else valid_until(ends, self.time_zone)

    @property
    def fill(self) -> int | None:
        """How full the meter is, in steps of 5 %; None for an unlimited pass. Only none left is 0."""
        left, granted = self.pass_.sessions_left, self.pass_.sessions_granted
        if left is None or granted is None:
            return None
        return ceil(METER_STEPS * left / max(granted, 1))


def shown_passes(found: PassesPage, time_zone: str) -> list[ShownPass]:
    """Return each pass as its card shows it now."""
    now = datetime.now(UTC)
    return [ShownPass(one, time_zone, now) for one in found.items]


@pages.get("/passes")
@members_only
def show_passes() -> Response:
    """List the member's passes, each with the newest lines of its ledger, and what the member asked for."""
    query = query_of(PageQuery, "cursor")
    found, time_zone = v1(get_passes)(query), v1(get_me)().time_zone
    return framed_page(
        "passes.html",
        passes=shown_passes(found, time_zone),
        next_cursor=found.next_cursor,
        cursor=query.cursor,
        time_zone=time_zone,
        lines_max=LEDGER_LINES_MAX,
        requests=[] if query.cursor else v1(get_my_requests)(PageQuery(limit=REQUESTS_SHOWN)).items,
        saved=saved_words(SAVED),
    )
