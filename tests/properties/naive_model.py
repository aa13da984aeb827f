"""The rules once more, as simple and slow as can be: lists that are scanned, nothing counted, nothing kept in order.

Written from the design, not from `domain/`, which it is compared with. It knows no ids but those it is given.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.ids import TrainingSessionId

Told = tuple[str | int | UUID | frozenset[str], ...]
"""One thing that became true, in words: what happened, to whom, and why."""


@dataclass
class Person:
    """One who booked; `state` is "confirmed", "offered", "waiting", "skipped" or "gone"."""

    booking: UUID
    member: UUID
    pays_with: UUID
    state: str
    why_skipped: frozenset[str] = frozenset()
    promoted_at: datetime | None = None
    offered_until: datetime | None = None


@dataclass
class NaivePass:
    owner: UUID
    left: int | None
    active: bool
    expires_at: datetime | None
    trainings: frozenset[Any] | None


@dataclass
class NaiveSession:
    training: UUID
    starts_at: datetime
    minutes: int
    trainer: UUID
    space: UUID
    capacity: int
    book_before: timedelta
    cancel_before: timedelta
    promote_before: timedelta
    grace: timedelta
    opens_at: datetime | None
    line_limit: int | None
    refund_before: timedelta | None = None
    offer_stands: timedelta | None = None
    free_until: datetime | None = None
    off: bool = False
    people: list[Person] = field(default_factory=list)

    def those(self, *states: str) -> list[Person]:
        return [person for person in self.people if person.state in states]


class NaiveStudio:
    """All sessions and passes; each method is a command, and tells what became true or why not."""

    def __init__(self) -> None:
        self.sessions: dict[TrainingSessionId, NaiveSession] = {}
        self.passes: dict[UUID, NaivePass] = {}

    def book(
        self,
        session_id: TrainingSessionId,
        booking: UUID,
        member: UUID,
        pass_id: UUID,
        now: datetime,
        *,
        by_staff: bool,
    ) -> list[Told]:
        session = self.sessions[session_id]
        reasons = set(self._why_no_booking_now(session, now, by_staff=by_staff))
        for person in session.those("confirmed", "offered", "waiting", "skipped"):
            if person.member == member:
                already = {"confirmed": "already_booked", "offered": "already_offered"}
                reasons.add(already.get(person.state, "already_waitlisted"))
        reasons |= self.why_it_cannot_pay(pass_id, member, session, now)
        line = session.those("waiting", "skipped")
        gets_place = len(session.those("confirmed", "offered")) < session.capacity and not any(
            self.may_be_promoted(person, session, now) for person in line
        )
        if not gets_place and session.line_limit is not None and len(line) >= session.line_limit:
            reasons.add("waitlist_full")
        if reasons:
            return [("refused", frozenset(reasons))]
        person = Person(booking, member, pass_id, "confirmed" if gets_place else "waiting")
        session.people.append(person)
        if not gets_place:
            return [("waits", member, len(line) + 1)]
        self._pay(pass_id, 1)
        return [("booked", member)]

    def cancel(
        self, session_id: TrainingSessionId, booking: UUID, member: UUID | None, now: datetime, *, refund: bool = True
    ) -> list[Told]:
        """End a booking for its member, or for the staff when `member` is None."""
        session = self.sessions[session_id]
        found = [person for person in session.people if person.booking == booking]
        if found and member is not None and found[0].member != member:
            return [("refused", frozenset({"booking_not_yours"}))]
        if not found or found[0].state == "gone":
            return [("refused", frozenset({"session_cancelled" if session.off else "booking_not_found"}))]
        person = found[0]
        if member is not None:
            if now >= session.starts_at:
                return [("refused", frozenset({"session_started"}))]
            if person.state == "confirmed" and not self._before(session, person, now, session.cancel_before):
                return [("refused", frozenset({"cancellation_closed"}))]
            refund = self._before(session, person, now, session.refund_before or session.cancel_before)
        return [*self._end(person, refund=refund), *self._promote(session, now)]

    def accept(self, session_id: TrainingSessionId, booking: UUID, member: UUID, now: datetime) -> list[Told]:
        session = self.sessions[session_id]
        found = [person for person in session.people if person.booking == booking]
        why = self._why_not_accepted(session, found[0] if found else None, member, now)
        if why:
            return [("refused", frozenset(why))]
        person = found[0]
        person.state, person.promoted_at = "confirmed", now
        self._pay(person.pays_with, 1)
        return [("accepted", member)]

    def _why_not_accepted(
        self, session: NaiveSession, person: Person | None, member: UUID, now: datetime
    ) -> frozenset[str]:
        over = person is not None and person.offered_until is not None and person.offered_until <= now
        if person is not None and person.member != member:
            return frozenset({"booking_not_yours"})
        if person is None or (person.state == "gone" and (session.off or not over)):
            return frozenset({"session_cancelled" if session.off else "booking_not_found"})
        if person.state in {"confirmed", "waiting", "skipped"}:
            return frozenset({"already_booked" if person.state == "confirmed" else "not_offered"})
        if now >= session.starts_at and person.state == "offered":
            return frozenset({"session_started"})
        if over:
            return frozenset({"offer_expired"})
        return self.why_it_cannot_pay(person.pays_with, member, session, now)

    def expire(self, session_id: TrainingSessionId, now: datetime) -> list[Told]:
        session = self.sessions[session_id]
        over = [one for one in session.those("offered") if one.offered_until is not None and one.offered_until <= now]
        for person in over:
            person.state = "gone"
        told: list[Told] = [("too late", person.member) for person in over]
        return [*told, *self._promote(session, now)] if over else []

    def change_capacity(self, session_id: TrainingSessionId, capacity: int, now: datetime) -> list[Told]:
        session = self.sessions[session_id]
        if session.off or now >= session.starts_at:
            return [("refused", frozenset({"session_cancelled" if session.off else "session_started"}))]
        session.capacity = capacity
        return [("capacity", capacity), *self._promote(session, now)]

    def move(
        self,
        session_id: TrainingSessionId,
        starts_at: datetime,
        *,
        minutes: int,
        trainer: UUID,
        space: UUID,
        now: datetime,
    ) -> list[Told]:
        session = self.sessions[session_id]
        if session.off:
            return [("refused", frozenset({"session_cancelled"}))]
        if now >= session.starts_at or starts_at <= now:
            return [("refused", frozenset({"session_started"}))]
        told: list[Told] = []
        if session.starts_at != starts_at or session.minutes != minutes:
            session.free_until = min(now + timedelta(hours=24), starts_at)
            told = [("moved",)]
        elif session.trainer != trainer or session.space != space:
            told = [("updated",)]
        if session.opens_at is not None:
            session.opens_at += starts_at - session.starts_at
        session.starts_at, session.minutes, session.trainer, session.space = starts_at, minutes, trainer, space
        return [*told, *self._promote(session, now)]

    def call_off(self, session_id: TrainingSessionId) -> list[Told]:
        session = self.sessions[session_id]
        if session.off:
            return []
        session.off = True
        return [("called off",), *self._end_all(session)]

    def clear(self, session_id: TrainingSessionId, *, refund: bool) -> list[Told]:
        session = self.sessions[session_id]
        if session.off:
            return [("refused", frozenset({"session_cancelled"}))]
        return self._end_all(session, refund=refund)

    def _end_all(self, session: NaiveSession, *, refund: bool = True) -> list[Told]:
        everybody = session.those("confirmed", "offered", "waiting", "skipped")
        return [told for person in everybody for told in self._end(person, refund=refund)]

    def reconsider(self, session_id: TrainingSessionId, pass_id: UUID, now: datetime) -> list[Told]:
        session = self.sessions[session_id]
        told: list[Told] = []
        for person in session.those("skipped"):
            usable = not self.why_it_cannot_pay(person.pays_with, person.member, session, now)
            if person.pays_with == pass_id and usable:
                person.state = "waiting"
                person.why_skipped = frozenset()
                told.append(("returned", person.member))
        return [*told, *(self._promote(session, now) if told else [])]

    def why_it_cannot_pay(self, pass_id: UUID, member: UUID, session: NaiveSession, now: datetime) -> frozenset[str]:
        if pass_id not in self.passes:
            return frozenset({"pass_not_found"})
        pass_ = self.passes[pass_id]
        if pass_.owner != member:
            return frozenset({"pass_not_yours"})
        wrong = {
            "pass_inactive": not pass_.active,
            "pass_expired": pass_.expires_at is not None and now >= pass_.expires_at,
            "pass_exhausted": pass_.left is not None and pass_.left == 0,
            "pass_not_applicable": pass_.trainings is not None and session.training not in pass_.trainings,
        }
        return frozenset(reason for reason, is_so in wrong.items() if is_so)

    def may_be_promoted(self, person: Person, session: NaiveSession, now: datetime) -> bool:
        """Whether a free place would go to this waiter: not one skipped, who first has to be looked at again."""
        can_pay = not self.why_it_cannot_pay(person.pays_with, person.member, session, now)
        return person.state == "waiting" and can_pay and self.promotion_is_open(session, now)

    def promotion_is_open(self, session: NaiveSession, now: datetime) -> bool:
        return not session.off and now < session.starts_at - session.promote_before

    def _promote(self, session: NaiveSession, now: datetime) -> list[Told]:
        told: list[Told] = []
        for person in session.people:
            full = len(session.those("confirmed", "offered")) >= session.capacity
            if full or not self.promotion_is_open(session, now):
                break
            if person.state != "waiting":
                continue
            why_not = self.why_it_cannot_pay(person.pays_with, person.member, session, now)
            if why_not:
                person.state, person.why_skipped = "skipped", why_not
                told.append(("skipped", person.member, why_not))
            elif session.offer_stands is not None:
                person.state = "offered"
                person.offered_until = min(now + session.offer_stands, session.starts_at)
                told.append(("offered", person.member))
            else:
                person.state, person.promoted_at = "confirmed", now
                self._pay(person.pays_with, 1)
                told.append(("promoted", person.member))
        return told

    def _end(self, person: Person, *, refund: bool = True) -> list[Told]:
        was, person.state = person.state, "gone"
        if was == "confirmed" and not refund:
            return [("given up", person.member)]
        if was == "confirmed":
            self._pay(person.pays_with, -1)
            return [("refunded", person.member)]
        return [("left", person.member)]

    def _before(self, session: NaiveSession, person: Person, now: datetime, deadline: timedelta) -> bool:
        if now < session.starts_at - deadline:
            return True
        if person.promoted_at is not None and now < person.promoted_at + session.grace:
            return True
        return session.free_until is not None and now < session.free_until

    def _why_no_booking_now(self, session: NaiveSession, now: datetime, *, by_staff: bool) -> list[str]:
        reasons = ["session_cancelled"] if session.off else []
        if now >= session.starts_at:
            return [*reasons, "session_started"]
        if by_staff:
            return reasons
        if now >= session.starts_at - session.book_before:
            return [*reasons, "booking_closed"]
        if session.opens_at is not None and now < session.opens_at:
            return [*reasons, "booking_not_open"]
        return reasons

    def _pay(self, pass_id: UUID, sessions: int) -> None:
        pass_ = self.passes[pass_id]
        if pass_.left is not None:
            pass_.left -= sessions
