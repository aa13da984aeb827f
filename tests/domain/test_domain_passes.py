from typing import Any

import pytest

from domain.passes import unusable_reasons
from domain.refusals import RefusalReason
from tests.builders import BOXING, NOW, TICK, YOGA, a_member, a_pass


@pytest.mark.parametrize(
    "usable",
    [
        {},
        {"sessions_left": 1},
        {"sessions_left": None},
        {"expires_at": NOW + TICK},
        {"trainings": frozenset({YOGA, BOXING})},
    ],
    ids=str,
)
def test_a_pass_can_pay(usable: dict[str, Any]) -> None:
    pass_ = a_pass("ann", **usable)

    assert unusable_reasons(pass_, member_id=a_member("ann"), training_id=YOGA, now=NOW) == ()


@pytest.mark.parametrize(
    ("unusable", "reason"),
    [
        ({"active": False}, RefusalReason.PASS_INACTIVE),
        ({"sessions_left": 0}, RefusalReason.PASS_EXHAUSTED),
        ({"expires_at": NOW}, RefusalReason.PASS_EXPIRED),
        ({"expires_at": NOW - TICK}, RefusalReason.PASS_EXPIRED),
        ({"trainings": frozenset({BOXING})}, RefusalReason.PASS_NOT_APPLICABLE),
        ({"trainings": frozenset()}, RefusalReason.PASS_NOT_APPLICABLE),
    ],
    ids=str,
)
def test_a_pass_cannot_pay_and_says_why(unusable: dict[str, Any], reason: RefusalReason) -> None:
    pass_ = a_pass("ann", **unusable)

    assert unusable_reasons(pass_, member_id=a_member("ann"), training_id=YOGA, now=NOW) == (reason,)


def test_a_pass_says_all_that_is_wrong_with_it() -> None:
    pass_ = a_pass("ann", active=False, sessions_left=0, expires_at=NOW, trainings=frozenset({BOXING}))

    assert set(unusable_reasons(pass_, member_id=a_member("ann"), training_id=YOGA, now=NOW)) == {
        RefusalReason.PASS_INACTIVE,
        RefusalReason.PASS_EXHAUSTED,
        RefusalReason.PASS_EXPIRED,
        RefusalReason.PASS_NOT_APPLICABLE,
    }


def test_nothing_is_said_about_the_pass_of_somebody_else() -> None:
    pass_ = a_pass("ann", active=False, sessions_left=0, expires_at=NOW)

    reasons = unusable_reasons(pass_, member_id=a_member("ben"), training_id=YOGA, now=NOW)

    assert reasons == (RefusalReason.PASS_NOT_YOURS,)


def test_a_pass_that_does_not_exist_is_not_found() -> None:
    assert unusable_reasons(None, member_id=a_member("ann"), training_id=YOGA, now=NOW) == (
        RefusalReason.PASS_NOT_FOUND,
    )
