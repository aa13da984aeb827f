from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from redis import Redis

from domain.commands import Actor, CancelSession
from domain.ids import BookingId, CommandId
from storage.identifiers import new_id
from storage.queries.bookings import find_bookings
from tests.integration.api.conftest import WAIT, Caller, problem, reasons
from tests.integration.studio import Studio
from workers.queues import QueueName


def test_a_booking_waited_for_is_answered_with_the_place(me: Caller, studio: Studio, serving: None) -> None:
    answer = me.book(studio.a_session(), **WAIT)
    assert answer.status_code == 201
    assert answer.headers["Preference-Applied"] == "wait=20"
    command = answer.json
    assert answer.headers["Location"] == f"/v1/commands/{command['id']}"
    assert (command["status"], command["position"], command["kind"]) == ("applied", 1, "book_seat")
    assert len(command["receipt"]) == 64
    assert command["booking"]["id"] == command["id"] == command["booking_id"]
    assert command["booking"]["status"] == "confirmed"
    assert studio.sessions_left(me.member) == 9  # type: ignore[arg-type]


def test_a_full_session_puts_the_next_members_in_line(anybody: Caller, studio: Studio, serving: None) -> None:
    session_id = studio.a_session(capacity=1)
    bookings = [anybody.of(member).book(session_id, **WAIT).json["booking"] for member in studio.members(3)]
    assert [(one["status"], one["place_in_line"]) for one in bookings] == [
        ("confirmed", None),
        ("waitlisted", 1),
        ("waitlisted", 2),
    ]


def test_cancelling_gives_the_session_back_and_the_place_to_the_next_in_line(
    anybody: Caller, studio: Studio, serving: None
) -> None:
    session_id = studio.a_session(capacity=1)
    first, second = studio.members(2)
    booking_id = anybody.of(first).book(session_id, **WAIT).json["id"]
    anybody.of(second).book(session_id, **WAIT)
    answer = anybody.of(first).cancel(booking_id, **WAIT)
    assert answer.status_code == 200
    assert answer.json["booking"]["status"] == "cancelled"
    assert answer.json["booking"]["cancelling_closes_at"] is None
    assert studio.roster(session_id) == {second.id: "confirmed"}
    assert (studio.sessions_left(first), studio.sessions_left(second)) == (10, 9)


def test_without_the_wish_to_wait_the_command_is_only_accepted(me: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    answer = me.book(session_id)
    assert answer.status_code == 202
    assert "Preference-Applied" not in answer.headers
    assert (answer.json["status"], answer.json["position"], answer.json["booking"]) == ("waiting", None, None)
    location = answer.headers["Location"]
    assert me.get(location).json == {**answer.json, "ahead": 0}, "accepting counts nothing"
    studio.serve(session_id)
    settled = me.get(location).json
    assert (settled["status"], settled["booking"]["status"]) == ("applied", "confirmed")
    assert settled["applied_at"] > settled["accepted_at"]


def test_when_time_runs_out_the_command_still_waits(me: Caller, studio: Studio) -> None:
    answer = me.book(studio.a_session(), Prefer="wait=1")
    assert answer.status_code == 202
    assert answer.headers["Preference-Applied"] == "wait=1"
    assert answer.json["status"] == "waiting"


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("wait=999", "wait=30"),
        ("respond-async, wait=20", "wait=20"),
        ('WAIT = "20"; foo=bar', "wait=20"),
        ("wait=20, wait=1", "wait=20"),
        ("wait=0", "wait=0"),
        ("wait=soon", None),
        ("waiter=3", None),
        ("", None),
    ],
)
def test_the_preference_is_granted_as_rfc_7240_asks(
    me: Caller, studio: Studio, serving: None, prefer: str, applied: str | None
) -> None:
    answer = me.book(studio.a_session(), Prefer=prefer)
    assert answer.headers.get("Preference-Applied") == applied
    assert answer.status_code == (201 if applied not in {None, "wait=0"} else 202)


def test_a_booking_can_be_cancelled_before_its_own_outcome_is_known(me: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    booked = me.book(session_id)
    cancelled = me.cancel(booked.json["id"])
    assert cancelled.status_code == 202
    studio.serve(session_id)
    assert me.get(cancelled.headers["Location"]).json["booking"]["status"] == "cancelled"
    assert studio.roster(session_id) == {}


def test_a_refusal_names_every_reason_with_what_to_do(anybody: Caller, studio: Studio, serving: None) -> None:
    session_id = studio.a_session(starts_at=datetime.now(UTC) + timedelta(minutes=30))
    caller = anybody.of(studio.a_member(sessions=0, expires_at=datetime.now(UTC)))
    answer = caller.book(session_id, **WAIT)
    refused = problem(answer, 409, "refused")
    assert reasons(refused) == ["booking_closed", "pass_expired", "pass_exhausted"]
    assert all(reason["sentence"].endswith(".") for reason in refused["reasons"])
    assert refused["command"] == caller.get(answer.headers["Location"]).json
    assert refused["command"]["status"] == "refused"


def test_another_members_pass_pays_for_nobody_else(me: Caller, studio: Studio, serving: None) -> None:
    body = {"pass_id": str(studio.a_member().pass_id)}
    answer = me.post(f"/v1/sessions/{studio.a_session()}/bookings", body, **WAIT)
    assert reasons(problem(answer, 409, "refused")) == ["pass_not_yours"]


def test_a_pass_that_does_not_exist_is_refused(me: Caller, studio: Studio, serving: None) -> None:
    answer = me.post(f"/v1/sessions/{studio.a_session()}/bookings", {"pass_id": str(uuid4())}, **WAIT)
    assert reasons(problem(answer, 409, "refused")) == ["pass_not_found"]


def test_a_session_that_does_not_exist_takes_no_command(me: Caller) -> None:
    problem(me.book(uuid4(), **WAIT), 404, "session_not_found")


def test_another_members_booking_cannot_be_cancelled_nor_seen(
    me: Caller, anybody: Caller, studio: Studio, serving: None
) -> None:
    session_id = studio.a_session()
    owner = studio.a_member()
    booking_id = anybody.of(owner).book(session_id, **WAIT).json["id"]
    refused = problem(me.cancel(booking_id, **WAIT), 409, "refused")
    assert reasons(refused) == ["booking_not_yours"]
    assert refused["command"]["booking"] is None
    assert studio.roster(session_id) == {owner.id: "confirmed"}


@pytest.mark.parametrize("of_what", ["nothing", "a cancellation"])
def test_a_booking_that_does_not_exist_is_not_found(me: Caller, studio: Studio, serving: None, of_what: str) -> None:
    booking_id = uuid4()
    if of_what == "a cancellation":
        booking = me.book(studio.a_session(), **WAIT).json["id"]
        booking_id = me.cancel(booking, **WAIT).json["id"]
    problem(me.cancel(booking_id), 404, "booking_not_found")


def test_cancelling_after_the_deadline_is_refused(me: Caller, studio: Studio, serving: None) -> None:
    session_id = studio.a_session(starts_at=datetime.now(UTC) + timedelta(hours=3))
    booking_id = me.book(session_id, **WAIT).json["id"]
    assert reasons(problem(me.cancel(booking_id, **WAIT), 409, "refused")) == ["cancellation_closed"]


def test_a_booking_cancelled_twice_is_cancelled_once(me: Caller, studio: Studio, serving: None) -> None:
    booking_id = me.book(studio.a_session(), **WAIT).json["id"]
    assert me.cancel(booking_id, **WAIT).status_code == 200
    assert reasons(problem(me.cancel(booking_id, **WAIT), 409, "refused")) == ["booking_not_found"]


def test_a_command_that_failed_is_answered_as_a_fault(me: Caller, studio: Studio) -> None:
    answer = me.book(studio.a_session(), Idempotency_Key="once")
    studio.db.execute(
        """
        UPDATE commands SET status = 'failed', position = 1, outcome = '{"status": "failed", "error": "secret"}',
               receipt = '', applied_at = now() WHERE id = %s
        """,
        (answer.json["id"],),
    )
    failed = me.book(answer.json["session_id"], Idempotency_Key="once", **WAIT)
    problem(failed, 500, "command_failed")
    assert "secret" not in failed.text


def test_commands_of_others_do_not_exist_for_me(me: Caller, anybody: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    theirs = anybody.of(studio.a_member()).book(session_id).headers["Location"]
    problem(me.get(theirs), 404, "command_not_found")
    seatlines = studio.ask(session_id, studio.staff, CancelSession("no teacher"))
    problem(me.get(f"/v1/commands/{seatlines}"), 404, "command_not_found")
    problem(me.get(f"/v1/commands/{uuid4()}"), 404, "command_not_found")


def test_a_skipped_waiter_is_told_why(anybody: Caller, studio: Studio, serving: None) -> None:
    session_id = studio.a_session(capacity=1)
    first, second = studio.members(2)
    booking_id = anybody.of(first).book(session_id, **WAIT).json["id"]
    waiting = anybody.of(second).book(session_id, **WAIT).json["id"]
    studio.db.execute("UPDATE passes SET active = false WHERE id = %s", (second.pass_id,))
    anybody.of(first).cancel(booking_id, **WAIT)
    booking = anybody.of(second).get(f"/v1/commands/{waiting}").json["booking"]
    assert booking["status"] == "waitlisted"
    assert [reason["code"] for reason in booking["skipped"]] == ["pass_inactive"]
    assert booking["place_in_line"] == 1


def test_a_place_far_back_in_line_is_not_counted(anybody: Caller, studio: Studio) -> None:
    session_id = studio.a_session(capacity=1)
    members = studio.members(1002)
    ids = [BookingId(new_id()) for _ in members]
    studio.db.execute(
        """
        INSERT INTO commands (id, training_session_id, actor_id, kind, payload, status, position, outcome, receipt,
                              applied_at)
        SELECT id, %s, member_id, 'book_seat', '{}', 'applied', position, '{}', '', now()
          FROM unnest(%s::uuid[], %s::uuid[]) WITH ORDINALITY AS command (id, member_id, position)
        """,
        (session_id, ids, [member.id for member in members]),
    )
    studio.db.execute(
        """
        INSERT INTO bookings (id, training_session_id, member_id, pass_id, status, position, starts_at, booked_at,
                              changed_at)
        SELECT commands.id, %s, member_id, passes.id, 'waitlisted', position, now() + interval '1 day', now(), now()
          FROM commands JOIN passes ON member_id = actor_id WHERE training_session_id = %s
        """,
        (session_id, session_id),
    )
    places = [anybody.of(member).get("/v1/me/bookings").json["items"][0]["place_in_line"] for member in members[-4:]]
    assert places == [999, 1000, None, None]
    together = find_bookings(studio.db, ids)
    assert [together[id_].place_in_line for id_ in ids[-4:]] == places


def test_a_command_is_accepted_while_redis_is_away(me: Caller, studio: Studio, redis: Redis) -> None:
    session_id = studio.a_session()
    command_id = me.book(session_id).json["id"]
    redis.flushdb()
    assert redis.llen(QueueName.SESSIONS) == 0
    studio.serve(session_id)
    assert studio.status(CommandId(command_id)) == "applied"


def test_staff_can_cancel_what_a_member_booked(me: Caller, studio: Studio, serving: None) -> None:
    session_id = studio.a_session()
    me.book(session_id, **WAIT)
    studio.ask(session_id, Actor(studio.staff.member_id, is_staff=True), CancelSession("no teacher"))
    answer = me.book(session_id, **WAIT)
    assert "session_cancelled" in reasons(problem(answer, 409, "refused"))
