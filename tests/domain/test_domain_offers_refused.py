"""When an offered place cannot be accepted, at the edges."""

from datetime import UTC, datetime, time, timedelta

import pytest

from domain.commands import ExpireOffers
from domain.facts import Facts, Pass
from domain.policies import Offer, Policies
from domain.quiet_hours import QuietHours
from domain.refusals import RefusalReason
from tests.builders import (
    BOXING,
    NOW,
    SEATLINE,
    START,
    TICK,
    YOGA,
    a_pass,
    a_training_session,
    accepts,
    asked,
    cancels,
    events_of,
    facts_of,
    play,
    reasons_of,
)

UNTIL = NOW + timedelta(minutes=30)
ONE_PLACE = a_training_session(capacity=1, policies=Policies(offer=Offer(30)))
BEN, NOBODY = a_pass("ben"), a_pass("nobody")


def offered(pass_: Pass) -> Facts:
    """Return facts in which Ben has given his place back and it is offered."""
    facts = facts_of(ONE_PLACE, confirmed=[BEN], waiting=[pass_])
    play(facts, cancels(BEN))
    return facts


def test_what_was_never_offered_is_not_found_whether_it_is_gone_or_never_was() -> None:
    facts = offered(a_pass("ann"))

    assert reasons_of(play(facts, accepts(BEN))) == (RefusalReason.BOOKING_NOT_FOUND,)
    assert reasons_of(play(facts, accepts(NOBODY))) == (RefusalReason.BOOKING_NOT_FOUND,)


def test_at_the_start_it_is_the_start_that_refuses() -> None:
    none = timedelta(0)
    late = a_training_session(
        capacity=1, policies=Policies(offer=Offer(30)), promotion_deadline=none, cancellation_deadline=none
    )
    ann = a_pass("ann")
    facts = facts_of(late, confirmed=[BEN], waiting=[ann])
    play(facts, cancels(BEN, at=START - timedelta(minutes=10)))

    assert reasons_of(play(facts, accepts(ann, at=START))) == (RefusalReason.SESSION_STARTED,)


@pytest.mark.parametrize(
    ("differences", "reason"),
    [
        ({"trainings": frozenset({BOXING})}, RefusalReason.PASS_NOT_APPLICABLE),
        ({"expires_at": NOW + TICK}, RefusalReason.PASS_EXPIRED),
    ],
)
def test_a_pass_that_was_changed_meanwhile_is_judged_anew(
    differences: dict[str, object], reason: RefusalReason
) -> None:
    facts = offered(a_pass("ann", trainings=frozenset({YOGA})))
    changed = a_pass("ann", **differences)
    facts.passes[changed.id] = changed

    assert reasons_of(play(facts, accepts(changed, at=NOW + TICK))) == (reason,)


def test_a_pass_for_this_training_pays_until_it_expires() -> None:
    ann = a_pass("ann", trainings=frozenset({YOGA}), expires_at=UNTIL)

    assert events_of(play(offered(ann), accepts(ann, at=UNTIL - TICK)))


def test_where_no_offer_is_due_nobody_moves_up() -> None:
    facts = facts_of(ONE_PLACE, waiting=[a_pass("ann")])

    assert events_of(play(facts, asked(ExpireOffers(), by=SEATLINE))) == ()


def test_an_offer_made_in_the_pause_of_the_studios_clocks_waits_for_their_morning() -> None:
    night = Offer(30, QuietHours(time(22), time(8)), "Europe/Kyiv")

    assert night.ends_at(datetime(2026, 3, 2, 20, 30, tzinfo=UTC)) == datetime(2026, 3, 3, 6, 30, tzinfo=UTC)
