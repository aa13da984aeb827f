"""How many commands are decided before mine, told while it waits."""

from typing import Any

import pytest

from storage.queries import commands
from tests.integration.api.conftest import WAIT, Caller
from tests.integration.studio import Studio


def look(me: Caller, command: dict[str, Any]) -> Any:
    return me.get(f"/v1/commands/{command['id']}").json


def test_a_command_that_waits_tells_how_many_of_its_session_are_before_it(me: Caller, studio: Studio) -> None:
    session_id, other_session_id = studio.a_session(), studio.a_session()
    studio.book(other_session_id, studio.a_member())
    for member in studio.members(3):
        studio.book(session_id, member)

    accepted = me.book(session_id)
    studio.book(session_id, studio.a_member())

    assert (accepted.status_code, accepted.json["ahead"]) == (202, None), "accepting counts nothing"
    assert look(me, accepted.json)["ahead"] == 3


def test_the_first_command_has_none_before_it(me: Caller, studio: Studio) -> None:
    assert look(me, me.book(studio.a_session()).json)["ahead"] == 0


def test_a_repeated_key_tells_what_is_before_the_first_command(me: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    studio.book(session_id, studio.a_member())
    me.book(session_id, Idempotency_Key="k")
    studio.book(session_id, studio.a_member())

    assert look(me, me.book(session_id, Idempotency_Key="k").json)["ahead"] == 1


def test_once_it_is_settled_nothing_is_before_it(me: Caller, studio: Studio, serving: None) -> None:
    session_id = studio.a_session()
    booked = me.book(session_id, **WAIT)
    refused = me.book(session_id, **WAIT)

    assert (booked.status_code, booked.json["ahead"]) == (201, None)
    assert (refused.status_code, refused.json["command"]["ahead"]) == (409, None)
    assert look(me, booked.json)["ahead"] is None


def test_what_is_before_it_is_counted_no_further_than_needed(
    me: Caller, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "AHEAD_COUNTED_MAX", 2)
    session_id = studio.a_session()
    for member in studio.members(4):
        studio.book(session_id, member)

    assert look(me, me.book(session_id).json)["ahead"] == 2
