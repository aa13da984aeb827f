"""The checker finds each kind of damage, and nothing where there is none."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from ops.audit import Difference
from ops.chaos.books import Balance, DeliveryRow, Places
from ops.chaos.check import Kind
from ops.chaos.history import Asked, Call
from tests.faults.runs import ANNA, OTHER_SESSION, SESSION, Run, answered

DAMAGED: list[tuple[str, Kind, Callable[[Run], object]]] = []


def damaged(kind: Kind) -> Callable[[Callable[[Run], object]], Callable[[Run], object]]:
    def listed(damage: Callable[[Run], object]) -> Callable[[Run], object]:
        DAMAGED.append((damage.__name__, kind, damage))
        return damage

    return listed


@damaged(Kind.LOST)
def an_accepted_command_is_gone(run: Run) -> None:
    run.forget("first")


@damaged(Kind.LOST)
def a_refused_command_is_gone(run: Run) -> None:
    run.forget("second")


@damaged(Kind.UNSETTLED)
def a_command_still_waits(run: Run) -> None:
    run.change("first", status="waiting", position=None)


@damaged(Kind.FAILED)
def a_command_failed(run: Run) -> None:
    run.change("first", status="failed", error="KeyError")


@damaged(Kind.UNANSWERED)
def a_client_was_never_answered(run: Run) -> None:
    run.history.append(Asked("key-4", ANNA, SESSION, calls=[Call(3.0, trouble="cut"), Call(4.0, trouble="cut")]))


@damaged(Kind.UNEXPECTED)
def an_accepted_booking_is_unknown(run: Run) -> None:
    run.history[2].calls.insert(0, Call(1.6, 1.65, 404, code="booking_not_found"))


@damaged(Kind.UNEXPECTED)
def a_key_belongs_to_another_command(run: Run) -> None:
    run.history[1].calls.insert(0, Call(1.3, 1.4, 409, code="idempotency_key_reused"))


@damaged(Kind.DOUBLED)
def one_key_is_answered_with_two_commands(run: Run) -> None:
    run.history[0].calls.append(answered(1.2, 1.3, "own"))


@damaged(Kind.DOUBLED)
def one_key_is_accepted_twice(run: Run) -> None:
    twin = replace(run.books.commands[0], id="twin", seq=7, position=5)
    run.books.commands.append(twin)


@damaged(Kind.DOUBLED)
def a_client_was_told_another_command_than_the_log_has(run: Run) -> None:
    run.change("first", id="another")


@damaged(Kind.DOUBLED)
def two_commands_have_one_position(run: Run) -> None:
    run.change("own", position=4)


@damaged(Kind.STRAY)
def a_command_nobody_sent_is_accepted(run: Run) -> None:
    run.books.commands.append(replace(run.books.commands[0], id="stray", key="key-9", seq=10, position=5))


@damaged(Kind.STRAY)
def a_command_is_accepted_for_another_session(run: Run) -> None:
    run.change("first", training_session_id=OTHER_SESSION)


@damaged(Kind.CONTRADICTED)
def a_client_was_told_another_outcome(run: Run) -> None:
    run.change("third", status="refused")


@damaged(Kind.REORDERED)
def a_later_command_has_the_lower_position(run: Run) -> None:
    run.change("first", position=4)
    run.change("third", position=1)


@damaged(Kind.REORDERED)
def a_later_command_has_the_lower_seq(run: Run) -> None:
    run.change("third", seq=3)


@damaged(Kind.OVERSOLD)
def a_place_is_sold_twice(run: Run) -> None:
    run.books.places = [Places(SESSION, 2, 3)]


@damaged(Kind.OVERDRAWN)
def a_pass_is_negative(run: Run) -> None:
    run.books.balances = [Balance(UUID(int=21), 0, -1, -1)]


@damaged(Kind.OVERDRAWN)
def a_pass_differs_from_its_ledger(run: Run) -> None:
    run.books.balances = [Balance(UUID(int=21), 10, 8, -1)]


@damaged(Kind.REPLAYED_OTHERWISE)
def the_audit_finds_a_difference(run: Run) -> None:
    run.verdict.add([Difference(None, 3, "outcome", "applied", "refused")])


@damaged(Kind.UNTOLD)
def a_notice_is_not_relayed(run: Run) -> None:
    run.books.untold = 1


@damaged(Kind.UNTOLD)
def a_delivery_is_still_due(run: Run) -> None:
    run.books.deliveries = [DeliveryRow(1, "due", 0, 0, 0)]


@damaged(Kind.UNTOLD)
def a_delivery_on_record_never_went_out(run: Run) -> None:
    run.books.deliveries = [DeliveryRow(1, "sent", 1, 1, 0)]


@damaged(Kind.TOLD_TWICE)
def a_delivery_went_out_twice_for_one_claim(run: Run) -> None:
    run.books.deliveries = [DeliveryRow(1, "sent", 1, 1, 2)]


@damaged(Kind.TOLD_TWICE)
def a_delivery_is_recorded_twice(run: Run) -> None:
    run.books.deliveries = [DeliveryRow(1, "sent", 2, 2, 2)]


def test_a_run_in_which_all_went_well_has_no_damage() -> None:
    assert Run().damages() == []


@pytest.mark.parametrize(("kind", "damage"), [one[1:] for one in DAMAGED], ids=[one[0] for one in DAMAGED])
def test_each_kind_of_damage_is_found(kind: Kind, damage: Callable[[Run], object]) -> None:
    run = Run()
    damage(run)

    assert kind in {one.kind for one in run.damages()}


def test_every_kind_is_proven_to_be_found() -> None:
    assert {kind for _, kind, _ in DAMAGED} == set(Kind)


def test_commands_that_were_under_way_at_once_may_come_in_either_order() -> None:
    run = Run()
    run.history[1].calls = [answered(1.05, 1.6, "second", "refused")]
    run.change("first", seq=5, position=2)
    run.change("second", seq=4, position=1)

    assert run.damages() == []


def test_a_command_that_got_no_answer_at_first_is_bound_by_when_it_was_first_sent() -> None:
    run = Run()
    run.history[1].calls[0].sent = 1.05
    run.change("first", seq=5, position=2)
    run.change("second", seq=4, position=1)

    assert run.damages() == []


def test_a_lease_that_ended_explains_a_second_sending() -> None:
    run = Run()
    run.books.deliveries = [DeliveryRow(1, "sent", 2, 1, 2)]

    assert run.damages() == []


def test_that_the_api_could_not_say_is_no_damage() -> None:
    run = Run()
    run.history[1].calls[0] = Call(1.2, 1.3, 503, code="database_unavailable")

    assert run.damages() == []
