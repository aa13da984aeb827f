"""Trainings, trainers and spaces in the hands of staff."""

from typing import Any
from uuid import uuid4

import pytest

from domain.ids import MemberId
from storage.catalogue_changes import add_entry
from storage.named import Named
from storage.queries.staff_catalogue import find_entry
from tests.integration.api.conftest import Caller, problem
from tests.integration.studio import Studio

KINDS = ("trainings", "trainers", "spaces")


@pytest.fixture
def admin(me: Caller, studio: Studio) -> Caller:
    assert me.member is not None
    studio.db.execute("UPDATE members SET role = 'admin' WHERE id = %s", (me.member.id,))
    return me


def a_name(kind: str = "Thing") -> str:
    return f"{kind} {uuid4()}"


def added(admin: Caller, kind: str, **values: Any) -> Any:
    answer = admin.post(f"/v1/staff/{kind}", {"name": a_name(kind), **values})
    assert answer.status_code == 201, answer.json
    return answer.json


def changes_of(admin: Caller, id_: str) -> Any:
    return admin.get(f"/v1/staff/changes?subject_id={id_}").json["items"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_added_is_listed_and_noted_with_who(admin: Caller, kind: str) -> None:
    one = added(admin, kind)

    assert admin.get(f"/v1/staff/{kind}/{one['id']}").json == one
    assert (one["retired"], one["coming"]) == (False, 0)
    (noted,) = changes_of(admin, one["id"])
    assert admin.member is not None
    assert (noted["kind"], noted["actor"]["id"]) == (f"{kind.rstrip('s')}_added", str(admin.member.id))
    assert noted["after"]["name"] == one["name"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_one_of_a_name_is_refused_and_nothing_is_noted(admin: Caller, kind: str) -> None:
    first, second = added(admin, kind), added(admin, kind)

    body = problem(admin.post(f"/v1/staff/{kind}", {"name": f"  {first['name']} "}), 422, "invalid_input")
    assert "choose another name" in body["errors"]["name"]
    renamed = admin.patch(f"/v1/staff/{kind}/{second['id']}", {"name": first["name"]})
    assert "choose another name" in problem(renamed, 422, "invalid_input")["errors"]["name"]
    assert len(changes_of(admin, second["id"])) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["", "  ", "a\u202eb", "\u3164", "x" * 81, "\x00", 7, None, "\ud800"])
def test_a_name_that_nobody_can_read_is_refused(admin: Caller, kind: str, name: object) -> None:
    body = problem(admin.post(f"/v1/staff/{kind}", {"name": name}), 422, "invalid_input")

    assert list(body["errors"]) == ["name"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("capacity", 0), ("capacity", "5"), ("lasts_minutes", 0), ("lasts_minutes", 1441),
     ("booking_deadline_minutes", -1), ("waitlist_limit", -1), ("promotion_grace_minutes", 2**40),
     ("description", "x" * 2001)],
)  # fmt: skip
def test_a_training_that_makes_no_sense_is_refused_by_field(admin: Caller, field: str, value: object) -> None:
    one = added(admin, "trainings")

    for answer in (
        admin.post("/v1/staff/trainings", {"name": a_name(), field: value}),
        admin.patch(f"/v1/staff/trainings/{one['id']}", {field: value}),
    ):
        assert list(problem(answer, 422, "invalid_input")["errors"]) == [field]


def test_promotion_ends_with_cancelling_unless_told_otherwise(admin: Caller) -> None:
    assert added(admin, "trainings", cancellation_deadline_minutes=90)["promotion_deadline_minutes"] == 90
    assert added(admin, "trainings", promotion_deadline_minutes=5)["promotion_deadline_minutes"] == 5


def test_a_change_notes_what_differs_alone_and_no_change_nothing(admin: Caller) -> None:
    one = added(admin, "trainings", capacity=8)
    path = f"/v1/staff/trainings/{one['id']}"

    changed = admin.patch(path, {"capacity": 9, "lasts_minutes": 60, "why": "new mats"}).json
    again = admin.patch(path, {"capacity": 9, "why": "new mats"}).json

    assert changed == again == {**one, "capacity": 9}
    noted, _ = changes_of(admin, one["id"])
    assert (noted["before"], noted["after"], noted["why"]) == ({"capacity": 8}, {"capacity": 9}, "new mats")


def test_a_changed_training_changes_no_session_that_exists(admin: Caller, studio: Studio) -> None:
    session_id = studio.a_session(capacity=2)
    before = admin.get(f"/v1/sessions/{session_id}").json

    changed = admin.patch(f"/v1/staff/trainings/{studio.training_id}", {"capacity": 30, "booking_deadline_minutes": 0})

    assert changed.json["capacity"] == 30
    assert admin.get(f"/v1/sessions/{session_id}").json == before


@pytest.mark.parametrize("kind", ["trainings", "trainers"])
def test_the_retired_leave_the_schedules_filters_once_nothing_of_theirs_is_to_come(
    admin: Caller, studio: Studio, kind: str
) -> None:
    session_id = studio.a_session()
    id_ = str(studio.training_id if kind == "trainings" else studio.trainer_id)

    def offered() -> bool:
        found, cursor = [], ""
        while True:
            page = admin.get(f"/v1/{kind}?limit=1000{cursor}").json
            found += [one["id"] for one in page["items"]]
            if page["next_cursor"] is None:
                return id_ in found
            cursor = f"&cursor={page['next_cursor']}"

    assert admin.patch(f"/v1/staff/{kind}/{id_}", {"retired": True}).json["retired"]
    assert offered()
    studio.db.execute("UPDATE training_sessions SET starts_at = now() - interval '1 h' WHERE id = %s", (session_id,))
    assert not offered()
    admin.patch(f"/v1/staff/{kind}/{id_}", {"retired": False})
    assert offered()


def test_the_list_can_be_narrowed_and_goes_on_behind_its_cursor(admin: Caller) -> None:
    kept, gone = added(admin, "spaces"), added(admin, "spaces")
    admin.patch(f"/v1/staff/spaces/{gone['id']}", {"retired": True})

    def ids(query: str) -> list[str]:
        found, cursor = [], ""
        while True:
            page = admin.get(f"/v1/staff/spaces?limit=50{query}{cursor}").json
            found += [one["id"] for one in page["items"]]
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    assert {kept["id"], gone["id"]} <= set(ids(""))
    assert gone["id"] in ids("&retired=true")
    assert kept["id"] in ids("&retired=false")
    assert kept["id"] not in ids("&retired=true")
    assert gone["id"] not in ids("&retired=false")


@pytest.mark.parametrize("kind", KINDS)
def test_what_does_not_exist_is_not_found(admin: Caller, kind: str) -> None:
    path = f"/v1/staff/{kind}/{uuid4()}"

    problem(admin.get(path), 404, "entry_not_found")
    problem(admin.patch(path, {"name": a_name()}), 404, "entry_not_found")


def test_a_note_that_cannot_be_written_leaves_no_change(admin: Caller, studio: Studio) -> None:
    id_ = uuid4()
    with pytest.raises(Exception, match="staff_changes_actor"):
        add_entry(studio.db, MemberId(uuid4()), Named.SPACE, id_, {"name": a_name()})
    assert find_entry(studio.db, Named.SPACE, id_) is None
