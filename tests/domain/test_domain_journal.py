import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.commands import BookForMember, ReconsiderWaitlist
from domain.events import (
    BookingCancelled,
    CancelledBy,
    CapacityChanged,
    Event,
    OfferAccepted,
    OfferExpired,
    PlaceOffered,
    SeatBooked,
    SessionCancelled,
    SessionRescheduled,
    SessionUpdated,
    WaiterPromoted,
    WaiterReturned,
    WaiterSkipped,
    WaitlistJoined,
    WaitlistLeft,
)
from domain.facts import Pass
from domain.ids import PassId
from domain.journal import (
    canonical,
    entry_of,
    first_receipt,
    plain_outcome,
    receipt,
    witness,
    witnessed_passes,
)
from domain.outcomes import Applied, Failed, Refused
from domain.refusals import RefusalReason
from tests.builders import (
    BOXING,
    HALL,
    NOW,
    SEATLINE,
    START,
    TRAINER,
    YOGA,
    a_pass,
    a_training_session,
    an_id,
    asked,
    booking_of,
    books,
    cancels,
    facts_of,
    play,
)

ANN = a_pass("ann", sessions_left=3)
BEN = a_pass("ben")
EMPTY = a_pass("dan", sessions_left=0)
ONE_PLACE = a_training_session(capacity=1)
BOOKING = booking_of(ANN)

EACH_EVENT: list[tuple[Event, dict[str, Any]]] = [
    (SeatBooked(BOOKING, ANN.member_id, ANN.id), {"event": "seat_booked", "pass_id": str(ANN.id)}),
    (
        WaitlistJoined(BOOKING, ANN.member_id, ANN.id, 7),
        {"event": "waitlist_joined", "pass_id": str(ANN.id), "place_in_line": 7},
    ),
    (
        BookingCancelled(BOOKING, ANN.member_id, ANN.id, CancelledBy.STAFF),
        {"event": "booking_cancelled", "pass_id": str(ANN.id), "by": "staff"},
    ),
    (
        BookingCancelled(BOOKING, ANN.member_id, ANN.id, CancelledBy.STAFF, refunded=False),
        {"event": "booking_cancelled", "pass_id": str(ANN.id), "by": "staff", "refunded": False},
    ),
    (
        WaitlistLeft(BOOKING, ANN.member_id, CancelledBy.MEMBER, was_skipped=True),
        {"event": "waitlist_left", "by": "member", "was_skipped": True},
    ),
    (
        WaitlistLeft(BOOKING, ANN.member_id, CancelledBy.MEMBER, was_skipped=False, was_offered=True),
        {"event": "waitlist_left", "by": "member", "was_skipped": False, "was_offered": True},
    ),
    (
        PlaceOffered(BOOKING, ANN.member_id, ANN.id, NOW),
        {"event": "place_offered", "pass_id": str(ANN.id), "until": "2026-03-02T12:00:00+00:00"},
    ),
    (OfferAccepted(BOOKING, ANN.member_id, ANN.id), {"event": "offer_accepted", "pass_id": str(ANN.id)}),
    (OfferExpired(BOOKING, ANN.member_id), {"event": "offer_expired"}),
    (WaiterPromoted(BOOKING, ANN.member_id, ANN.id), {"event": "waiter_promoted", "pass_id": str(ANN.id)}),
    (
        WaiterSkipped(BOOKING, ANN.member_id, ANN.id, (RefusalReason.PASS_INACTIVE, RefusalReason.PASS_EXPIRED)),
        {"event": "waiter_skipped", "pass_id": str(ANN.id), "reasons": ["pass_inactive", "pass_expired"]},
    ),
    (WaiterReturned(BOOKING, ANN.member_id), {"event": "waiter_returned"}),
    (CapacityChanged(4, 5), {"event": "capacity_changed", "before": 4, "after": 5}),
    (
        SessionRescheduled(START, 60, TRAINER, HALL, free_cancelling_until=NOW),
        {
            "event": "session_rescheduled",
            "starts_at": "2026-03-05T18:00:00+00:00",
            "lasts_minutes": 60,
            "trainer_id": str(TRAINER),
            "space_id": str(HALL),
            "free_cancelling_until": "2026-03-02T12:00:00+00:00",
        },
    ),
    (
        SessionUpdated(TRAINER, HALL),
        {"event": "session_updated", "trainer_id": str(TRAINER), "space_id": str(HALL)},
    ),
    (SessionCancelled("хвороба"), {"event": "session_cancelled", "why": "хвороба"}),
]


@pytest.mark.parametrize(("event", "expected"), EACH_EVENT, ids=lambda value: type(value).__name__)
def test_the_plain_form_of_an_event_names_it_and_all_that_is_not_usual(event: Event, expected: dict[str, Any]) -> None:
    names = {field.name for field in fields(event)}
    whose = {"booking_id": str(BOOKING), "member_id": str(ANN.member_id)}
    expected = expected | {name: text for name, text in whose.items() if name in names}

    plain = plain_outcome(Applied((event,)))

    assert plain == {"status": "applied", "events": [expected]}
    left_out = {field.name for field in fields(event) if getattr(event, field.name) == field.default}
    assert set(expected) == names - left_out | {"event"}
    assert json.loads(canonical(plain)) == plain


def test_each_event_has_an_example_above() -> None:
    assert {type(event) for event, _ in EACH_EVENT} == set(get_args(Event))


def test_the_plain_form_of_a_refusal_and_of_a_fault() -> None:
    refused = Refused((RefusalReason.BOOKING_CLOSED, RefusalReason.PASS_EXPIRED))

    assert plain_outcome(refused) == {"status": "refused", "reasons": ["booking_closed", "pass_expired"]}
    assert plain_outcome(Failed("a fault")) == {"status": "failed", "error": "a fault"}
    assert plain_outcome(Applied(())) == {"status": "applied", "events": []}


def test_the_canonical_form_does_not_depend_on_the_order_of_keys() -> None:
    one = {"b": [1, {"y": None, "x": True}], "a": "Ünï"}
    other = {"a": "Ünï", "b": [1, {"x": True, "y": None}]}

    assert canonical(one) == canonical(other) == '{"a":"Ünï","b":[1,{"x":true,"y":null}]}'.encode()


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | _texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_texts, _plain_values, max_size=5))
def test_anybody_can_write_the_canonical_form_with_the_standard_library(value: dict[str, Any]) -> None:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert canonical(value) == text.encode()


def test_the_canonical_form_outlives_being_stored_as_json_text() -> None:
    entry = an_entry()

    assert canonical(json.loads(json.dumps(entry))) == canonical(entry)


@pytest.mark.parametrize("zone", [timezone(timedelta(hours=2)), ZoneInfo("Europe/Kyiv")], ids=["offset", "studio"])
def test_an_instant_has_one_plain_form_whatever_zone_it_was_written_in(zone: timezone | ZoneInfo) -> None:
    def plain(starts_at: datetime, expires_at: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
        pass_ = a_pass("ann", expires_at=expires_at)
        moved = SessionRescheduled(starts_at, 60, TRAINER, HALL, free_cancelling_until=starts_at)
        seen = witness(facts_of(passes=[pass_]), books(pass_), Applied(()))
        return plain_outcome(Applied((moved,))), seen

    assert plain(START.astimezone(zone), START.astimezone(zone)) == plain(START, START)


def test_the_acceptance_of_an_entry_is_written_in_utc() -> None:
    at_the_studio = an_entry(accepted_at=NOW.astimezone(ZoneInfo("Europe/Kyiv")))

    assert at_the_studio == an_entry()
    assert at_the_studio["accepted_at"] == "2026-03-02T12:00:00+00:00"


def an_entry(*, accepted_at: datetime = NOW, position: int = 1) -> dict[str, Any]:
    facts = facts_of(passes=[ANN])
    accepted = asked(books(ANN).command, by=ANN.member_id, name="the first")
    seen = witness(facts, accepted, Applied(()))
    return entry_of(
        command_id=accepted.id,
        position=position,
        actor=str(ANN.member_id),
        kind="book_seat",
        payload={"pass_id": str(ANN.id)},
        accepted_at=accepted_at,
        outcome=plain_outcome(play(facts, accepted)),
        seen=seen,
    )


def test_the_chain_of_receipts_is_the_one_anybody_can_compute() -> None:
    opening = {"capacity": 1, "starts_at": "2026-03-05T18:00:00+00:00"}

    first = first_receipt(opening)
    second = receipt(first, an_entry())
    third = receipt(second, an_entry(position=2))

    assert first == sha256(b'{"capacity":1,"starts_at":"2026-03-05T18:00:00+00:00"}').hexdigest()
    assert first == "2720d8d2f848d094e3909e515c890af4dfef1e5c64757f39d2146e83853f43d0"
    assert second == "0b0d8697735ecd02867dcced1a20c6e993e26cb7751d4a96dc4f3f26b2e9b04e"
    assert third == "8ab06ad4fed5f6ec34728b2c07680149914233c3252887c3bc9a9c36cf8edd3e"


def test_a_receipt_vouches_for_everything_before_it_and_everything_in_its_entry() -> None:
    entry = an_entry()
    changed = [entry | {name: "changed"} for name in entry]

    receipts = {receipt("a", each) for each in [entry, *changed]} | {receipt("b", entry)}

    assert len(receipts) == len(entry) + 2


def test_a_booking_witnesses_the_pass_as_it_was_before() -> None:
    facts = facts_of(passes=[ANN])
    asking = books(ANN)

    seen = witness(facts, asking, play(facts_of(passes=[ANN]), asking))

    assert seen == {
        str(ANN.id): {
            "member_id": str(ANN.member_id),
            "active": True,
            "sessions_left": 3,
            "expires_at": None,
            "trainings": None,
        }
    }


def test_a_promotion_witnesses_the_pass_of_each_waiter_it_looked_at_and_no_other() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[EMPTY, BEN, a_pass("cat")])
    asking = cancels(ANN)

    seen = witness(facts, asking, play(facts_of(ONE_PLACE, confirmed=[ANN], waiting=[EMPTY, BEN]), asking))

    assert set(seen) == {str(EMPTY.id), str(BEN.id)}


def test_a_pass_that_does_not_exist_is_witnessed_as_such() -> None:
    missing = PassId(an_id("no pass"))
    asking = asked(BookForMember(ANN.member_id, missing, why="by phone"))

    seen = witness(facts_of(), asking, Refused((RefusalReason.PASS_NOT_FOUND,)))

    assert seen == {str(missing): None}
    assert witnessed_passes(seen) == {}


def test_a_look_at_a_skipped_waiter_witnesses_the_pass_even_when_nothing_comes_of_it() -> None:
    facts = facts_of(ONE_PLACE, skipped=[EMPTY])

    seen = witness(facts, asked(ReconsiderWaitlist(EMPTY.id), by=SEATLINE), Applied(()))

    assert witnessed_passes(seen) == {EMPTY.id: EMPTY}


@pytest.mark.parametrize(
    "pass_",
    [
        ANN,
        a_pass("ann", sessions_left=None, active=False),
        a_pass("ann", expires_at=datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)),
        a_pass("ann", trainings=frozenset({YOGA, BOXING})),
        a_pass("ann", trainings=frozenset()),
    ],
    ids=["plain", "unlimited", "expiring", "of two trainings", "of no training"],
)
def test_a_witnessed_pass_comes_back_as_it_was(pass_: Pass) -> None:
    seen = witness(facts_of(passes=[pass_]), books(pass_), Applied(()))

    assert witnessed_passes(json.loads(json.dumps(seen))) == {pass_.id: pass_}
