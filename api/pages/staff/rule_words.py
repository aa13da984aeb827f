"""How a series repeats, in words."""

from api.language import N_, gettext, ngettext
from domain.series import Frequency

WEEKDAY_NAMES = {
    "MO": N_("Monday"),
    "TU": N_("Tuesday"),
    "WE": N_("Wednesday"),
    "TH": N_("Thursday"),
    "FR": N_("Friday"),
    "SA": N_("Saturday"),
    "SU": N_("Sunday"),
}
NTH_NAMES = {"1": N_("first"), "2": N_("second"), "3": N_("third"), "4": N_("fourth"), "-1": N_("last")}


def say_rule(rule: str) -> str:
    """Return what a series' RRULE says: `Every week: Tuesday, Thursday`, `Every month: last Friday`."""
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    interval = int(parts.get("INTERVAL", "1"))
    match Frequency(parts["FREQ"].lower()):
        case Frequency.DAILY:
            often = ngettext("Every day", "Every %(num)s days", interval)
        case Frequency.WEEKLY:
            often = ngettext("Every week", "Every %(num)s weeks", interval)
        case Frequency.MONTHLY:
            often = ngettext("Every month", "Every %(num)s months", interval)
    often = often % {"num": interval} if "%" in often else often
    if "BYDAY" in parts:
        return f"{often}: {', '.join(_say_day(day) for day in parts['BYDAY'].split(','))}"
    if "BYMONTHDAY" in parts:
        return gettext("%(often)s, on day %(number)s") % {"often": often, "number": parts["BYMONTHDAY"]}
    return often


def _say_day(day: str) -> str:
    nth, weekday = day[:-2], gettext(WEEKDAY_NAMES[day[-2:]])
    return f"{gettext(NTH_NAMES[nth])} {weekday}" if nth else weekday
