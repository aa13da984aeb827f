"""The domain and a naive model side by side: what both are told, and what each has then."""

from collections.abc import Iterator
from datetime import datetime

from hypothesis.stateful import RuleBasedStateMachine

from domain.commands import Actor, Command, ReconsiderWaitlist
from domain.decide import decide
from domain.events import BookingCancelled, Charge
from domain.facts import Booking, BookingStatus, Facts, Pass
from domain.ids import BookingId, MemberId, PassId, TrainingSessionId
from domain.outcomes import Applied, Outcome
from domain.recorder import record
from tests.builders import SEATLINE, asked
from tests.properties.naive_model import NaivePass, NaiveStudio, Person, Told
from tests.properties.world import in_words


class SideBySide(RuleBasedStateMachine):
    """A studio in the domain's facts and in the model; `now` is the same for both."""

    now: datetime
    passes: dict[PassId, Pass]
    facts: dict[TrainingSessionId, Facts]
    naive: NaiveStudio
    ledger: dict[PassId, list[int]]
    commands_of: dict[TrainingSessionId, list[BookingId]]
    made: list[tuple[TrainingSessionId, BookingId, MemberId]]

    def live_bookings(self) -> list[tuple[TrainingSessionId, BookingId, MemberId]]:
        return [made for made in self.made if self.facts[made[0]].live.get(made[2]) == made[1]]

    def people(self, state: str) -> Iterator[tuple[TrainingSessionId, Person]]:
        for id_, session in self.naive.sessions.items():
            for person in session.those(state):
                yield id_, person

    def places_somebody_waits_for(self) -> list[tuple[TrainingSessionId, BookingId, MemberId]]:
        def is_wanted(session: TrainingSessionId, booking: BookingId) -> bool:
            facts = self.facts[session]
            return facts.waiting > 0 and facts.bookings[booking].status is BookingStatus.CONFIRMED

        return [made for made in self.live_bookings() if is_wanted(made[0], made[1])]

    def send(self, session: TrainingSessionId, command: Command, actor: Actor) -> tuple[Outcome, BookingId]:
        """Let the domain decide and record; return the outcome and the id a booking would have."""
        facts = self.facts[session]
        booked_before = facts.booked
        accepted = asked(command, by=actor, at=self.now, training_session=facts.training_session)
        outcome = decide(facts, accepted)
        record(facts, accepted, outcome)
        assert facts.booked <= max(facts.training_session.capacity, booked_before), "oversold"
        self.commands_of[session].append(BookingId(accepted.id))
        if isinstance(outcome, Applied):
            for pass_id, line in ledger_lines(outcome):
                self.ledger[pass_id].append(line)
        return outcome, BookingId(accepted.id)

    def agree(self, outcome: Outcome, expected: list[Told]) -> None:
        assert in_words(outcome) == expected

    def look_again_where_refunded(self, outcome: Outcome) -> None:
        if isinstance(outcome, Applied):
            for event in outcome.events:
                if isinstance(event, BookingCancelled) and event.refunded:
                    self.look_again_everywhere(event.pass_id)

    def look_again_everywhere(self, pass_id: PassId) -> None:
        for id_, session in self.naive.sessions.items():
            if any(person.pays_with == pass_id for person in session.those("skipped")):
                self.look_again(id_, pass_id)

    def look_again(self, session: TrainingSessionId, pass_id: PassId) -> None:
        outcome, _ = self.send(session, ReconsiderWaitlist(pass_id), SEATLINE)
        self.agree(outcome, self.naive.reconsider(session, pass_id, self.now))


def ledger_lines(outcome: Applied) -> Iterator[tuple[PassId, int]]:
    for event in outcome.events:
        if isinstance(event, Charge):
            yield event.pass_id, -1
        elif isinstance(event, BookingCancelled) and event.refunded:
            yield event.pass_id, 1


def as_naive(booking: Booking) -> Person:
    waits = "skipped" if booking.skipped else "waiting"
    state = waits if booking.status is BookingStatus.WAITLISTED else str(booking.status)
    why = frozenset(str(reason) for reason in booking.skipped)
    return Person(
        booking.id, booking.member_id, booking.pass_id, state, why, booking.promoted_at, booking.offered_until
    )


def as_domain(pass_id: PassId, naive: NaivePass, before: Pass) -> Pass:
    return Pass(pass_id, before.member_id, naive.active, naive.left, naive.expires_at, before.trainings)
