from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.errors import OperatorError
from ops.importing import import_folder
from storage.database import Db
from tests.integration.ops.folders import (
    ANNA,
    BORYS,
    MEMBERS_HEADER,
    MONDAY_YOGA,
    SCHEDULE_HEADER,
    a_folder,
    complaints,
    rows,
)


def changed(line: str, column: int, value: str) -> str:
    cells = line.split(",")
    cells[column] = value
    return ",".join(cells)


BAD_SESSIONS = [
    (0, "", "session_key: must not be empty."),
    (0, "k" * 201, "session_key: has 201 characters, at most 200 are allowed."),
    (1, " ", "training: must not be empty."),
    (2, "", "trainer: must not be empty."),
    (3, "Blue\troom", "space: contains a line break or another control character."),
    (4, "2030-06-03", "starts_at: '2030-06-03' is not a local time; it must be like 2030-06-03T18:30:00."),
    (4, "2030-06-31T07:00", "starts_at: '2030-06-31T07:00' does not exist (day is out of range for month)."),
    (4, "2030-06-03T07:00+03:00", "in the time of Europe/Kyiv and without an offset."),
    (4, "0030-06-03T07:00", "starts_at: the year must be from 1970 to 2999."),
    (5, "0", "minutes: must be from 1 to 1000000, not 0."),
    (5, "55.5", "minutes: '55.5' is not a whole number."),
    (6, "0", "capacity: must be from 1 to 1000000, not 0."),
    (6, "-3", "capacity: must be from 1 to 1000000, not -3."),
    (6, "", "capacity: '' is not a whole number."),
    (6, "٣", "capacity: '٣' is not a whole number."),
    (7, "-60", "booking_deadline_minutes: must be from 0 to 1000000, not -60."),
    (8, "-1", "cancellation_deadline_minutes: must be from 0 to 1000000, not -1."),
    (8, "soon", "cancellation_deadline_minutes: 'soon' is not a whole number."),
]


@pytest.mark.parametrize(("column", "value", "said"), BAD_SESSIONS)
def test_a_bad_cell_of_the_schedule_is_named(db: Db, tmp_path: Path, column: int, value: str, said: str) -> None:
    found = complaints(db, a_folder(tmp_path, schedule=[MONDAY_YOGA, changed(MONDAY_YOGA, column, value)]))
    assert any(line.startswith("schedule.csv, line 3, ") and line.endswith(said) for line in found), found


BAD_MEMBERS = [
    (0, "", "member_key: must not be empty."),
    (1, "", "name: must not be empty."),
    (2, "anna", "email: 'anna' is not an e-mail address."),
    (2, "anna@example", "email: 'anna@example' is not an e-mail address."),
    (2, "anna b@example.test", "email: 'anna b@example.test' is not an e-mail address."),
    (3, "", "pass_key: must not be empty."),
    (4, "", "pass_name: must not be empty."),
    (5, "Yoga;", "trainings: there is an empty name in 'Yoga;'; separate names by one semicolon."),
    (5, "Fencing", "trainings: there is no training 'Fencing', neither in schedule.csv nor in the database."),
    (6, "-1", "sessions_left: must be from 0 to 1000000, not -1."),
    (6, "ten", "sessions_left: 'ten' is not a whole number."),
    (7, "31.12.2030", "expires_on: '31.12.2030' is not a date; it must be like 2030-12-31."),
    (7, "2030-02-30", "expires_on: '2030-02-30' does not exist (day is out of range for month)."),
]


@pytest.mark.parametrize(("column", "value", "said"), BAD_MEMBERS)
def test_a_bad_cell_of_the_members_is_named(db: Db, tmp_path: Path, column: int, value: str, said: str) -> None:
    found = complaints(db, a_folder(tmp_path, members=[BORYS, changed(ANNA, column, value)]))
    assert found == (f"members.csv, line 3, {said}",)


def test_every_bad_row_of_both_files_is_named_at_once(db: Db, tmp_path: Path) -> None:
    bad_session = changed(changed(MONDAY_YOGA, 5, "x"), 6, "y")
    found = complaints(db, a_folder(tmp_path, schedule=[bad_session], members=[changed(ANNA, 2, "z")]))
    assert [line.split(": ")[0] for line in found if "trainings" not in line] == [
        "schedule.csv, line 2, minutes",
        "schedule.csv, line 2, capacity",
        "members.csv, line 2, email",
    ]


def test_a_time_that_the_clocks_skip_is_refused(db: Db, tmp_path: Path) -> None:
    found = complaints(db, a_folder(tmp_path, schedule=[changed(MONDAY_YOGA, 4, "2030-03-31T03:30:00")]))
    assert "2030-03-31T03:30:00 does not exist in Europe/Kyiv: the clocks are put forward over it" in found[0]


def test_a_time_that_comes_twice_is_the_first_of_the_two_with_a_warning(db: Db, tmp_path: Path) -> None:
    imported = import_folder(db, a_folder(tmp_path, schedule=[changed(MONDAY_YOGA, 4, "2030-10-27T03:30:00")]))
    assert len(imported.warnings) == 1
    assert "schedule.csv, line 2, starts_at: 2030-10-27T03:30:00 comes twice" in imported.warnings[0]
    assert db.execute("SELECT starts_at FROM training_sessions").fetchone() == (
        datetime(2030, 10, 27, 0, 30, tzinfo=UTC),
    )


def test_a_key_that_comes_twice_is_refused_even_with_the_same_content(db: Db, tmp_path: Path) -> None:
    found = complaints(db, a_folder(tmp_path, schedule=[MONDAY_YOGA, MONDAY_YOGA], members=[ANNA, ANNA]))
    assert found == (
        "schedule.csv, line 3, session_key: 'mon-yoga' is on line 2 already; each key comes once.",
        "members.csv, line 3, pass_key: 'p-anna' is on line 2 already; each key comes once.",
    )


def test_a_member_who_is_somebody_else_further_down_is_refused(db: Db, tmp_path: Path) -> None:
    second = ANNA.replace("Anna,anna@example", "Hanna,hanna@example").replace("p-anna", "p-2")
    found = complaints(db, a_folder(tmp_path, members=[ANNA, second]))
    assert found == (
        "members.csv, line 3, name: 'anna' has 'Anna' on line 2, here 'Hanna'.",
        "members.csv, line 3, email: 'anna' has 'anna@example.test' on line 2, here 'hanna@example.test'.",
    )


def test_two_members_cannot_share_an_address(db: Db, tmp_path: Path) -> None:
    second = ANNA.replace("anna,Anna,anna@", "anne,Anne,Anna@").replace("p-anna", "p-anne")
    found = complaints(db, a_folder(tmp_path, members=[ANNA, second]))
    assert "members.csv, line 3, email: 'Anna@example.test' belongs to 'anna' on line 2" in found[0]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (SCHEDULE_HEADER.replace("capacity,", ""), "schedule.csv, line 1: column is missing: 'capacity'"),
        (SCHEDULE_HEADER.replace("capacity", "seats"), "schedule.csv, line 1: column is unknown: 'seats'"),
        (SCHEDULE_HEADER.replace("space", "trainer"), "column is there more than once: 'trainer'"),
        (SCHEDULE_HEADER.replace(",", ";"), "columns are missing: 'session_key', 'training'"),
    ],
)
def test_a_wrong_header_is_named(db: Db, tmp_path: Path, header: str, said: str) -> None:
    found = complaints(db, a_folder(tmp_path, schedule_header=header))
    assert any(said in line for line in found), found


def test_columns_may_come_in_any_order(db: Db, tmp_path: Path) -> None:
    names, cells = MEMBERS_HEADER.split(","), ANNA.split(",")
    a_folder(tmp_path, members=[",".join(reversed(cells))], members_header=",".join(reversed(names)))
    import_folder(db, tmp_path)
    assert db.execute("SELECT name, email FROM members").fetchall() == [("Anna", "anna@example.test")]


def test_a_row_with_the_wrong_number_of_cells_is_named(db: Db, tmp_path: Path) -> None:
    found = complaints(db, a_folder(tmp_path, members=[ANNA, BORYS + ",more", "one,two"]))
    assert found == (
        "members.csv, line 3: 9 cells where the header has 8.",
        "members.csv, line 4: 2 cells where the header has 8.",
    )


def raw(folder: Path, members: bytes) -> Path:
    a_folder(folder)
    (folder / "members.csv").write_bytes(members)
    return folder


def test_a_file_that_is_not_utf_8_is_named_with_its_line(db: Db, tmp_path: Path) -> None:
    text = f"{MEMBERS_HEADER}\n{ANNA}\nk,Zoë,z@example.test,p,n,,,\n".encode("latin-1")
    found = complaints(db, raw(tmp_path, text))
    assert found == ("members.csv, line 3: byte 0xeb is not UTF-8; save the file as UTF-8.",)


def test_a_file_in_utf_16_is_named(db: Db, tmp_path: Path) -> None:
    found = complaints(db, raw(tmp_path, f"{MEMBERS_HEADER}\n{ANNA}\n".encode("utf-16")))
    assert found == ("members.csv, line 1: the file is in UTF-16; save it as UTF-8.",)


def test_a_byte_order_mark_and_windows_line_ends_are_fine(db: Db, tmp_path: Path) -> None:
    text = f"{MEMBERS_HEADER}\r\n\r\n{ANNA}\r\n".encode("utf-8-sig")
    assert import_folder(db, raw(tmp_path, text)).added["members"] == 1


def test_a_nul_byte_is_refused_with_its_line(db: Db, tmp_path: Path) -> None:
    text = f"{MEMBERS_HEADER}\n{BORYS}\n{ANNA}\n".replace(",Anna,", ",An\0na,").encode()
    assert complaints(db, raw(tmp_path, text)) == ("members.csv, line 3: there is a NUL byte in the line; remove it.",)


def test_broken_quoting_is_refused(db: Db, tmp_path: Path) -> None:
    found = complaints(db, raw(tmp_path, f'{MEMBERS_HEADER}\n"{ANNA}\n'.encode()))
    assert found[0].startswith("members.csv, line 2: the line cannot be read as CSV")


def test_lines_are_counted_right_after_a_quoted_line_break(db: Db, tmp_path: Path) -> None:
    text = f'{MEMBERS_HEADER}\n"an\nna",A,a@example.test,p,n,,,\n{BORYS},x\n'.encode()
    assert [line.split(":")[0] for line in complaints(db, raw(tmp_path, text))] == [
        "members.csv, line 4",
        "members.csv, line 2, member_key",
    ]


def test_an_empty_file_is_told_its_header(db: Db, tmp_path: Path) -> None:
    found = complaints(db, raw(tmp_path, b""))
    assert found == (f"members.csv, line 1: the file is empty; its first line must be {MEMBERS_HEADER}.",)


def test_a_missing_file_and_a_missing_folder_each_get_a_sentence(db: Db, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"There is no file .*schedule\.csv"):
        import_folder(db, tmp_path)
    with pytest.raises(OperatorError, match="There is no folder"):
        import_folder(db, tmp_path / "nowhere")
    assert rows(db) == 0
