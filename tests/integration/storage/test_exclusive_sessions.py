"""Exclusive sessions have their space and trainer to themselves; the database sees to it, whoever writes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from psycopg.errors import ExclusionViolation

from domain.commands import CancelSession, RescheduleSession
from domain.facts import TrainingSession
from domain.ids import SpaceId, TrainerId, TrainingSessionId
from ops.auditing import audit
from storage import catalogue, facts
from storage.catalogue import NewTrainingSession
from storage.identifiers import new_id
from storage.taken import find_taken
from tests.integration.studio import Studio

START = datetime(2033, 3, 3, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_session(studio: Studio, *, exclusive: bool = True, **changes: Any) -> TrainingSession:
    session = TrainingSession(
        TrainingSessionId(new_id()), studio.training_id, studio.trainer_id, studio.space_id, START, 60, 5,
        HOUR, HOUR, HOUR, HOUR,
    )  # fmt: skip
    session = replace(session, **changes)
    catalogue.add_training_sessions(studio.db, [NewTrainingSession(session, exclusive=exclusive)])
    return session


def another(studio: Studio, table: str) -> Any:
    return studio._named(table, f"Another {new_id()}")


def elsewhere(studio: Studio) -> dict[str, Any]:
    return {"space_id": SpaceId(another(studio, "spaces")), "trainer_id": TrainerId(another(studio, "trainers"))}


def move(session: TrainingSession, **changes: Any) -> RescheduleSession:
    there = replace(session, **changes)
    return RescheduleSession(there.starts_at, there.lasts_minutes, there.trainer_id, there.space_id)


@pytest.mark.parametrize("minutes", [-59, -1, 0, 30, 59])
@pytest.mark.parametrize("kind", ["space", "trainer"])
def test_what_overlaps_is_refused_by_the_name_of_what_is_taken(studio: Studio, kind: str, minutes: int) -> None:
    a_session(studio)
    free = elsewhere(studio)
    del free[f"{kind}_id"]

    with pytest.raises(ExclusionViolation) as refused:
        a_session(studio, starts_at=START + timedelta(minutes=minutes), **free)
    assert refused.value.diag.constraint_name == f"training_sessions_{kind}_taken"


def test_one_may_begin_when_the_other_ends(studio: Studio) -> None:
    a_session(studio)

    a_session(studio, starts_at=START + HOUR)
    a_session(studio, starts_at=START - HOUR)


def test_imported_and_cancelled_sessions_stand_in_nobodys_way(studio: Studio) -> None:
    a_session(studio, exclusive=False)
    a_session(studio, exclusive=False)
    first = a_session(studio)
    studio.ask(first.id, studio.staff, CancelSession("ill"))
    studio.serve(first.id)

    a_session(studio)


def test_a_move_to_where_another_session_is_is_refused_with_every_reason(studio: Studio) -> None:
    there, moving = a_session(studio), a_session(studio, **elsewhere(studio))
    command = studio.ask(moving.id, studio.staff, move(moving, space_id=there.space_id, trainer_id=there.trainer_id))

    studio.serve(moving.id)

    assert studio.outcome(command) == {"status": "refused", "reasons": ["space_taken", "trainer_taken"]}
    assert audit(studio.db, [moving.id]).ok


def test_a_move_to_a_free_place_and_one_that_changes_nothing_are_applied(studio: Studio) -> None:
    there, moving = a_session(studio), a_session(studio, **elsewhere(studio))
    moved = studio.ask(moving.id, studio.staff, move(moving, space_id=there.space_id, starts_at=START + HOUR))
    same = studio.ask(moving.id, studio.staff, move(moving, space_id=there.space_id, starts_at=START + HOUR))

    while studio.serve(moving.id).commands:
        pass

    assert (studio.status(moved), studio.status(same)) == ("applied", "applied")
    assert audit(studio.db, [moving.id]).ok


def test_an_imported_session_may_be_moved_onto_another(studio: Studio) -> None:
    there, moving = a_session(studio), a_session(studio, exclusive=False, **elsewhere(studio))
    command = studio.ask(moving.id, studio.staff, move(moving, space_id=there.space_id))

    studio.serve(moving.id)

    assert studio.status(command) == "applied"


def test_of_two_lanes_that_move_to_one_place_at_once_one_is_refused(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both look before either writes, so that only the constraint can tell them apart."""
    sessions = [a_session(studio, **elsewhere(studio)) for _ in range(2)]
    free = START + 5 * HOUR
    commands = [
        studio.ask(one.id, studio.staff, move(one, space_id=studio.space_id, starts_at=free)) for one in sessions
    ]
    both_have_looked, look, looked = Barrier(2, timeout=10), find_taken, list[TrainingSessionId]()

    def look_together(db: Any, session_id: TrainingSessionId, command: RescheduleSession) -> Any:
        found = look(db, session_id, command)
        if session_id not in looked:
            looked.append(session_id)
            both_have_looked.wait()
        return found

    monkeypatch.setattr(facts, "find_taken", look_together)
    _at_once([lambda one=one: studio.serve(one.id) for one in sessions])  # type: ignore[misc]

    assert sorted(studio.status(command) for command in commands) == ["applied", "refused"]
    refused = next(command for command in commands if studio.status(command) == "refused")
    assert studio.outcome(refused)["reasons"] == ["space_taken"]
    assert audit(studio.db, [one.id for one in sessions]).ok


def _at_once(doing: list[Callable[[], object]]) -> None:
    threads = [Thread(target=one) for one in doing]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
