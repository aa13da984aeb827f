from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from apiflask import APIFlask

from storage import command_log
from storage.command_log import Accepted, NewCommand
from storage.database import Db
from tests.integration.api.conftest import WAIT, Caller, problem, services_of
from tests.integration.studio import Studio


def commands_of(studio: Studio, caller: Caller) -> int:
    assert caller.member is not None
    row = studio.db.execute("SELECT count(*) FROM commands WHERE actor_id = %s", (caller.member.id,)).fetchone()
    assert row is not None
    return int(row[0])


def test_a_repeated_key_is_answered_with_what_became_of_the_first(me: Caller, studio: Studio, serving: None) -> None:
    session_id = studio.a_session()
    first = me.book(session_id, Idempotency_Key="k", **WAIT)
    again = me.book(session_id, Idempotency_Key="k", **WAIT)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert commands_of(studio, me) == 1


def test_a_repeat_shows_the_present_state_without_waiting(me: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    assert me.book(session_id, Idempotency_Key="k").status_code == 202
    assert me.book(session_id, Idempotency_Key="k").json["status"] == "waiting"
    studio.serve(session_id)
    assert me.book(session_id, Idempotency_Key="k").status_code == 201


def test_a_repeat_waits_for_the_first_commands_outcome(me: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    first = me.book(session_id, Idempotency_Key="k")
    with ThreadPoolExecutor(1) as pool:
        again = pool.submit(me.book, session_id, Idempotency_Key="k", **WAIT)
        studio.serve(session_id)
        answer = again.result(20)
    assert (answer.status_code, answer.json["id"]) == (201, first.json["id"])


def test_a_refusal_is_repeated_too(me: Caller, studio: Studio, serving: None) -> None:
    path, body = f"/v1/sessions/{studio.a_session()}/bookings", {"pass_id": str(uuid4())}
    answers = [me.post(path, body, Idempotency_Key="k", **WAIT) for _ in range(2)]
    first, again = (problem(answer, 409, "refused") for answer in answers)
    assert first == again


def test_a_key_used_for_something_else_is_refused(me: Caller, studio: Studio, serving: None) -> None:
    first = me.book(studio.a_session(), Idempotency_Key="k", **WAIT)
    answer = me.book(studio.a_session(), Idempotency_Key="k", **WAIT)
    problem(answer, 422, "idempotency_key_reused")
    assert answer.headers["Location"] == first.headers["Location"]
    problem(me.cancel(first.json["id"], Idempotency_Key="k"), 422, "idempotency_key_reused")
    assert commands_of(studio, me) == 1


def test_members_do_not_share_their_keys(anybody: Caller, studio: Studio, serving: None) -> None:
    session_id = studio.a_session()
    answers = [anybody.of(member).book(session_id, Idempotency_Key="k", **WAIT) for member in studio.members(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json["id"] != answers[1].json["id"]


def test_the_same_key_many_times_at_once_is_one_command(me: Caller, studio: Studio, serving: None) -> None:
    session_id = studio.a_session()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: me.book(session_id, Idempotency_Key="k", **WAIT), range(24)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert commands_of(studio, me) == 1


@pytest.mark.parametrize("key", ["", "with space", "über", "x" * 256, "tab\there"])
def test_a_key_that_is_no_visible_ascii_is_refused(me: Caller, studio: Studio, key: str) -> None:
    answer = me.book(studio.a_session(), Idempotency_Key=key)
    assert "Idempotency-Key" in problem(answer, 422, "invalid_input")["errors"]


def test_a_connection_that_breaks_while_accepting_loses_and_doubles_nothing(
    me: Caller, studio: Studio, serving: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is written, then the connection dies before the answer: the worst moment there is."""
    write = command_log.accept_all
    broken: list[bool] = []

    def write_and_break(db: Db, new: Sequence[NewCommand]) -> list[Accepted]:
        written = write(db, new)
        if not broken:
            broken.append(True)
            db.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return written

    monkeypatch.setattr(command_log, "accept_all", write_and_break)
    answer = me.book(studio.a_session(), **WAIT)
    assert answer.status_code == 201
    assert broken
    assert commands_of(studio, me) == 1


def test_a_question_is_asked_again_on_a_fresh_connection(me: Caller, app: APIFlask, studio: Studio) -> None:
    pid = services_of(app).ask(lambda db: db.info.backend_pid)
    studio.db.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    assert [me.get("/v1/me").status_code for _ in range(3)] == [200] * 3
