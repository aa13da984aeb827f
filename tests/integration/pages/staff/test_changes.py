"""The list of what staff changed speaks in words."""

import re
from pathlib import Path

import pytest

from api.pages.staff.change_words import DONE, FIELDS, PATHS
from api.pages.staff.rule_words import say_rule
from domain.staff_changes import ChangeKind, StaffChange, Subject
from storage.database import Db
from storage.identifiers import new_id
from storage.staff_changes import note_change
from tests.integration.pages.conftest import Browser
from tests.integration.pages.sessions import show
from tests.integration.staff import named
from tests.integration.studio import Member, Studio

Values = dict[str, object]
PROJECT = Path(__file__).parents[4]


def rows(browser: Browser, path: str) -> list[list[str]]:
    """Return what stands in the rows of the table, without when and by whom."""
    cells = show(browser, path).texts("td")
    return [cells[start + 2 : start + 4] for start in range(0, len(cells), 4)]


def noted(db: Db, admin: Member, change: StaffChange) -> str:
    note_change(db, admin.id, change)
    return f"/staff/changes?subject_id={change.subject_id}"


def test_a_change_says_what_was_done_to_whom_from_what_to_what_and_why(
    browser: Browser, studio: Studio, admin: Member
) -> None:
    member = named(studio, studio.a_member(), "Vira")
    values = {"role": "member"}, {"role": "trainer"}
    path = noted(
        studio.db, admin, StaffChange(ChangeKind.MEMBER_ROLE_CHANGED, Subject.MEMBER, member.id, "She teaches", *values)
    )

    assert rows(browser, path) == [["Role changed: Vira Role: Member → Trainer", "She teaches"]]
    assert show(browser, path).links()["Vira"] == f"/staff/members/{member.id}"
    assert rows(browser, f"/staff/members/{member.id}") == rows(browser, path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((ChangeKind.PASS_ACTIVATED, Subject.PASS, {"active": False}, {"active": True}), "Pays: no → yes"),
        (
            (ChangeKind.ATTENDANCE_NOTED, Subject.BOOKING, {"attendance": None}, {"attendance": "late"}),
            "Came: none → Late",
        ),
        ((ChangeKind.SERIES_ENDED, Subject.SERIES, {}, {"from_on": "2031-03-05"}), "day on: Wed 5 March 2031"),
        (
            (ChangeKind.SESSION_PLANNED, Subject.SESSION, {}, {"starts_at": "2031-03-05 18:00"}),
            "Wed 5 March 2031, 18:00",
        ),
        ((ChangeKind.SERIES_PLANNED, Subject.SERIES, {}, {"rule": "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU"}), "week: Tuesday"),
        ((ChangeKind.PASS_TYPE_CHANGED, Subject.PASS_TYPE, {"trainings": None}, {}), "Trainings: every training"),
        ((ChangeKind.SERIES_CHANGED, Subject.SERIES, {}, {"of_a_newer_version": 3}), "of_a_newer_version: 3"),
    ],
)
def test_values_are_said_as_the_pages_say_them(
    browser: Browser, studio: Studio, admin: Member, change: tuple[ChangeKind, Subject, Values, Values], said: str
) -> None:
    kind, subject, before, after = change
    path = noted(studio.db, admin, StaffChange(kind, subject, new_id(), before=before, after=after))

    ((what, _),) = rows(browser, path)

    assert what.endswith(said)


def test_ids_that_a_change_keeps_are_said_by_name(browser: Browser, studio: Studio, admin: Member) -> None:
    after: dict[str, object] = {"space_id": str(studio.space_id)}
    path = noted(studio.db, admin, StaffChange(ChangeKind.SERIES_CHANGED, Subject.SERIES, new_id(), after=after))
    (name,) = studio.db.execute("SELECT name FROM spaces WHERE id = %s", (studio.space_id,)).fetchone() or ("",)

    ((what, _),) = rows(browser, path)

    assert what.endswith(f"Space: {name}")


@pytest.mark.usefixtures("admin")
def test_every_subject_is_named_by_what_it_is_called(browser: Browser, studio: Studio, me: Member) -> None:
    session_id = studio.a_session()
    member = named(studio, studio.a_member(), "Vira")
    booking_id = studio.book(session_id, member)
    studio.serve(session_id)
    subjects = {
        Subject.MEMBER: member.id, Subject.PASS: member.pass_id, Subject.PASS_TYPE: studio.pass_type_id,
        Subject.BOOKING: booking_id, Subject.TRAINING: studio.training_id, Subject.TRAINER: studio.trainer_id,
        Subject.SPACE: studio.space_id, Subject.SESSION: session_id,
    }  # fmt: skip
    kind = ChangeKind.MEMBER_EDITED

    for subject, id_ in subjects.items():
        ((what, _),) = rows(browser, noted(studio.db, me, StaffChange(kind, subject, id_)))
        assert what.startswith("Name or address changed: "), subject
        assert len(what) > len("Name or address changed: "), subject
        if subject in PATHS:
            browser.open(f"{PATHS[subject]}{id_}")


def test_every_kind_and_every_value_that_is_noted_has_a_name() -> None:
    notes = [*(PROJECT / "storage").glob("*.py"), *(PROJECT / "api" / "routes").glob("staff_*.py")]
    text = "".join(path.read_text() for path in notes)
    written = {
        name for values in re.findall(r"(?:before|after)=\{([^}]*)\}", text) for name in re.findall(r'"(\w+)":', values)
    }

    assert set(DONE) == set(ChangeKind)
    assert len(written) > 5
    assert written - set(FIELDS) == set()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=DAILY;INTERVAL=1", "Every day"),
        ("FREQ=DAILY;INTERVAL=3", "Every 3 days"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "Every 2 weeks: Monday, Thursday"),
        ("FREQ=MONTHLY;INTERVAL=1;BYDAY=-1FR", "Every month: last Friday"),
        ("FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=31", "Every month, on day 31"),
    ],
)
def test_a_rule_is_said_in_words(rule: str, said: str) -> None:
    assert say_rule(rule) == said
