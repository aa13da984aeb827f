"""Members and staff send commands over HTTP; after each turn of a worker the API says what the naive model says."""

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from psycopg.rows import dict_row

from domain.commands import ExpireOffers
from domain.ids import PassId, TrainingSessionId
from domain.policies import Offer, Policies
from domain.roles import Role
from ops.auditing import audit
from storage.identifiers import new_id
from tests.integration.api.conftest import Caller, problem, reasons, staff
from tests.integration.api.effort import EFFORT, at_most
from tests.integration.api.lived import (
    LIVE,
    Asked,
    as_planned,
    commands_come_later,
    expected_booking,
    expected_session,
    lived,
    paged,
    refused,
    shown_booking,
    shown_session,
)
from tests.integration.studio import SEATLINE, Member, Studio
from tests.properties.naive_model import NaivePass, NaiveStudio
from workers.queues import QueueName

pytestmark = pytest.mark.timeout(120 * EFFORT)

HOUR = timedelta(hours=1)
COMMANDS_IN_A_BATCH = 3  # at most; a worker may come by sooner
some = st.integers(0, 11)
seldom = st.sampled_from([False] * 5 + [True])


class TheWholeAgainstANaiveModel(RuleBasedStateMachine):
    """Two sessions share the passes of four members; a worker serves when it is told to; time only goes forward."""

    def __init__(self, anybody: Caller, owner: Caller, studio: Studio) -> None:
        super().__init__()
        self.anybody, self.owner, self.studio = anybody, owner, studio
        studio.db.execute("UPDATE clock_ahead SET by = '0'")
        self.naive = NaiveStudio()
        self.settled: dict[TrainingSessionId, int] = {}
        self.asked: list[Asked] = []
        self.attendance: dict[str, str | None] = {}
        self.granted: dict[UUID, int] = {}

    @initialize(
        capacities=st.tuples(st.integers(1, 2), st.integers(1, 2)),
        offer=st.sampled_from([None, 30, 90]),
        limit=st.sampled_from([None, None, 1]),
        sessions=st.lists(st.integers(0, 2), min_size=8, max_size=8),
    )
    def open_the_studio(
        self, capacities: tuple[int, int], offer: int | None, limit: int | None, sessions: list[int]
    ) -> None:
        starts_at = datetime.now(UTC).replace(microsecond=0) + 6 * HOUR
        deadlines = {"booking_deadline": HOUR, "cancellation_deadline": 2 * HOUR, "promotion_deadline": HOUR}
        policies = Policies(offer=None if offer is None else Offer(offer), refund_deadline_minutes=180)
        self.training_sessions = [
            self.studio.a_session(starts_at=starts_at, capacity=capacities[0], waitlist_limit=limit, **deadlines),
            self.studio.a_session(starts_at=starts_at, capacity=capacities[1], policies=policies, **deadlines),
        ]
        for id_ in self.training_sessions:
            self.naive.sessions[id_] = as_planned(self.studio.db, id_)
            self.settled[id_] = 0
        self.members = self.studio.members(4, sessions=1)
        self.passes = {one.id: [one.pass_id, self.another_pass(one)] for one in self.members}
        for (member, pass_id), left in zip(
            [(id_, pass_id) for id_, both in self.passes.items() for pass_id in both], sessions, strict=True
        ):
            self.studio.db.execute(
                "UPDATE passes SET sessions_granted = %s, sessions_left = %s WHERE id = %s", (left, left, pass_id)
            )
            self.granted[pass_id] = left
            self.naive.passes[pass_id] = NaivePass(member, left, active=True, expires_at=None, trainings=None)
        for number in range(8):
            self.book(number, number % 2, first=True, staff=False)

    def another_pass(self, member: Member) -> PassId:
        pass_id = PassId(new_id())
        self.studio.db.execute(
            "INSERT INTO passes (id, pass_type_id, member_id, sessions_granted, sessions_left)"
            " VALUES (%s, %s, %s, 1, 1)",
            (pass_id, self.studio.pass_type_id, member.id),
        )
        return pass_id

    @rule(who=some, which=some, first=st.booleans(), staff=seldom)
    def book(self, who: int, which: int, *, first: bool, staff: bool) -> None:
        member, session = self.members[who % 4], self.training_sessions[which % 2]
        body = {"pass_id": str(self.passes[member.id][not first])}
        if staff:
            body |= {"member_id": str(member.id), "why": "by phone"}
            self.give(self.owner, f"/v1/staff/sessions/{session}/bookings", body)
        else:
            self.give(self.anybody.of(member), f"/v1/sessions/{session}/bookings", body)

    @rule(members=st.permutations(range(4)), how_many=st.integers(2, 4), which=some)
    def rush(self, members: list[int], how_many: int, which: int) -> None:
        for who in members[:how_many]:
            self.book(who, which, first=True, staff=False)

    @precondition(lambda self: self.bookings())
    @rule(which=some, odd=seldom, staff=seldom, refund=st.booleans())
    def cancel(self, which: int, *, odd: bool, staff: bool, refund: bool) -> None:
        booking, member = self.bookings()[which % len(self.bookings())]
        if staff:
            body = {"why": "ill", "refund": refund}
            self.give(self.owner, f"/v1/staff/bookings/{booking}/cancellation", body)
        else:
            who = self.members[which % 4] if odd else member
            self.give(self.anybody.of(who), f"/v1/bookings/{booking}/cancellation", None)

    @precondition(lambda self: self.bookings())
    @rule(which=some, staff=seldom)
    def accept_an_offer(self, which: int, *, staff: bool) -> None:
        among = self.bookings("offered") or self.bookings()
        booking, member = among[which % len(among)]
        if staff:
            self.give(self.owner, f"/v1/staff/bookings/{booking}/acceptance", None)
        else:
            self.give(self.anybody.of(member), f"/v1/bookings/{booking}/acceptance", None)

    @rule(which=some, capacity=st.integers(1, 3))
    def change_capacity(self, which: int, capacity: int) -> None:
        self.of_the_session(which, "capacity", {"capacity": capacity, "why": "chairs"})

    @precondition(lambda self: len(self.asked) > 15)
    @rule(which=some, by=st.sampled_from([-60, 0, 30, 600]), lasts=st.sampled_from([60, 60, 90]))
    def move(self, which: int, by: int, lasts: int) -> None:
        starts_at = self.naive.sessions[self.training_sessions[which % 2]].starts_at + timedelta(minutes=by)
        body = {"starts_at": starts_at.isoformat(), "lasts_minutes": lasts, "why": "the trainer asks"}
        ids = {"trainer_id": str(self.studio.trainer_id), "space_id": str(self.studio.space_id)}
        self.of_the_session(which, "reschedule", {**body, **ids})

    @precondition(lambda self: len(self.asked) > 20)
    @rule(which=some, refund=st.booleans(), off=seldom)
    def clear_or_call_off(self, which: int, *, refund: bool, off: bool) -> None:
        body = {"why": "ill"} if off else {"why": "ill", "refund": refund}
        self.of_the_session(which, "cancellation" if off else "clearing", body)

    def of_the_session(self, which: int, what: str, body: Any) -> None:
        self.give(self.owner, f"/v1/staff/sessions/{self.training_sessions[which % 2]}/{what}", body)

    @rule(which=some)
    def expire_offers(self, which: int) -> None:
        self.studio.ask(self.training_sessions[which % 2], SEATLINE, ExpireOffers())

    @rule(which=some, another_body=seldom)
    def repeat(self, which: int, *, another_body: bool) -> None:
        first = self.asked[-1 - which % len(self.asked)]
        body = {**first.body, "pass_id": str(new_id())} if another_body and "pass_id" in (first.body or {}) else None
        again = first.by.post(first.path, body or first.body, Idempotency_Key=first.key)
        if body:
            problem(again, 422, "idempotency_key_reused")
            return
        told = again.json if again.status_code < 400 else again.json["command"]
        assert (told["id"], told["accepted_at"]) == (first.answer["id"], first.answer["accepted_at"])

    @rule(who=some, first=st.booleans(), sessions=st.integers(1, 2))
    def top_up(self, who: int, sessions: int, *, first: bool) -> None:
        pass_id = self.passes[self.members[who % 4].id][not first]
        answer = self.owner.post(f"/v1/staff/passes/{pass_id}/extension", {"sessions": sessions, "why": "a gift"})
        if not self.naive.passes[pass_id].active:
            problem(answer, 409, "pass_unfit")
            return
        assert answer.status_code == 200, answer.json
        self.granted[pass_id] += sessions
        self.naive.passes[pass_id].left = (self.naive.passes[pass_id].left or 0) + sessions

    @rule(who=some, first=st.booleans(), active=st.sampled_from([True, True, False]))
    def let_a_pass_pay_or_not(self, who: int, *, first: bool, active: bool) -> None:
        pass_id = self.passes[self.members[who % 4].id][not first]
        if self.naive.passes[pass_id].active is not active:
            self.naive.passes[pass_id].active = active
            what = "activation" if active else "deactivation"
            assert self.owner.post(f"/v1/staff/passes/{pass_id}/{what}", {"why": "a chargeback"}).status_code == 200

    @precondition(lambda self: self.bookings())
    @rule(which=some, noted=st.sampled_from(["present", "late", "no_show", None]))
    def check_in(self, which: int, noted: str | None) -> None:
        booking, _ = self.bookings()[which % len(self.bookings())]
        answer = self.owner.post(f"/v1/staff/bookings/{booking}/attendance", {"attendance": noted})
        states = [one.state for each in self.naive.sessions.values() for one in each.people if one.booking == booking]
        if states == ["confirmed"]:
            assert answer.json["attendance"] == noted
            self.attendance[str(booking)] = noted
        else:
            problem(answer, *((409, "booking_not_confirmed") if states else (404, "booking_not_found")))

    @rule(minutes=st.sampled_from([1, 20, 60, 120]))
    def time_passes(self, minutes: int) -> None:
        self.studio.db.execute("UPDATE clock_ahead SET by = by + make_interval(mins => %s)", (minutes,))

    @rule()
    def serve(self) -> None:
        while message := self.studio.redis.rpop(QueueName.SESSIONS):
            _, kwargs, _ = json.loads(b64decode(json.loads(str(message))["body"]))
            session = TrainingSessionId(UUID(kwargs["training_session_id"]))
            self.studio.serve(session)
            self.live_what_was_settled(session)
        waiting = self.studio.db.execute("SELECT count(*) FROM commands WHERE status = 'waiting'").fetchone()
        assert waiting == (0,), "a command waits and nobody was called"
        self.everything_agrees()

    def live_what_was_settled(self, session: TrainingSessionId) -> None:
        with self.studio.db.cursor(row_factory=dict_row) as cursor:
            cursor.execute(
                "SELECT id, kind, payload, actor_id, actor_is_staff, accepted_at, position, status FROM commands"
                " WHERE training_session_id = %s AND position > %s ORDER BY position",
                (session, self.settled[session]),
            )
            rows = cursor.fetchall()
        for row in rows:
            told = lived(self.naive, session, row)
            self.settled[session] += 1
            assert row["position"] == self.settled[session]
            assert row["status"] == ("refused" if refused(told) else "applied"), (row, told)
            if row["actor_id"] is not None:
                by = next(one.by for one in self.asked if one.answer["id"] == str(row["id"]))
                answer = by.get(f"/v1/commands/{row['id']}").json
                assert (set(reasons(answer)), answer["position"]) == (refused(told), row["position"])

    def everything_agrees(self) -> None:
        for session, naive in self.naive.sessions.items():
            for member in self.members:
                detail = self.anybody.of(member).get(f"/v1/sessions/{session}").json
                assert shown_session(detail) == expected_session(naive, member.id, self.settled[session])
            roster = self.owner.get(f"/v1/staff/sessions/{session}/roster").json
            for state in LIVE:
                people = [str(one.booking) for one in naive.those(state)]
                assert [one["booking_id"] for one in roster[state]] == people
            noted = {one["booking_id"]: one["attendance"] for one in roster["confirmed"]}
            assert noted == {id_: self.attendance.get(id_) for id_ in noted}
        for member in self.members:
            self.bookings_and_passes_agree(self.anybody.of(member), member)

    def bookings_and_passes_agree(self, me: Caller, member: Member) -> None:
        mine = {one["id"]: shown_booking(one) for one in paged(me, "/v1/me/bookings?limit=3")}
        assert mine == {
            str(person.booking): expected_booking(session, person)
            for session in self.naive.sessions.values()
            for person in session.people
            if person.member == member.id
        }
        passes = {UUID(one["id"]): one for one in paged(me, "/v1/me/passes?limit=1")}
        assert set(passes) == set(self.passes[member.id])
        for id_, shown in passes.items():
            naive = self.naive.passes[id_]
            assert (shown["active"], shown["sessions_left"]) == (naive.active, naive.left)
            assert shown["sessions_granted"] == self.granted[id_]
            assert naive.left == self.granted[id_] + sum(line["change"] for line in shown["ledger"])

    def give(self, by: Caller, path: str, body: Any) -> None:
        asked = Asked(by, path, body, str(new_id()))
        answer = by.post(path, body, Idempotency_Key=asked.key)
        assert answer.status_code == 202, answer.json
        asked.answer = answer.json
        self.asked.append(asked)
        if len(self.asked) % COMMANDS_IN_A_BATCH == 0:
            self.serve()

    def bookings(self, *states: str) -> list[tuple[UUID, Member]]:
        """Return bookings with whose they are: those in these states, or all that were ever asked for, latest first."""
        members = {one.id: one for one in self.members}
        if states:
            people = [one for each in self.naive.sessions.values() for one in each.those(*states)]
            return [(one.booking, members[one.member]) for one in people]  # type: ignore[index] # the same id
        made = [one for one in self.asked if "bookings" in one.path and "pass_id" in (one.body or {})]
        owners = {pass_id: members[id_] for id_, both in self.passes.items() for pass_id in both}
        return [(UUID(one.answer["id"]), owners[PassId(UUID(one.body["pass_id"]))]) for one in reversed(made)]

    def teardown(self) -> None:
        if self.asked:
            self.serve()
            verdict = audit(self.studio.db, self.training_sessions)
            assert verdict.ok, verdict.differences


def test_the_api_says_what_the_naive_model_says(anybody: Caller, studio: Studio) -> None:
    owner = staff(anybody, studio, Role.OWNER)
    with commands_come_later(studio.db):
        run_state_machine_as_test(
            lambda: TheWholeAgainstANaiveModel(anybody, owner, studio),  # type: ignore[arg-type] # it only calls it
            settings=at_most(4, stateful_step_count=30),
        )
