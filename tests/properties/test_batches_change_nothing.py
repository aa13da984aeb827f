"""However the commands are cut into batches, and however little a batch knows at first, the outcomes are the same."""

import json
from datetime import timedelta
from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.commands import KINDS as NAMED
from domain.commands import AcceptedCommand, CancelBooking
from domain.facts import Pass, TrainingSession
from domain.ids import BookingId, PassId
from domain.policies import Offer, Policies
from tests.builders import a_pass, a_training_session, an_id, asked, books
from tests.properties.memory_store import MemoryStore, SessionRow, replayed
from tests.properties.wishes import KINDS, Wish, carried_out, wishes
from tests.properties.world import MEMBERS, SESSION_IDS, all_passes, training_sessions

pytestmark = pytest.mark.timeout(900)  # the `ci` profile takes its time

sizes = st.lists(st.integers(1, 20), min_size=1, max_size=10)
chunks = st.integers(1, 3)


def in_batches(commands: list[AcceptedCommand], at_most: list[int]) -> list[list[AcceptedCommand]]:
    """Cut wherever the session changes, and where a batch has as many commands as `at_most` says in turn."""
    batches: list[list[AcceptedCommand]] = []
    limits = cycle(at_most)
    limit = 0
    for accepted in commands:
        full = not batches or len(batches[-1]) == limit
        if full or batches[-1][-1].training_session_id != accepted.training_session_id:
            batches.append([])
            limit = next(limits)
        batches[-1].append(accepted)
    return batches


def assert_same(row: SessionRow, expected: SessionRow) -> None:
    assert [json.loads(entry)["outcome"] for entry in row.journal] == [
        json.loads(entry)["outcome"] for entry in expected.journal
    ]
    assert row == expected


def test_the_wishes_come_to_every_kind_of_command() -> None:
    one_place = {"capacity": 1, "policies": Policies(offer=Offer(30))}
    sessions = [a_training_session(id=id_, **one_place) for id_ in SESSION_IDS]
    passes = [a_pass(id=PassId(an_id()), member_id=member) for member in MEMBERS for _ in range(2)]
    wished = [Wish(kind, 0, 0, 2, timedelta(0)) for kind in ("cancel", "accept", *KINDS)]

    commands = carried_out(wished, MemoryStore(sessions, passes))

    assert {type(accepted.command) for accepted in commands} == set(NAMED.values())


@settings(max_examples=2 * settings().max_examples)
@given(wished=wishes, sessions=training_sessions(), passes=all_passes(), at_most=sizes, chunk=chunks)
def test_the_same_commands_in_any_batching_give_the_same_outcomes(
    wished: list[Wish], sessions: list[TrainingSession], passes: list[Pass], at_most: list[int], chunk: int
) -> None:
    expected = MemoryStore(sessions, passes)
    commands = carried_out(wished, expected)

    store = MemoryStore(sessions, passes)
    for batch in in_batches(commands, at_most):
        store.serve(batch, chunk=chunk)

    for id_, row in store.sessions.items():
        assert_same(row, expected.sessions[id_])
    assert store.passes == expected.passes


@settings(max_examples=2 * settings().max_examples)
@given(wished=wishes, sessions=training_sessions(), passes=all_passes(), at_most=sizes, chunk=chunks)
def test_a_replay_of_the_journal_gives_the_same_outcomes_and_receipts(
    wished: list[Wish], sessions: list[TrainingSession], passes: list[Pass], at_most: list[int], chunk: int
) -> None:
    commands = carried_out(wished, MemoryStore(sessions, passes))
    store = MemoryStore(sessions, passes)
    for batch in in_batches(commands, at_most):
        store.serve(batch, chunk=chunk)

    for id_, row in store.sessions.items():
        own = [accepted for accepted in commands if accepted.training_session_id == id_]
        assert_same(replayed(row, own), row)


def test_a_freed_place_reads_one_chunk_of_the_line_however_long_it_is() -> None:
    session = a_training_session(capacity=1)
    passes = [a_pass(f"member {number}") for number in range(300)]
    store = MemoryStore([session], passes)
    first, *rest = [books(pass_) for pass_ in passes]
    store.serve([first, *rest], chunk=5)
    assert store.waiters_read == 0

    store.serve([asked(CancelBooking(BookingId(first.id)), by=passes[0].member_id)], chunk=5)

    assert store.waiters_read == 5
    assert store.sessions[session.id].live()[0].pass_id == passes[1].id
