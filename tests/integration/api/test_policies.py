"""Policies of trainings over HTTP: as staff set them, as members are told and held to them."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.ids import BookingId, TrainingSessionId
from domain.policies import Offer, Policies
from tests.integration.api.conftest import WAIT, Caller, problem, reasons, until
from tests.integration.api.test_staff_planning import a_plan
from tests.integration.studio import Studio

ALL: dict[str, Any] = {
    "booking_window_minutes": 20160,
    "upcoming_limit": 3,
    "refund_deadline_minutes": 1440,
    "offer_minutes": 45,
    "offer_pause_from": "22:00",
    "offer_pause_until": "07:30",
}
NONE = dict.fromkeys(ALL)


def of(studio: Studio) -> str:
    return f"/v1/staff/trainings/{studio.training_id}"


def offered_to(me: Caller, studio: Studio) -> tuple[TrainingSessionId, BookingId]:
    """Put me in line for a place that then is offered to me."""
    assert me.member is not None
    session_id = studio.a_session(capacity=1, policies=Policies(offer=Offer(30)))
    holder = studio.a_member()
    held, mine = studio.book(session_id, holder), studio.book(session_id, me.member)
    studio.cancel(session_id, holder, held)
    studio.serve(session_id)
    # Where the worker beside us serves it, that one may bring the outcome.
    until(lambda: mine in offers_of(studio, session_id))
    return session_id, mine


def offers_of(studio: Studio, session_id: TrainingSessionId) -> list[BookingId]:
    rows = studio.db.execute(
        "SELECT id FROM bookings WHERE training_session_id = %s AND status = 'offered'", (session_id,)
    )
    return [BookingId(row[0]) for row in rows]


def test_a_training_has_no_policies_until_it_is_given_some_and_each_can_be_taken_back(
    admin: Caller, studio: Studio
) -> None:
    before = admin.get(of(studio)).json
    assert {name: before[name] for name in ALL} == NONE

    changed = admin.patch(of(studio), {**ALL, "why": "rush"}).json
    assert {name: changed[name] for name in ALL} == ALL
    one_less = admin.patch(of(studio), {"upcoming_limit": None}).json
    assert {name: one_less[name] for name in ALL} == {**ALL, "upcoming_limit": None}

    newest, first = admin.get(f"/v1/staff/changes?subject_id={studio.training_id}").json["items"]
    assert (newest["before"], newest["after"]) == ({"upcoming_limit": 3}, {"upcoming_limit": None})
    assert first["after"]["offer_pause_from"] == "22:00:00"
    assert first["why"] == "rush"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"refund_deadline_minutes": 719}, "refund_deadline_minutes"),
        ({"offer_pause_from": "22:00"}, "offer_pause_until"),
        ({"offer_pause_until": "07:00"}, "offer_pause_until"),
        ({"offer_pause_from": "22:00", "offer_pause_until": "22:00"}, "offer_pause_until"),
        ({"offer_pause_from": "07:00", "offer_pause_until": "23:01"}, "offer_pause_until"),
        ({"offer_pause_from": "25:00", "offer_pause_until": "07:00"}, "offer_pause_from"),
        ({"offer_minutes": 0}, "offer_minutes"),
        ({"offer_minutes": 1441}, "offer_minutes"),
        ({"offer_minutes": "30"}, "offer_minutes"),
        ({"upcoming_limit": 0}, "upcoming_limit"),
        ({"booking_window_minutes": 2**40}, "booking_window_minutes"),
        ({"refund_deadline_minutes": -1}, "refund_deadline_minutes"),
    ],
)
def test_policies_that_make_no_sense_are_refused_by_field_and_change_nothing(
    admin: Caller, studio: Studio, changes: dict[str, Any], field: str
) -> None:
    answers = [
        admin.patch(of(studio), changes),
        admin.post("/v1/staff/trainings", {"name": f"Pilates {uuid4()}", **changes}),
        admin.post("/v1/staff/sessions", a_plan(studio, **changes)),
        admin.post("/v1/staff/sessions/previews", a_plan(studio, **changes)),
    ]

    for answer in answers:
        assert list(problem(answer, 422, "invalid_input")["errors"]) == [field]
    now = admin.get(of(studio)).json
    assert {name: now[name] for name in ALL} == NONE


def test_a_cancellation_deadline_may_not_pass_the_end_of_refunds(admin: Caller, studio: Studio) -> None:
    admin.patch(of(studio), {"refund_deadline_minutes": 1440})

    refused = admin.patch(of(studio), {"cancellation_deadline_minutes": 1441})

    assert list(problem(refused, 422, "invalid_input")["errors"]) == ["refund_deadline_minutes"]


def test_a_session_carries_the_policies_it_was_planned_with(admin: Caller, studio: Studio) -> None:
    admin.patch(of(studio), ALL)
    made = admin.post("/v1/staff/sessions", a_plan(studio)).json
    without = admin.post("/v1/staff/sessions", a_plan(studio, "2030-11-06T18:00", upcoming_limit=None)).json
    admin.patch(of(studio), NONE)

    detail = admin.get(f"/v1/sessions/{made['id']}").json
    assert (detail["starts_at"], detail["booking_opens_at"]) == ("2030-11-05T16:00:00Z", "2030-10-22T16:00:00Z")
    assert detail["refunding_closes_at"] == "2030-11-04T16:00:00Z"
    assert detail["policies"] == [
        {
            "code": "booking_limit_reached",
            "sentence": "You can hold only so many upcoming bookings of this training at a time: 3.",
        },
        {
            "code": "offer_expired",
            "sentence": "A free place is offered to the next in line, who has to accept it in time: within 45 minutes, "
            "not counting 22:00 to 07:30.",
        },
    ]
    fewer = admin.get(f"/v1/sessions/{without['id']}").json["policies"]
    assert [one["code"] for one in fewer] == ["offer_expired"]
    row = studio.db.execute("SELECT policies FROM training_sessions WHERE id = %s", (made["id"],)).fetchone()
    assert row is not None
    assert row[0]["offer"]["time_zone"] == "Europe/Kyiv"


def test_the_sessions_of_a_series_carry_them_too(admin: Caller, studio: Studio) -> None:
    admin.patch(of(studio), {"upcoming_limit": 2, "booking_window_minutes": 60})
    plan = {name: value for name, value in a_plan(studio).items() if name != "starts_at_local"}

    made = admin.post(
        "/v1/staff/series",
        {**plan, "frequency": "daily", "starts_on": "2030-11-05", "times": ["18:00"], "count": 2},
    ).json

    rows = studio.db.execute(
        "SELECT starts_at - booking_opens_at, policies FROM training_sessions WHERE series_id = %s"
        " UNION ALL SELECT interval '1 hour', policies FROM series WHERE id = %s",
        (made["id"], made["id"]),
    ).fetchall()
    assert len(rows) == 3
    for opens_before, policies in rows:
        assert opens_before.total_seconds() == 3600
        assert policies == {"booking_window_minutes": 60, "upcoming_limit": 2}


def test_an_offered_place_is_accepted_once_whatever_is_sent_twice(me: Caller, studio: Studio, serving: None) -> None:
    session_id, booking_id = offered_to(me, studio)
    mine = me.get(f"/v1/sessions/{session_id}").json["my_booking"]
    assert (mine["status"], mine["promoted_at"], mine["refunding_closes_at"]) == ("offered", None, None)
    assert mine["offered_until"] is not None
    headers = {**WAIT, "Idempotency-Key": "accept"}

    first = me.post(f"/v1/bookings/{booking_id}/acceptance", **headers)
    again = me.post(f"/v1/bookings/{booking_id}/acceptance", **headers)

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json["id"] == again.json["id"]
    assert (first.json["kind"], first.json["booking"]["status"]) == ("accept_offer", "confirmed")
    assert first.json["booking"]["offered_until"] is None
    assert me.member is not None
    assert studio.sessions_left(me.member) == 9
    other = me.post(f"/v1/bookings/{booking_id}/acceptance", **WAIT)
    assert reasons(problem(other, 409, "refused")) == ["already_booked"]


def test_what_was_not_offered_to_me_cannot_be_accepted(
    me: Caller, anybody: Caller, studio: Studio, serving: None
) -> None:
    _, booking_id = offered_to(me, studio)
    stranger = anybody.of(studio.a_member())

    stolen = stranger.post(f"/v1/bookings/{booking_id}/acceptance", **WAIT)
    assert reasons(problem(stolen, 409, "refused")) == ["booking_not_yours"]
    assert problem(stolen, 409, "refused")["command"]["booking"] is None
    problem(me.post(f"/v1/bookings/{uuid4()}/acceptance", **WAIT), 404, "booking_not_found")
    problem(anybody.post(f"/v1/bookings/{booking_id}/acceptance", **WAIT), 401, "token_missing")


def test_an_offer_is_declined_by_cancelling_and_staff_see_whose_it_was(
    me: Caller, admin: Caller, studio: Studio, serving: None
) -> None:
    session_id, booking_id = offered_to(me, studio)
    roster = admin.get(f"/v1/staff/sessions/{session_id}/roster").json
    assert [one["booking_id"] for one in roster["offered"]] == [str(booking_id)]
    assert (roster["confirmed"], roster["confirmed_not_listed"], roster["session"]["booked"]) == ([], 0, 1)
    assert admin.get(f"/v1/staff/bookings/{booking_id}").json["status"] == "offered"

    calendar = problem(me.get(f"/v1/me/bookings/{booking_id}/calendar"), 404, "booking_not_found")
    assert calendar["detail"].startswith("A place is offered to you")

    declined = me.cancel(booking_id, **WAIT)

    assert declined.json["booking"]["status"] == "cancelled"
    assert studio.counts(session_id) == (0, 0, 0)


def test_staff_accept_for_whoever_cannot(me: Caller, admin: Caller, studio: Studio, serving: None) -> None:
    _, booking_id = offered_to(me, studio)

    accepted = admin.post(f"/v1/staff/bookings/{booking_id}/acceptance", **WAIT)

    assert (accepted.status_code, accepted.json["booking"]["status"]) == (200, "confirmed")
    assert me.member is not None
    assert studio.sessions_left(me.member) == 9
    problem(admin.post(f"/v1/staff/bookings/{uuid4()}/acceptance", **WAIT), 404, "booking_not_found")


def test_refusals_by_policy_speak_the_members_language(me: Caller, studio: Studio, serving: None) -> None:
    assert me.member is not None
    first, second = (studio.a_session(policies=Policies(upcoming_limit=1)) for _ in range(2))
    me.book(first, **WAIT)

    refused = problem(me.book(second, **WAIT, Accept_Language="de"), 409, "refused")

    assert reasons(refused) == ["booking_limit_reached"]
    assert refused["reasons"][0]["sentence"].startswith("Du kannst von diesem Training nur eine begrenzte Zahl")
    told = me.get(f"/v1/sessions/{second}", Accept_Language="de").json["policies"]
    assert told[0]["sentence"].endswith("gleichzeitig haben: 1.")


def test_cancelling_late_gives_nothing_back_and_says_so_before(me: Caller, studio: Studio, serving: None) -> None:
    assert me.member is not None
    session_id = studio.a_session(policies=Policies(refund_deadline_minutes=8 * 24 * 60))
    booked = me.book(session_id, **WAIT).json["booking"]
    assert booked["refunding_closes_at"] < booked["cancelling_closes_at"]

    cancelled = me.cancel(UUID(booked["id"]), **WAIT).json

    assert cancelled["booking"]["status"] == "cancelled"
    assert studio.sessions_left(me.member) == 9
