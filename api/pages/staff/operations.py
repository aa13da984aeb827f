"""How the system runs, for those who run it: rates, what waits, workers, deliveries, servers, the last hour."""

from datetime import datetime

from babel.numbers import format_decimal
from flask import Response, request

from api.language import N_, language
from api.models.operations import Operations, Wrong
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.rendering import framed_page
from api.pages.staff.charts import Chart, over_the_hour
from api.pages.staff.frame import staff_only
from api.routes.catalogue import get_studio
from api.routes.operations import get_operations
from domain.roles import Role

REFRESH_SECONDS = 10
DIGIT_BELOW_SECONDS, MINUTES_FROM_SECONDS, HOURS_FROM_SECONDS = 10, 120, 7200

WRONG = {
    Wrong.REDIS_AWAY: (
        N_("Redis does not answer"),
        N_(
            "Commands are accepted and none is lost, but none is applied until it is back. See that it runs and that "
            "SEATLINE_REDIS_URL points at it."
        ),
    ),
    Wrong.NO_WORKER: (
        N_("No worker serves commands"),
        N_("What members ask waits. Start a worker that reads the queues sessions and upkeep."),
    ),
    Wrong.NO_SWEEP: (
        N_("Nobody has swept for a minute"),
        N_("What a crash left behind is not found, and there is no history. See that beat runs."),
    ),
    Wrong.NO_NOTIFIER: (
        N_("No worker delivers notices"),
        N_("Mails and push messages wait. Start a worker that reads the queue notifications."),
    ),
    Wrong.BACKLOG_FULL: (
        N_("So much waits that members are turned away"),
        N_("What was accepted stays accepted. Add workers, and look below at where most waits."),
    ),
    Wrong.COMMANDS_LATE: (
        N_("Commands wait for more than half a minute"),
        N_("Add workers, and look below at what the ones there are busy with."),
    ),
    Wrong.DELIVERIES_LATE: (
        N_("Deliveries are late by more than five minutes"),
        N_("The log of the worker that reads notifications says why."),
    ),
    Wrong.DELIVERIES_FAILED: (
        N_("Deliveries were given up"),
        N_("seatline deliveries list --status failed says why, seatline deliveries retry --failed tries them again."),
    ),
}
"""For each code what is wrong, and what to do."""

BUSY = {
    "": N_("nothing"),
    "serve": N_("serving a session"),
    "sweep": N_("sweeping"),
    "expire offers": N_("ending offers"),
    "deliver": N_("delivering"),
    "remind": N_("looking for reminders"),
    "plan": N_("planning series ahead"),
}


@pages.get("/ops")
@staff_only(Role.ADMIN)
def show_operations() -> Response:
    """Show it all, and again every ten seconds unless the address says `still`."""
    found, time_zone = v1(get_operations)(), v1(get_studio)().time_zone
    still = "still" in request.args
    answer = framed_page(
        "staff/operations.html",
        found=found,
        charts=_charts(found, time_zone),
        wrong=[WRONG[one] for one in found.wrong],
        busy=BUSY,
        still=still,
        refresh_seconds=REFRESH_SECONDS,
        time_zone=time_zone,
        number=say_number,
        seconds=say_seconds,
        since=lambda at: say_seconds(_seconds_between(at, found.at)),
    )
    if not still:
        answer.headers["Refresh"] = str(REFRESH_SECONDS)
    return answer


def _charts(found: Operations, time_zone: str) -> dict[str, Chart]:
    def chart(*names: str) -> Chart:
        values = [lambda moment, name=name: float(getattr(moment, name)) for name in names]
        return over_the_hour(found.last_hour, found.at, time_zone, *values)

    return {
        "rates": chart("settled_per_second", "accepted_per_second"),
        "waiting": chart("waiting"),
        "oldest": chart("oldest_seconds"),
        "sent": chart("sent_per_second"),
        "due": chart("due"),
        "late": chart("late_seconds"),
    }


def say_number(value: float) -> str:
    """Return `1,234` or `12.3`, as the language of this request writes it."""
    return str(format_decimal(round(value, 1), format="#,##0.#", locale=language()))


def say_seconds(seconds: float) -> str:
    """Return a duration in the unit that fits: `0.4 s`, `35 s`, `12 min`, `30 h`."""
    if seconds < DIGIT_BELOW_SECONDS:
        return f"{say_number(round(seconds, 1))} s"
    if seconds < MINUTES_FROM_SECONDS:
        return f"{say_number(round(seconds))} s"
    if seconds < HOURS_FROM_SECONDS:
        return f"{say_number(round(seconds / 60))} min"
    return f"{say_number(round(seconds / 3600))} h"


def _seconds_between(earlier: datetime, later: datetime) -> float:
    return max((later - earlier).total_seconds(), 0.0)
