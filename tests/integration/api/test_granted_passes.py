"""A change of a type of pass that reaches passes granted already, because staff ask for it."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.errors import DeadlockDetected

from domain.commands import Actor, BookSeat
from domain.ids import PassId
from ops.auditing import audit
from storage import granted_passes, pass_types
from tests.integration.api.conftest import Caller
from tests.integration.api.test_staff_passes import TYPES, WHY, a_type, grant, told
from tests.integration.studio import Studio


def test_a_change_reaches_passes_granted_already_when_asked(admin: Caller, studio: Studio) -> None:
    type_, nina = a_type(admin), studio.a_member()
    before = grant(admin, nina, type_).json
    path, name = f"{TYPES}/{type_['id']}", f"Yoga alone {uuid4()}"
    body = {"name": name, "sessions": 5, "training_ids": [str(studio.training_id)], "granted": True, **WHY}

    assert admin.post(f"{path}/previews", body).json == {"passes": 1, "told": 1, "waiting": 0}
    assert admin.get(f"/v1/staff/passes/{before['id']}").json == before
    assert admin.patch(path, body).status_code == 200
    again = admin.patch(path, body)

    after = admin.get(f"/v1/staff/passes/{before['id']}").json
    assert (before["trainings"], after["name"], len(after["trainings"])) == (None, name, 1)
    assert (after["sessions_left"], after["expires_at"]) == (before["sessions_left"], before["expires_at"])
    assert told(studio, nina) == ["pass_granted", "pass_changed"]
    noted = admin.get(f"/v1/staff/changes?subject_id={type_['id']}").json["items"]
    assert [one["kind"] for one in noted] == ["pass_type_changed", "pass_type_created"]
    assert noted[0]["after"]["passes"] == 1
    assert again.status_code == 200


def test_what_was_changed_earlier_reaches_granted_passes_when_asked_later(admin: Caller, studio: Studio) -> None:
    type_ = a_type(admin, training_ids=[str(studio.training_id)])
    granted = grant(admin, studio.a_member(), type_).json
    path = f"{TYPES}/{type_['id']}"
    admin.patch(path, {"training_ids": None, **WHY})
    assert admin.get(f"/v1/staff/passes/{granted['id']}").json["trainings"] is not None

    admin.patch(path, {"granted": True, **WHY})

    assert admin.get(f"/v1/staff/passes/{granted['id']}").json["trainings"] is None


def test_a_change_that_met_a_batch_crosswise_is_made_again(
    admin: Caller, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_, nina = a_type(admin), studio.a_member()
    granted = grant(admin, nina, type_).json
    collisions = [DeadlockDetected("crossed locks")]
    bring = granted_passes.bring_granted

    def collide_once(*args: Any) -> Any:
        if collisions:
            raise collisions.pop()
        return bring(*args)

    monkeypatch.setattr(pass_types, "bring_granted", collide_once)
    body = {"training_ids": [str(studio.training_id)], "granted": True, **WHY}

    assert admin.patch(f"{TYPES}/{type_['id']}", body).status_code == 200

    assert collisions == []
    assert len(admin.get(f"/v1/staff/passes/{granted['id']}").json["trainings"]) == 1
    assert told(studio, nina) == ["pass_granted", "pass_changed"]


def test_only_members_of_good_passes_are_told_of_a_change(admin: Caller, studio: Studio) -> None:
    type_, (off, over, gone) = a_type(admin), studio.members(3)
    granted = {one: grant(admin, one, type_).json["id"] for one in (off, over, gone)}
    studio.db.execute("UPDATE passes SET active = false WHERE id = %s", (granted[off],))
    studio.db.execute("UPDATE passes SET expires_at = now() - interval '1 day' WHERE id = %s", (granted[over],))
    studio.db.execute("UPDATE members SET removed_at = now() WHERE id = %s", (gone.id,))
    body = {"training_ids": [str(studio.training_id)], "granted": True, **WHY}

    assert admin.post(f"{TYPES}/{type_['id']}/previews", body).json == {"passes": 2, "told": 0, "waiting": 0}
    admin.patch(f"{TYPES}/{type_['id']}", body)

    rows = studio.db.execute(
        "SELECT id FROM passes WHERE id = ANY(%s) AND training_ids IS NULL", ([UUID(one) for one in granted.values()],)
    )
    assert [str(row[0]) for row in rows] == [granted[gone]]
    assert [told(studio, one) for one in (off, over)] == [["pass_granted"]] * 2


def test_who_was_skipped_for_a_pass_is_looked_at_again_when_it_pays_for_more(admin: Caller, studio: Studio) -> None:
    other = admin.post("/v1/staff/trainings", {"name": f"Pilates {uuid4()}"}).json["id"]
    type_, full = a_type(admin, training_ids=[str(studio.training_id)]), studio.a_session(capacity=1)
    holder, nina = studio.members(2)
    pass_id = PassId(UUID(grant(admin, nina, type_).json["id"]))
    place = studio.book(full, holder)
    studio.ask(full, Actor(nina.id), BookSeat(pass_id))
    studio.serve(full)
    path = f"{TYPES}/{type_['id']}"
    narrow = {"training_ids": [other], "granted": True, **WHY}
    assert admin.post(f"{path}/previews", narrow).json == {"passes": 1, "told": 1, "waiting": 1}
    admin.patch(path, narrow)
    studio.cancel(full, holder, place)
    studio.serve(full)
    assert studio.counts(full) == (0, 0, 1)

    admin.patch(path, {"training_ids": None, "granted": True, **WHY})
    studio.serve(full)

    assert studio.roster(full) == {nina.id: "confirmed"}
    assert audit(studio.db, [full]).ok
