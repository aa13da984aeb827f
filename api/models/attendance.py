"""Who came, and whom a code at the door belongs to."""

from pydantic import Field

from api.models.common import Answer, Input
from api.models.roster import StaffBooking
from domain.attendance import Attendance, AtTheDoor


class AttendanceBody(Input):
    """What is noted."""

    attendance: Attendance | None = Field(description="Null takes the note back.")


class CheckIn(Answer):
    """A booking whose code was shown at the door."""

    booking: StaffBooking
    at_the_door: AtTheDoor = Field(description="Whether it is for the session that begins now, and why not.")
