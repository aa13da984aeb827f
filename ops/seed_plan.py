"""What the demo studio is made of: plain data, edited by hand."""

from dataclasses import dataclass
from datetime import time

STUDIO_NAME = "Dnipro Strength Club"
TIME_ZONE = "Europe/Kyiv"

TRAININGS = {
    "Strength basics": "Squat, press and pull with a coach beside you. Eight people at most, for every level.",
    "HIIT": "Forty minutes of intervals on rowers and ropes. Bring a towel and water.",
    "Yoga flow": "A calm hour that links breath and movement; mats are there.",
    "Spinning": "Indoor cycling to music. The shoes click in, trainers fit too.",
    "Boxing": "Footwork, pads and bag work without sparring. Wraps can be borrowed at the desk.",
}
TRAINERS = ("Olena Kovalenko", "Taras Melnyk", "Iryna Bondar", "Maksym Tkachenko")
SPACES = ("Main hall", "Studio", "Cycling room")


@dataclass(frozen=True, slots=True)
class Slot:
    """A session that comes every week on these days (Monday is 0), at this local time."""

    training: str
    trainer: str
    space: str
    days: tuple[int, ...]
    at: time
    minutes: int
    capacity: int
    booking_deadline_minutes: int = 30
    cancellation_deadline_minutes: int = 180


TIMETABLE = (
    Slot("Strength basics", "Taras Melnyk", "Main hall", (0, 2, 4), time(7, 30), 60, 8),
    Slot("Strength basics", "Maksym Tkachenko", "Main hall", (1, 3), time(18, 0), 60, 8),
    Slot("HIIT", "Iryna Bondar", "Main hall", (0, 1, 2, 3, 4), time(12, 15), 45, 12),
    Slot("HIIT", "Maksym Tkachenko", "Main hall", (0, 2), time(19, 15), 45, 6),
    Slot("Yoga flow", "Olena Kovalenko", "Studio", (1, 3, 5), time(9, 0), 60, 14, 60, 720),
    Slot("Yoga flow", "Olena Kovalenko", "Studio", (0, 2, 6), time(20, 0), 60, 14, 60, 720),
    Slot("Spinning", "Iryna Bondar", "Cycling room", (1, 3, 5), time(17, 30), 50, 10),
    Slot("Boxing", "Taras Melnyk", "Studio", (2, 4, 6), time(18, 30), 75, 10, 60, 360),
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the studio; `signs_in` says that a password is made for them."""

    name: str
    email: str
    role: str = "member"
    signs_in: bool = False


PEOPLE = (
    Person("Kateryna Hrytsenko", "owner@example.com", "owner", signs_in=True),
    Person("Olena Kovalenko", "olena@example.com", "trainer", signs_in=True),
    Person("Andrii Shevchuk", "andrii@example.com", signs_in=True),
    Person("Sofiia Lysenko", "sofiia@example.com", signs_in=True),
    Person("Dmytro Marchenko", "dmytro@example.com", signs_in=True),
    Person("Nadiia Polishchuk", "nadiia@example.com", signs_in=True),
    Person("Yurii Savchenko", "yurii@example.com", signs_in=True),
    Person("Mariia Rudenko", "mariia@example.com", signs_in=True),
    Person("Bohdan Koval", "bohdan@example.com"),
    Person("Daryna Moroz", "daryna@example.com"),
    Person("Ihor Petrenko", "ihor@example.com"),
    Person("Larysa Sydorenko", "larysa@example.com"),
    Person("Mykola Vasylenko", "mykola@example.com"),
    Person("Oksana Zinchenko", "oksana@example.com"),
    Person("Petro Kravets", "petro@example.com"),
    Person("Ruslana Bilyk", "ruslana@example.com"),
    Person("Stepan Hnatiuk", "stepan@example.com"),
    Person("Tamara Chornovil", "tamara@example.com"),
)


@dataclass(frozen=True, slots=True)
class Grant:
    """A pass for one person; `days` is how long it is still valid (below zero: how long it has not been)."""

    email: str
    name: str
    sessions: int | None
    trainings: tuple[str, ...] | None = None
    days: int | None = 60
    active: bool = True


GRANTS = (
    Grant("andrii@example.com", "Ten sessions", 10),
    Grant("andrii@example.com", "Yoga month", None, ("Yoga flow",), days=30),
    Grant("sofiia@example.com", "Unlimited year", None, days=300),
    Grant("dmytro@example.com", "Ten sessions", 10, days=-7),
    Grant("dmytro@example.com", "Trial session", 1),
    Grant("nadiia@example.com", "Trial session", 1),
    Grant("yurii@example.com", "Ten sessions", 10, active=False),
    Grant("yurii@example.com", "Spinning five", 5, ("Spinning",)),
    Grant("mariia@example.com", "Ten sessions", 10, days=None),
    Grant("olena@example.com", "Staff pass", None, days=None),
)
REGULARS_GRANT = "Ten sessions"
"""What everybody who never signs in has, so that they can fill sessions."""
REGULARS_SESSIONS = 10
REGULARS_DAYS = 90
