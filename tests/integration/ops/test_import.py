from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.journal import first_receipt
from ops.errors import OperatorError
from ops.importing import import_folder
from storage.database import Db
from storage.opening import opened_as
from tests.integration.ops.folders import ANNA, BORYS, MONDAY_YOGA, a_folder, complaints, rows


def test_a_folder_is_imported_with_its_times_in_utc(db: Db, tmp_path: Path) -> None:
    imported = import_folder(db, a_folder(tmp_path))
    assert imported.added == {"training_sessions": 2, "members": 2, "passes": 2}
    starts: dict[str, datetime] = dict(db.execute("SELECT key, starts_at FROM training_sessions").fetchall())
    assert starts == {
        "mon-yoga": datetime(2030, 6, 3, 4, 0, tzinfo=UTC),
        "tue-boxing": datetime(2030, 6, 4, 15, 30, tzinfo=UTC),
    }


def test_a_session_opens_with_the_facts_its_receipt_vouches_for(db: Db, tmp_path: Path) -> None:
    import_folder(db, a_folder(tmp_path))
    row = db.execute("SELECT opening, receipt FROM training_sessions WHERE key = 'mon-yoga'").fetchone()
    assert row is not None
    opening = opened_as(row[0])
    assert row[1] == first_receipt(row[0])
    assert opening.promotion_deadline == opening.cancellation_deadline == timedelta(minutes=720)
    assert opening.promotion_grace == timedelta(minutes=30)


def test_a_pass_lasts_to_the_end_of_its_last_day_in_the_studio(db: Db, tmp_path: Path) -> None:
    import_folder(db, a_folder(tmp_path))
    row = db.execute("SELECT expires_at FROM passes WHERE key = 'p-anna'").fetchone()
    assert row == (datetime(2030, 12, 31, 22, 0, tzinfo=UTC),)


def test_empty_cells_of_a_pass_mean_unlimited_for_ever_and_for_all_trainings(db: Db, tmp_path: Path) -> None:
    import_folder(db, a_folder(tmp_path))
    row = db.execute(
        "SELECT sessions_granted, sessions_left, expires_at, training_ids FROM passes WHERE key = 'p-borys'"
    ).fetchone()
    assert row == (None, None, None, None)


def test_an_empty_cancellation_deadline_is_the_booking_deadline(db: Db, tmp_path: Path) -> None:
    import_folder(db, a_folder(tmp_path, schedule=[MONDAY_YOGA.removesuffix("720")]))
    row = db.execute("SELECT cancellation_deadline_minutes FROM training_sessions").fetchone()
    assert row == (60,)


def test_a_member_may_have_several_passes(db: Db, tmp_path: Path) -> None:
    second = ANNA.replace("p-anna", "p-anna-2")
    imported = import_folder(db, a_folder(tmp_path, members=[ANNA, second]))
    assert (imported.added["members"], imported.added["passes"]) == (1, 2)


def test_the_first_import_makes_the_studio_in_the_zone_asked_for(db: Db, tmp_path: Path) -> None:
    import_folder(db, a_folder(tmp_path), name="Club", time_zone="America/New_York")
    assert db.execute("SELECT name, time_zone FROM studio").fetchone() == ("Club", "America/New_York")
    starts = db.execute("SELECT starts_at FROM training_sessions WHERE key = 'mon-yoga'").fetchone()
    assert starts == (datetime(2030, 6, 3, 11, 0, tzinfo=UTC),)


def test_an_option_that_contradicts_the_studio_is_refused(db: Db, tmp_path: Path) -> None:
    import_folder(db, a_folder(tmp_path))
    with pytest.raises(OperatorError, match="leave out --time-zone"):
        import_folder(db, tmp_path, time_zone="Europe/Warsaw")


def test_an_unknown_time_zone_makes_no_studio(db: Db, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no time zone 'Mars/Olympus'"):
        import_folder(db, a_folder(tmp_path), time_zone="Mars/Olympus")
    assert rows(db) == 0


def test_the_same_folder_again_changes_nothing(db: Db, tmp_path: Path) -> None:
    import_folder(db, a_folder(tmp_path))
    before = rows(db)
    imported = import_folder(db, tmp_path)
    assert imported.added == {"training_sessions": 0, "members": 0, "passes": 0}
    assert imported.unchanged == {"training_sessions": 2, "members": 2, "passes": 2}
    assert rows(db) == before


def test_a_folder_that_grew_adds_what_is_new(db: Db, tmp_path: Path) -> None:
    import_folder(db, a_folder(tmp_path, schedule=[MONDAY_YOGA], members=[ANNA]))
    imported = import_folder(db, a_folder(tmp_path))
    assert imported.added == {"training_sessions": 1, "members": 1, "passes": 1}


def test_a_used_pass_does_not_differ_from_its_file(db: Db, tmp_path: Path) -> None:
    import_folder(db, a_folder(tmp_path))
    db.execute("UPDATE passes SET sessions_left = 4 WHERE key = 'p-anna'")
    assert not any(import_folder(db, tmp_path).added.values())


@pytest.mark.parametrize(
    ("schedule", "members", "said"),
    [
        ([MONDAY_YOGA.replace(",15,", ",16,")], [ANNA], "schedule.csv, line 2, capacity: 'mon-yoga' has 15 in the"),
        ([MONDAY_YOGA.replace("07:00", "08:00")], [ANNA], "starts_at: 'mon-yoga' has 2030-06-03 04:00 UTC in the"),
        ([MONDAY_YOGA], [ANNA.replace(",Anna,", ",Hanna,")], "members.csv, line 2, name: 'anna' has 'Anna' in the"),
        ([MONDAY_YOGA], [ANNA.replace(",10,", ",12,")], "members.csv, line 2, sessions_left: 'p-anna' has 10 in the"),
        ([MONDAY_YOGA], [ANNA.replace("2030-12-31", "2031-12-31")], "line 2, expires_on: 'p-anna' has 2030-12-31"),
        ([MONDAY_YOGA], [ANNA.replace(",Yoga,", ",,")], "line 2, trainings: 'p-anna' has 'Yoga' in the database"),
        ([MONDAY_YOGA], [BORYS.replace("p-borys", "p-anna")], "line 2, member_key: 'p-anna' has 'anna' in the"),
    ],
)
def test_what_differs_from_the_database_is_named(
    db: Db, tmp_path: Path, schedule: list[str], members: list[str], said: str
) -> None:
    import_folder(db, a_folder(tmp_path, schedule=[MONDAY_YOGA], members=[ANNA]))
    found = complaints(db, a_folder(tmp_path, schedule=schedule, members=members))
    assert any(said in line for line in found), found


def test_an_address_of_somebody_else_in_the_database_is_refused_in_any_case(db: Db, tmp_path: Path) -> None:
    import_folder(db, a_folder(tmp_path))
    other = ANNA.replace("anna,Anna,anna@", "anne,Anne,ANNA@").replace("p-anna", "p-anne")
    assert complaints(db, a_folder(tmp_path, members=[other])) == (
        "members.csv, line 2, email: 'anna@example.test' belongs to 'anna' in the database.",
    )
