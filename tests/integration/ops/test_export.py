import csv
from pathlib import Path

import pytest

from domain.commands import Actor, BookSeat, CancelBooking
from domain.ids import BookingId, CommandId
from ops.errors import OperatorError
from ops.export import export_folder
from ops.importing import import_folder
from storage.database import Db
from storage.intake import ids_of_keys
from tests.integration.ops.folders import a_folder
from tests.integration.studio import Studio

MEMBERS = [f"m{number},Member {number},m{number}@example.test,p{number},Ten,,10," for number in range(1, 6)]


@pytest.fixture
def lived(studio: Studio, tmp_path: Path) -> Studio:
    """Boxing has one place: m1 had it and left, so m2 was promoted; m3 and m4 wait, m3 of them left and came again."""
    import_folder(studio.db, a_folder(tmp_path, members=MEMBERS))
    keys = [f"m{number}" for number in range(1, 6)]
    known = ids_of_keys(
        studio.db, training_sessions=["tue-boxing"], members=keys, passes=[key.replace("m", "p") for key in keys]
    )
    session = known.training_sessions["tue-boxing"]

    def book(number: int) -> CommandId:
        return studio.ask(session, Actor(known.members[f"m{number}"]), BookSeat(known.passes[f"p{number}"]))

    bookings = {number: book(number) for number in (1, 2, 3, 4)}
    for number in (1, 3):
        studio.ask(session, Actor(known.members[f"m{number}"]), CancelBooking(BookingId(bookings[number])))
    book(3)
    # Somebody without a key waits between those with one: the file counts them, but cannot name them.
    studio.book(session, studio.a_member())
    book(5)
    studio.serve(session)
    return studio


def test_the_rosters_name_places_and_the_line_in_order(lived: Studio, tmp_path: Path) -> None:
    exported = export_folder(lived.db, tmp_path / "out")
    assert (tmp_path / "out" / "rosters.csv").read_bytes() == (
        b"session_key,member_key,status,waitlist_position,promoted\n"
        b"tue-boxing,m2,confirmed,,1\n"
        b"tue-boxing,m4,waitlisted,1,0\n"
        b"tue-boxing,m3,waitlisted,2,0\n"
        b"tue-boxing,m5,waitlisted,4,0\n"
    )
    assert (exported.rosters, exported.passes) == (4, 5)


def test_the_passes_say_what_is_left(lived: Studio, tmp_path: Path) -> None:
    lived.db.execute("UPDATE passes SET sessions_left = NULL, sessions_granted = NULL WHERE key = 'p5'")
    export_folder(lived.db, tmp_path / "out")
    assert (tmp_path / "out" / "passes.csv").read_text(encoding="utf-8") == (
        "pass_key,member_key,sessions_left\np1,m1,10\np2,m2,9\np3,m3,10\np4,m4,10\np5,m5,\n"
    )


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\n", " ="])  # no import takes CR
def test_a_key_that_begins_like_a_formula_becomes_text(lived: Studio, tmp_path: Path, begins: str) -> None:
    evil = f"{begins}cmd|' /C calc'!A0"
    lived.db.execute("UPDATE members SET key = %s WHERE key = 'm2'", (evil,))
    lived.db.execute("UPDATE passes SET key = %s WHERE key = 'p2'", (evil,))
    lived.db.execute("UPDATE training_sessions SET key = %s WHERE key = 'tue-boxing'", (evil,))

    export_folder(lived.db, tmp_path / "out")

    for name, columns in (("rosters.csv", ("session_key", "member_key")), ("passes.csv", ("pass_key", "member_key"))):
        with (tmp_path / "out" / name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert {row[columns[1]] for row in rows} >= {f"'{evil}"}
        assert not [row for row in rows for column in columns if row[column].startswith(begins)]


def test_two_exports_of_the_same_state_are_the_same_bytes(lived: Studio, tmp_path: Path) -> None:
    for name in ("one", "two"):
        export_folder(lived.db, tmp_path / name)
    for file in ("rosters.csv", "passes.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_nothing_but_the_two_files_is_left_in_the_folder(lived: Studio, tmp_path: Path) -> None:
    export_folder(lived.db, tmp_path / "out")
    export_folder(lived.db, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["passes.csv", "rosters.csv"]


def test_a_failed_export_leaves_the_older_file(lived: Studio, tmp_path: Path) -> None:
    export_folder(lived.db, tmp_path / "out")
    before = (tmp_path / "out" / "rosters.csv").read_bytes()
    lived.db.execute("ALTER TABLE members RENAME COLUMN key TO other_key")
    try:
        with pytest.raises(Exception, match="members"):
            export_folder(lived.db, tmp_path / "out")
    finally:
        lived.db.execute("ALTER TABLE members RENAME COLUMN other_key TO key")
    assert (tmp_path / "out" / "rosters.csv").read_bytes() == before
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["passes.csv", "rosters.csv"]


def test_an_export_to_where_a_file_stands_gets_a_sentence(db: Db, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OperatorError, match="cannot be written to"):
        export_folder(db, tmp_path / "file")


def test_the_connection_can_write_again_after_an_export(lived: Studio, tmp_path: Path) -> None:
    export_folder(lived.db, tmp_path / "out")
    lived.db.execute("UPDATE members SET name = name")
