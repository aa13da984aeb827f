"""What is said of who came."""

from api.language import N_, gettext
from domain.attendance import Attendance

ATTENDANCE_NAMES = {
    Attendance.PRESENT: N_("Here"),
    Attendance.LATE: N_("Late"),
    Attendance.NO_SHOW: N_("Not come"),
}


def attendance_names() -> dict[str, str]:
    """Return the words for each, in the visitor's language; plain text, which templates are quickest at."""
    return {str(attendance): gettext(name) for attendance, name in ATTENDANCE_NAMES.items()}
