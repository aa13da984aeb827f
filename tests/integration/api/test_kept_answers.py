"""The schedule is answered from memory for a second, for whoever brings no credentials."""

from time import monotonic

import pytest

from api import kept_answers, strangers
from api.kept_answers import KeptAnswers
from tests.integration.api.conftest import Caller, problem
from tests.integration.studio import Studio


def week_of(studio: Studio) -> str:
    return f"/v1/sessions?trainer_id={studio.trainer_id}"


def booked(caller: Caller, path: str) -> list[int]:
    return [one["booked"] for one in caller.get(path).json["items"]]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What time it is for what is kept; the test says so."""
    now = [1000.0]
    for module in (kept_answers, strangers):
        monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


def test_a_stranger_is_answered_from_memory_for_a_second(anybody: Caller, studio: Studio, clock: list[float]) -> None:
    session_id = studio.a_session()
    first = anybody.get(week_of(studio))
    studio.book(session_id, studio.a_member())
    studio.serve(session_id)

    again = anybody.get(week_of(studio))
    clock[0] += kept_answers.KEPT_SECONDS + 0.001

    assert (again.data, again.mimetype) == (first.data, first.mimetype)
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert booked(anybody, week_of(studio)) == [1]


def test_who_is_signed_in_is_told_what_is_so_now(
    anybody: Caller, me: Caller, studio: Studio, clock: list[float]
) -> None:
    session_id = studio.a_session()
    assert booked(anybody, week_of(studio)) == booked(me, week_of(studio)) == [0]
    studio.book(session_id, studio.a_member())
    studio.serve(session_id)

    assert booked(me, week_of(studio)) == [1]
    assert booked(anybody, week_of(studio)) == [0]


def test_each_address_has_its_own_answer_and_a_problem_is_none(anybody: Caller, studio: Studio) -> None:
    studio.a_session()
    assert booked(anybody, week_of(studio)) == [0]

    assert anybody.get(f"{week_of(studio)}&to=2020-01-01T00:00:00Z").json["items"] == []
    for _ in range(2):
        problem(anybody.get("/v1/sessions?limit=0"), 422, "invalid_input")


def test_only_so_many_answers_are_kept() -> None:
    kept = KeptAnswers()
    now = monotonic()

    for number in range(kept_answers.KEPT_MAX + 1):
        kept.keep(f"/{number}", b"answer", asked_at=now)

    assert kept.find("/0") is None
    assert kept.find("/1") == kept.find(f"/{kept_answers.KEPT_MAX}") == b"answer"
