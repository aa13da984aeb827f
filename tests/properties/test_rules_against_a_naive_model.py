"""The domain and a naive model are driven side by side; after every step they must agree on everything."""

from collections import defaultdict
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.commands import (
    AcceptOffer,
    Actor,
    BookForMember,
    BookSeat,
    CancelBooking,
    CancelForMember,
    CancelSession,
    ChangeCapacity,
    ClearBookings,
    ExpireOffers,
    RescheduleSession,
)
from domain.facts import Pass, TrainingSession
from domain.ids import BookingId, MemberId, SpaceId, TrainerId, TrainingSessionId
from tests.builders import NOW, SEATLINE, STAFF, TICK
from tests.properties.naive_model import NaiveStudio
from tests.properties.side_by_side import SideBySide, as_domain, as_naive
from tests.properties.world import (
    MEMBERS,
    NO_TIME,
    SESSION_IDS,
    SPACES,
    TRAINERS,
    UNKNOWN_PASS,
    all_passes,
    boundaries,
    fresh_facts,
    minutes,
    naive_pass,
    naive_session,
    training_sessions,
)

pytestmark = pytest.mark.timeout(900)  # the `ci` profile takes its time

some_session = st.sampled_from(SESSION_IDS)
some_member = st.sampled_from(MEMBERS)
seldom = st.sampled_from([False] * 7 + [True])


class RulesAgainstANaiveModel(SideBySide):
    """Several sessions share the passes; time only goes forward; a changed pass is reconsidered at once."""

    @initialize(sessions=training_sessions(), passes=all_passes(), members=st.permutations(MEMBERS))
    def open_the_studio(self, sessions: list[TrainingSession], passes: list[Pass], members: list[MemberId]) -> None:
        self.now = NOW
        self.passes = {pass_.id: pass_ for pass_ in passes}
        self.facts = {session.id: fresh_facts(session, self.passes) for session in sessions}
        self.naive = NaiveStudio()
        self.naive.sessions = {session.id: naive_session(session) for session in sessions}
        self.naive.passes = {pass_.id: naive_pass(pass_) for pass_ in passes}
        self.granted = {pass_.id: pass_.sessions_left for pass_ in passes}
        self.ledger = defaultdict(list)
        self.commands_of = {session.id: [] for session in sessions}
        self.made = []
        for session in sessions:
            self.rush(session.id, members, how_many=4)

    @rule(session=some_session, members=st.permutations(MEMBERS), how_many=st.integers(2, 5))
    def rush(self, session: TrainingSessionId, members: list[MemberId], how_many: int) -> None:
        for member in members[:how_many]:
            self.book(session, member, first=True, odd=False, staff=False)

    @rule(session=some_session, member=some_member, first=st.booleans(), odd=seldom, staff=seldom)
    def book(self, session: TrainingSessionId, member: MemberId, *, first: bool, odd: bool, staff: bool) -> None:
        mine = [pass_.id for pass_ in self.passes.values() if pass_.member_id == member]
        pass_id = mine[not first]
        if odd:  # a pass that nobody has, or another member's
            pass_id = UNKNOWN_PASS if first else next(id_ for id_ in self.passes if id_ not in mine)
        command = BookForMember(member, pass_id, why="by phone") if staff else BookSeat(pass_id)
        outcome, booking = self.send(session, command, STAFF if staff else Actor(member))
        self.made.append((session, booking, member))
        self.agree(outcome, self.naive.book(session, booking, member, pass_id, self.now, by_staff=staff))

    @precondition(lambda self: self.live_bookings())
    @rule(which=st.integers(0, 11), member=some_member, odd=seldom, staff=seldom, refund=st.booleans())
    def cancel(self, which: int, member: MemberId, *, odd: bool, staff: bool, refund: bool) -> None:
        live = self.live_bookings()
        self.end(live[which % len(live)], member, odd=odd, staff=staff, refund=refund or not staff)

    @precondition(lambda self: self.places_somebody_waits_for())
    @rule(which=st.integers(0, 11), refund=st.booleans())
    def free_a_place_somebody_waits_for(self, which: int, *, refund: bool) -> None:
        places = self.places_somebody_waits_for()
        self.end(places[which % len(places)], MEMBERS[0], odd=False, staff=True, refund=refund)

    @precondition(lambda self: self.made)
    @rule(which=st.integers(0, 11), member=some_member, odd=seldom, staff=seldom)
    def cancel_what_may_be_gone(self, which: int, member: MemberId, *, odd: bool, staff: bool) -> None:
        self.end(self.made[-1 - which % len(self.made)], member, odd=odd, staff=staff, refund=True)

    def end(
        self,
        made: tuple[TrainingSessionId, BookingId, MemberId],
        member: MemberId,
        *,
        odd: bool,
        staff: bool,
        refund: bool,
    ) -> None:
        session, booking, owner = made
        who = member if odd else owner
        command = CancelForMember(booking, "ill", refund=refund) if staff else CancelBooking(booking)
        outcome, _ = self.send(session, command, STAFF if staff else Actor(who))
        self.agree(outcome, self.naive.cancel(session, booking, None if staff else who, self.now, refund=refund))
        self.look_again_where_refunded(outcome)

    @precondition(lambda self: self.made)
    @rule(which=st.integers(0, 11), member=some_member, odd=seldom)
    def accept(self, which: int, member: MemberId, *, odd: bool) -> None:
        offered = [(id_, one.booking, MemberId(one.member)) for id_, one in self.people("offered")]
        among = offered or self.made
        session, booking, owner = among[-1 - which % len(among)]
        who = member if odd else owner
        outcome, _ = self.send(session, AcceptOffer(BookingId(booking)), Actor(who))
        self.agree(outcome, self.naive.accept(session, booking, who, self.now))

    @rule(session=some_session)
    def expire_offers(self, session: TrainingSessionId) -> None:
        outcome, _ = self.send(session, ExpireOffers(), SEATLINE)
        self.agree(outcome, self.naive.expire(session, self.now))

    @precondition(lambda self: any(self.people("offered")))
    @rule(which=st.integers(0, 3), step=st.sampled_from([-TICK, NO_TIME, TICK]))
    def time_passes_to_the_end_of_an_offer(self, which: int, step: timedelta) -> None:
        offered = list(self.people("offered"))
        until = offered[which % len(offered)][1].offered_until
        assert until is not None
        self.now = max(self.now, until + step)

    @rule(session=some_session, capacity=st.integers(1, 4))
    def change_capacity(self, session: TrainingSessionId, capacity: int) -> None:
        outcome, _ = self.send(session, ChangeCapacity(capacity), STAFF)
        self.agree(outcome, self.naive.change_capacity(session, capacity, self.now))

    @rule(
        session=some_session,
        by=minutes(-60, 0, 0, 60, 600, 2000),
        longer=seldom,
        trainer=st.sampled_from(TRAINERS),
        space=st.sampled_from(SPACES),
    )
    def move(
        self, session: TrainingSessionId, by: timedelta, trainer: TrainerId, space: SpaceId, *, longer: bool
    ) -> None:
        before = self.facts[session].training_session
        starts_at, lasts = before.starts_at + by, before.lasts_minutes + 15 * longer
        outcome, _ = self.send(session, RescheduleSession(starts_at, lasts, trainer, space), STAFF)
        expected = self.naive.move(session, starts_at, minutes=lasts, trainer=trainer, space=space, now=self.now)
        self.agree(outcome, expected)

    @precondition(lambda self: len(self.made) > 10)
    @rule(session=some_session, refund=st.booleans())
    def clear(self, session: TrainingSessionId, *, refund: bool) -> None:
        outcome, _ = self.send(session, ClearBookings("ill", refund=refund), STAFF)
        self.agree(outcome, self.naive.clear(session, refund=refund))
        self.look_again_where_refunded(outcome)

    @precondition(lambda self: len(self.made) > 20)
    @rule(session=some_session)
    def call_off(self, session: TrainingSessionId) -> None:
        outcome, _ = self.send(session, CancelSession("ill"), STAFF)
        self.agree(outcome, self.naive.call_off(session))
        self.look_again_where_refunded(outcome)

    @rule(session=some_session, number=st.integers(0, 9))
    def look_again_without_cause(self, session: TrainingSessionId, number: int) -> None:
        skipped = [person.member for person in self.naive.sessions[session].those("skipped")]
        passes = [id_ for id_, pass_ in self.passes.items() if pass_.member_id in skipped] or list(self.passes)
        self.look_again(session, passes[number % len(passes)])

    @rule(number=st.integers(0, 9), sessions=st.integers(0, 1), inactive=st.booleans(), days=st.integers(0, 1))
    def change_pass(self, number: int, sessions: int, days: int, *, inactive: bool) -> None:
        pass_id = list(self.passes)[number]
        naive = self.naive.passes[pass_id]
        naive.active = not inactive
        if naive.left is not None:
            naive.left += sessions
            self.granted[pass_id] = (self.granted[pass_id] or 0) + sessions
        if naive.expires_at is not None:
            naive.expires_at += timedelta(days=days)
        self.passes[pass_id] = as_domain(pass_id, naive, self.passes[pass_id])
        self.look_again_everywhere(pass_id)

    @rule(step=minutes(1, 5, 20))
    def time_passes(self, step: timedelta) -> None:
        self.now += step

    @rule(session=some_session, which=st.integers(0, 2), step=st.sampled_from([-TICK, NO_TIME, TICK]))
    def time_passes_to_a_boundary(self, session: TrainingSessionId, which: int, step: timedelta) -> None:
        instants = boundaries(self.facts[session].training_session)
        ahead = [instant + step for instant in instants if instant + step > self.now][: which + 1]
        if ahead and ahead[-1] < self.now + timedelta(hours=5):
            self.now = ahead[-1]

    @invariant()
    def the_rosters_and_lines_agree(self) -> None:
        for id_, facts in self.facts.items():
            people = self.naive.sessions[id_].those("confirmed", "offered", "waiting", "skipped")
            assert [as_naive(booking) for booking in facts.roster()] == people
            waiting = [person.booking for person in people if person.state == "waiting"]
            assert [booking_id for _, booking_id in facts.line] == waiting
            assert facts.booked == len([person for person in people if person.state in {"confirmed", "offered"}])
            assert (facts.waiting, facts.skipped) == (len(waiting), len(people) - facts.booked - len(waiting))
            members = [person.member for person in people]
            assert len(set(members)) == len(members), "one live booking for each member and session"

    @invariant()
    def the_balances_agree_with_the_model_and_with_the_ledger(self) -> None:
        for id_, pass_ in self.passes.items():
            assert pass_.sessions_left == self.naive.passes[id_].left
            granted = self.granted[id_]
            if granted is not None:
                assert pass_.sessions_left == granted + sum(self.ledger[id_])
            assert pass_.sessions_left is None or pass_.sessions_left >= 0

    @invariant()
    def no_place_is_free_while_somebody_who_can_pay_waits_and_promotion_is_open(self) -> None:
        for id_, session in self.naive.sessions.items():
            able = [
                person
                for person in session.those("waiting", "skipped")
                if not self.naive.why_it_cannot_pay(person.pays_with, person.member, session, self.now)
            ]
            if able and self.naive.promotion_is_open(session, self.now):
                assert self.facts[id_].booked >= self.facts[id_].training_session.capacity

    @invariant()
    def nobody_stays_skipped_whose_pass_can_pay(self) -> None:
        for session in self.naive.sessions.values():
            for person in session.those("skipped"):
                assert self.naive.why_it_cannot_pay(person.pays_with, person.member, session, self.now)

    @invariant()
    def each_position_is_taken_once_and_none_is_left_out(self) -> None:
        for id_, facts in self.facts.items():
            sent = self.commands_of[id_]
            assert facts.position == len(sent)
            assert all(sent[booking.position - 1] == booking.id for booking in facts.bookings.values())


def test_the_rules_and_the_naive_model_agree_after_every_step() -> None:
    # One run is short, and what is rare takes many: a waiter skipped, back in line, and skipped again.
    many = settings(max_examples=5 * settings().max_examples)
    run_state_machine_as_test(RulesAgainstANaiveModel, settings=many)
