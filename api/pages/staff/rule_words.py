"""How a series repeats, in words."""

from api.language import N_, gettext, ngettext
from domain.series import WEEKDAYS, Frequency, Recurrence

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
    found = Recurrence.of_rule(rule)
    often = _say_frequency(found).replace("%(num)s", str(found.interval))
    if found.weekdays:
        nth = "" if found.nth is None else f"{gettext(NTH_NAMES[str(found.nth)])} "
        days = [nth + gettext(WEEKDAY_NAMES[WEEKDAYS[day]]) for day in found.weekdays]
        return f"{often}: {', '.join(days)}"
    if found.month_day is not None:
        return gettext("%(often)s, on day %(number)s") % {"often": often, "number": found.month_day}
    return often


def _say_frequency(found: Recurrence) -> str:
    match found.frequency:
        case Frequency.DAILY:
            return ngettext("Every day", "Every %(num)s days", found.interval)
        case Frequency.WEEKLY:
            return ngettext("Every week", "Every %(num)s weeks", found.interval)
        case Frequency.MONTHLY:
            return ngettext("Every month", "Every %(num)s months", found.interval)
