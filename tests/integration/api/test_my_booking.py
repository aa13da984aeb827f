from uuid import uuid4

from storage.identifiers import new_id
from tests.integration.api.conftest import WAIT, Caller, problem
from tests.integration.studio import Studio


def test_my_booking_comes_as_in_the_list(me: Caller, studio: Studio, serving: None) -> None:
    booking_id = me.book(studio.a_session(), **WAIT).json["id"]

    answer = me.get(f"/v1/me/bookings/{booking_id}")

    assert answer.status_code == 200
    assert answer.json == me.get("/v1/me/bookings").json["items"][0]


def test_a_booking_that_staff_made_for_me_is_mine(me: Caller, studio: Studio, serving: None) -> None:
    booking_id = me.book(studio.a_session(), **WAIT).json["id"]
    studio.db.execute("UPDATE commands SET actor_id = %s WHERE id = %s", (new_id(), booking_id))

    assert me.get(f"/v1/me/bookings/{booking_id}").json["id"] == booking_id


def test_anothers_booking_is_not_found_as_if_it_did_not_exist(
    me: Caller, anybody: Caller, studio: Studio, serving: None
) -> None:
    others = anybody.of(studio.a_member()).book(studio.a_session(), **WAIT).json["id"]

    found = [problem(me.get(f"/v1/me/bookings/{id_}"), 404, "booking_not_found") for id_ in (others, uuid4())]

    assert found[0] == found[1]


def test_a_booking_whose_command_waits_is_not_there_yet(me: Caller, studio: Studio) -> None:
    booking_id = me.book(studio.a_session()).json["id"]

    problem(me.get(f"/v1/me/bookings/{booking_id}"), 404, "booking_not_found")


def test_without_a_token_no_booking_is_shown(anybody: Caller) -> None:
    problem(anybody.get(f"/v1/me/bookings/{uuid4()}"), 401, "token_missing")
