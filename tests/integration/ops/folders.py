"""Folders of CSV files to import, as a studio would write them."""

from pathlib import Path

import pytest

from ops.errors import OperatorError
from ops.importing import import_folder
from storage.database import Db

SCHEDULE_HEADER = (
    "session_key,training,trainer,space,starts_at,minutes,capacity,booking_deadline_minutes,"
    "cancellation_deadline_minutes"
)
MEMBERS_HEADER = "member_key,name,email,pass_key,pass_name,trainings,sessions_left,expires_on"

MONDAY_YOGA = "mon-yoga,Yoga,Olena,Blue room,2030-06-03T07:00:00,55,15,60,720"
TUESDAY_BOXING = "tue-boxing,Boxing,Taras,Hall,2030-06-04T18:30,60,1,0,120"
ANNA = "anna,Anna,anna@example.test,p-anna,Yoga ten,Yoga,10,2030-12-31"
BORYS = "borys,Borys,borys@example.test,p-borys,Everything,,,"


def a_folder(
    folder: Path,
    schedule: list[str] | None = None,
    members: list[str] | None = None,
    *,
    schedule_header: str = SCHEDULE_HEADER,
    members_header: str = MEMBERS_HEADER,
) -> Path:
    """Write both files with these lines; what is not given is a small studio."""
    lines = [schedule_header, *([MONDAY_YOGA, TUESDAY_BOXING] if schedule is None else schedule)]
    (folder / "schedule.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines = [members_header, *([ANNA, BORYS] if members is None else members)]
    (folder / "members.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def rows(db: Db) -> int:
    """Count what an import adds to."""
    row = db.execute(
        "SELECT (SELECT count(*) FROM training_sessions) + (SELECT count(*) FROM members)"
        " + (SELECT count(*) FROM passes) + (SELECT count(*) FROM studio) + (SELECT count(*) FROM trainings)"
    ).fetchone()
    assert row is not None
    return int(row[0])


def complaints(db: Db, folder: Path) -> tuple[str, ...]:
    """Import what must be refused, see that nothing of it stayed, and return what was complained about."""
    before = rows(db)
    with pytest.raises(OperatorError, match="Nothing was imported") as refused:
        import_folder(db, folder)
    assert rows(db) == before
    return refused.value.details
