"""What the two files of an import say: `schedule.csv` and `members.csv`, cell by cell."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from ops.cells import Cells
from ops.csv_file import Complaints, read_rows
from storage.intake import KnownPass, KnownTrainingSession

SCHEDULE = "schedule.csv"
SCHEDULE_COLUMNS = (
    "session_key", "training", "trainer", "space", "starts_at", "minutes", "capacity", "booking_deadline_minutes",
    "cancellation_deadline_minutes",
)  # fmt: skip
MEMBERS = "members.csv"
MEMBERS_COLUMNS = (
    "member_key", "name", "email", "pass_key", "pass_name", "trainings", "sessions_left", "expires_on",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MemberLine:
    """Who a line of `members.csv` speaks of."""

    key: str
    name: str
    email: str


Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class Line(Generic[Said]):
    """What one line says, and where it stands."""

    number: int
    said: Said


@dataclass(frozen=True, slots=True)
class ImportFiles:
    """Both files, each thing once by its key."""

    training_sessions: dict[str, Line[KnownTrainingSession]]
    members: dict[str, Line[MemberLine]]
    passes: dict[str, Line[KnownPass]]


def read_import(folder: Path, zone: ZoneInfo, complaints: Complaints) -> ImportFiles:
    """Read both files; what cannot be read is complained about and left out."""
    files = ImportFiles({}, {}, {})
    for row in read_rows(folder / SCHEDULE, SCHEDULE_COLUMNS, complaints):
        session = _session_of(Cells(row, complaints), zone)
        if session is not None:
            _keep(files.training_sessions, session.key, session, Cells(row, complaints), "session_key")
    for row in read_rows(folder / MEMBERS, MEMBERS_COLUMNS, complaints):
        _read_member(Cells(row, complaints), zone, files)
    _refuse_shared_emails(files.members.values(), complaints)
    return files


def _session_of(cells: Cells, zone: ZoneInfo) -> KnownTrainingSession | None:
    booking_deadline = cells.number("booking_deadline_minutes", least=0)
    cancellation_deadline = booking_deadline
    if cells.row.cells["cancellation_deadline_minutes"]:
        cancellation_deadline = cells.number("cancellation_deadline_minutes", least=0)
    return _whole(
        KnownTrainingSession,
        key=cells.text("session_key"),
        training=cells.text("training"),
        trainer=cells.text("trainer"),
        space=cells.text("space"),
        starts_at=cells.local_time("starts_at", zone),
        minutes=cells.number("minutes", least=1),
        capacity=cells.number("capacity", least=1),
        booking_deadline_minutes=booking_deadline,
        cancellation_deadline_minutes=cancellation_deadline,
    )


def _read_member(cells: Cells, zone: ZoneInfo, files: ImportFiles) -> None:
    row, complaints = cells.row, cells.complaints
    said_before = len(complaints.errors)
    member = _whole(MemberLine, key=cells.text("member_key"), name=cells.text("name"), email=cells.email("email"))
    pass_key, pass_name = cells.text("pass_key"), cells.text("pass_name")
    trainings = _trainings_of(cells)
    sessions = cells.number("sessions_left", least=0) if row.cells["sessions_left"] else None
    expires_at = cells.end_of_day("expires_on", zone) if row.cells["expires_on"] else None
    if member is not None:
        first = files.members.setdefault(member.key, Line(row.line, member))
        for column in ("name", "email"):
            before, now = getattr(first.said, column), getattr(member, column)
            if before != now:
                cells.complain(column, f"{member.key!r} has {before!r} on line {first.number}, here {now!r}")
    if member is not None and pass_key and pass_name and len(complaints.errors) == said_before:
        known = KnownPass(pass_key, member.key, pass_name, trainings, sessions, expires_at)
        _keep(files.passes, pass_key, known, cells, "pass_key")


def _trainings_of(cells: Cells) -> tuple[str, ...] | None:
    """The trainings a pass pays for, sorted; None is all of them."""
    value = cells.row.cells["trainings"]
    if not value:
        return None
    names = {name.strip() for name in value.split(";")}
    if "" in names:
        cells.complain("trainings", f"there is an empty name in {value!r}; separate names by one semicolon")
    return tuple(sorted(names))


def _whole(shape: Callable[..., Said], **cells: Any) -> Said | None:
    """Return the thing whose every cell could be read, or None: then there was a complaint."""
    return None if None in cells.values() else shape(**cells)


def _keep(things: dict[str, Line[Said]], key: str, said: Said, cells: Cells, column: str) -> None:
    first = things.get(key)
    if first is None:
        things[key] = Line(cells.row.line, said)
    else:
        cells.complain(column, f"{key!r} is on line {first.number} already; each key comes once")


def _refuse_shared_emails(members: Iterable[Line[MemberLine]], complaints: Complaints) -> None:
    seen: dict[str, Line[MemberLine]] = {}
    for line in members:
        first = seen.setdefault(line.said.email.lower(), line)
        if first is not line:
            reason = f"{line.said.email!r} belongs to {first.said.key!r} on line {first.number}"
            complaints.add(MEMBERS, line.number, "email", f"{reason}; each member needs an address of their own")
