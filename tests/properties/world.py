"""A small studio in which everything happens often: few places, few sessions on a pass, deadlines close together."""

from datetime import datetime, timedelta

from hypothesis import strategies as st

from domain.events import (
    BookingCancelled,
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
from domain.facts import Facts, Pass, TrainingSession
from domain.ids import PassId, SpaceId, TrainerId, TrainingSessionId
from domain.outcomes import Failed, Outcome, Refused
from domain.policies import Offer, Policies
from tests.builders import BOXING, HALL, NOW, TRAINER, YOGA, a_member, a_pass, a_training_session, an_id
from tests.properties.naive_model import NaivePass, NaiveSession, Told

MEMBERS = [a_member(name) for name in ("ann", "ben", "cat", "dan", "eve")]
SESSION_IDS = [TrainingSessionId(an_id(f"session {name}")) for name in ("one", "two")]
UNKNOWN_PASS = PassId(an_id("a pass nobody has"))
TRAINERS = [TRAINER, TrainerId(an_id("second trainer"))]
SPACES = [HALL, SpaceId(an_id("space garden"))]
NO_TIME = timedelta(0)


def minutes(*choices: int) -> st.SearchStrategy[timedelta]:
    return st.sampled_from([timedelta(minutes=choice) for choice in choices])


_policies = st.builds(
    Policies,
    refund_deadline_minutes=st.sampled_from([None, None, 60, 90]),
    offer=st.sampled_from([None, None, Offer(5), Offer(30)]),
)


@st.composite
def training_sessions(draw: st.DrawFn) -> list[TrainingSession]:
    """Draw the two sessions of the studio: one is yoga, one is boxing."""
    return [
        a_training_session(
            id=id_,
            training_id=training,
            starts_at=NOW + draw(minutes(90, 240, 240, 2000)),
            capacity=draw(st.sampled_from([1, 1, 2, 3])),
            booking_deadline=draw(minutes(0, 30, 60)),
            cancellation_deadline=draw(minutes(0, 30, 60)),
            promotion_deadline=draw(minutes(0, 30, 60)),
            promotion_grace=draw(minutes(0, 30)),
            booking_opens_at=draw(st.sampled_from([None] * 5 + [NOW + timedelta(minutes=1)])),
            policies=draw(_policies),
            waitlist_limit=draw(st.sampled_from([None, None, None, None, 0, 2, 3])),
        )
        for id_, training in zip(SESSION_IDS, (YOGA, BOXING), strict=True)
    ]


@st.composite
def all_passes(draw: st.DrawFn) -> list[Pass]:
    """Draw two passes for each member, in the order of `MEMBERS`; the first of the two is the better one."""
    passes = []
    for number, member in enumerate(MEMBERS):
        passes.append(
            a_pass(
                id=PassId(an_id(f"first pass of member {number}")),
                member_id=member,
                sessions_left=draw(st.sampled_from([1, 1, 1, 2, None])),
                expires_at=draw(st.sampled_from([None, None, None, NOW + timedelta(minutes=60)])),
            )
        )
        passes.append(
            a_pass(
                id=PassId(an_id(f"second pass of member {number}")),
                member_id=member,
                sessions_left=draw(st.integers(0, 2)),
                active=draw(st.sampled_from([True, True, False])),
                trainings=draw(st.sampled_from([None, frozenset({YOGA}), frozenset({BOXING})])),
            )
        )
    return passes


def boundaries(training_session: TrainingSession) -> list[datetime]:
    """The instants at which a rule of this session changes its answer, in order."""
    start = training_session.starts_at
    instants = {
        start,
        start - training_session.booking_deadline,
        start - training_session.cancellation_deadline,
        start - training_session.promotion_deadline,
        training_session.refunding_closes_at,
        training_session.booking_opens_at or start,
        training_session.free_cancelling_until or start,
    }
    return sorted(instants)


def fresh_facts(training_session: TrainingSession, passes: dict[PassId, Pass]) -> Facts:
    """Return complete facts of a session nobody has asked for yet."""
    facts = Facts(training_session, position=0, booked=0, waiting=0, skipped=0, passes=passes)
    facts.roster_known = True
    return facts


def naive_session(training_session: TrainingSession) -> NaiveSession:
    """Return the session as the model knows it."""
    refund, offer = training_session.policies.refund_deadline_minutes, training_session.policies.offer
    return NaiveSession(
        training=training_session.training_id,
        starts_at=training_session.starts_at,
        minutes=training_session.lasts_minutes,
        trainer=training_session.trainer_id,
        space=training_session.space_id,
        capacity=training_session.capacity,
        book_before=training_session.booking_deadline,
        cancel_before=training_session.cancellation_deadline,
        promote_before=training_session.promotion_deadline,
        grace=training_session.promotion_grace,
        opens_at=training_session.booking_opens_at,
        line_limit=training_session.waitlist_limit,
        refund_before=None if refund is None else timedelta(minutes=refund),
        offer_stands=None if offer is None else timedelta(minutes=offer.minutes),
    )


def naive_pass(pass_: Pass) -> NaivePass:
    """Return the pass as the model knows it."""
    return NaivePass(pass_.member_id, pass_.sessions_left, pass_.active, pass_.expires_at, pass_.trainings)


def in_words(outcome: Outcome) -> list[Told]:
    """Return an outcome of the domain in the words of the model."""
    if isinstance(outcome, Refused):
        assert len(set(outcome.reasons)) == len(outcome.reasons) > 0
        return [("refused", frozenset(str(reason) for reason in outcome.reasons))]
    assert not isinstance(outcome, Failed)
    return [_event_in_words(event) for event in outcome.events]


def _event_in_words(event: Event) -> Told:
    word = _WORDS[type(event)]
    match event:
        case WaitlistJoined(_, member, _, place):
            return (word, member, place)
        case WaiterSkipped(_, member, _, reasons):
            return (word, member, frozenset(str(reason) for reason in reasons))
        case CapacityChanged(_, after):
            return (word, after)
        case BookingCancelled(_, member, refunded=False):
            return ("given up", member)
        case SessionRescheduled() | SessionUpdated() | SessionCancelled():
            return (word,)
        case _:
            return (word, event.member_id)


_WORDS: dict[type[Event], str] = {
    SeatBooked: "booked",
    WaitlistJoined: "waits",
    BookingCancelled: "refunded",
    WaitlistLeft: "left",
    WaiterPromoted: "promoted",
    PlaceOffered: "offered",
    OfferAccepted: "accepted",
    OfferExpired: "too late",
    WaiterSkipped: "skipped",
    WaiterReturned: "returned",
    CapacityChanged: "capacity",
    SessionRescheduled: "moved",
    SessionUpdated: "updated",
    SessionCancelled: "called off",
}
