"""Notes of what staff change, and reading them back."""

from uuid import uuid4

import pytest

from domain.staff_changes import ChangeKind, StaffChange, Subject
from storage.queries.staff_changes import list_staff_changes
from storage.staff_changes import note_change
from tests.integration.studio import Studio


def a_change(subject_id: object = None, **changes: object) -> StaffChange:
    values = {"why": "asked for it", "before": {"role": "member"}, "after": {"role": "trainer"}, **changes}
    return StaffChange(ChangeKind.MEMBER_ROLE_CHANGED, Subject.MEMBER, subject_id or uuid4(), **values)  # type: ignore[arg-type]


def test_a_change_is_read_back_with_who_when_and_why(studio: Studio) -> None:
    actor, change = studio.a_member(), a_change()

    note_change(studio.db, actor.id, change)

    (noted,) = list_staff_changes(studio.db, subject_id=change.subject_id, before=None, limit=5)
    assert (noted.actor_id, noted.kind, noted.why) == (actor.id, change.kind, "asked for it")
    assert (noted.before, noted.after) == ({"role": "member"}, {"role": "trainer"})


def test_the_newest_come_first_and_a_page_goes_on_behind_the_one_before(studio: Studio) -> None:
    actor, subject = studio.a_member(), uuid4()
    for number in range(3):
        note_change(studio.db, actor.id, a_change(subject, why=str(number)))

    first = list_staff_changes(studio.db, subject_id=subject, before=None, limit=2)
    rest = list_staff_changes(studio.db, subject_id=subject, before=first[-1].id, limit=2)

    assert [one.why for one in (*first, *rest)] == ["2", "1", "0"]


def test_without_its_transaction_there_is_no_note(studio: Studio) -> None:
    change = a_change()

    with pytest.raises(RuntimeError), studio.db.transaction():
        note_change(studio.db, studio.a_member().id, change)
        raise RuntimeError

    assert list_staff_changes(studio.db, subject_id=change.subject_id, before=None, limit=5) == []
