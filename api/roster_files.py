"""The roster as a file for spreadsheets."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import StringIO
from zoneinfo import ZoneInfo

from api.formulas import harmless
from api.language import gettext
from api.models.roster import Roster, RosterEntry


def csv_of(roster: Roster) -> bytes:
    """Return the roster as CSV in UTF-8 with the mark that spreadsheets know it by; times are the studio's.

    What a spreadsheet would take for a formula is given a quote in front, which shows it as the text it is.
    """
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(
        [
            gettext("Where"),
            gettext("Number"),
            gettext("Name"),
            gettext("Pass"),
            gettext("Booked"),
            gettext("Booked by"),
            gettext("Moved up from the line"),
            gettext("Came"),
            gettext("Reasons"),
            gettext("Guest"),
        ]
    )
    zone = ZoneInfo(roster.session.time_zone)
    words = {"present": gettext("Here"), "late": gettext("Late"), "no_show": gettext("Not come")}
    groups = (
        (gettext("Confirmed"), roster.confirmed),
        (gettext("Offered"), roster.offered),
        (gettext("Waitlist"), roster.waiting),
        (gettext("Passed over"), roster.skipped),
    )
    for where, entries in groups:
        for row in _rows(entries, zone, words):
            writer.writerow([harmless(cell) for cell in (where, *row)])
    return text.getvalue().encode("utf-8-sig")


def _rows(entries: Iterable[RosterEntry], zone: ZoneInfo, words: dict[str, str]) -> Iterator[tuple[str, ...]]:
    for number, entry in enumerate(entries, start=1):
        yield (
            str(number),
            entry.member.name,
            entry.pass_.name,
            _clock(entry.booked_at, zone),
            gettext("the member") if entry.booked_by is None else entry.booked_by or gettext("staff"),
            _clock(entry.promoted_at, zone),
            "" if entry.attendance is None else words[entry.attendance],
            " ".join(reason.sentence for reason in entry.skipped),
            gettext("yes") if entry.guest else "",
        )


def _clock(instant: datetime | None, zone: ZoneInfo) -> str:
    return "" if instant is None else f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"
