from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage.identifiers import new_id
from tests.integration.api.conftest import WAIT, Caller
from tests.integration.studio import Studio


def in_days(days: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)


def all_pages(caller: Caller, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(20):
        page = caller.get(f"{path}{'&' if '?' in path else '?'}limit=2{cursor}").json
        assert len(page["items"]) <= 2
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = f"&cursor={page['next_cursor']}"
    raise AssertionError("the list has no end")


def test_i_am_shown_with_the_studio(me: Caller) -> None:
    mine = me.get("/v1/me").json
    assert me.member is not None
    assert (mine["id"], mine["role"], mine["time_zone"]) == (str(me.member.id), "member", "Europe/Kyiv")
    assert mine["email"] == f"{me.member.id}@example.test"


def test_upcoming_bookings_come_soonest_first_and_past_ones_latest_first(
    me: Caller, studio: Studio, serving: None
) -> None:
    sessions = [studio.a_session(starts_at=in_days(days)) for days in (5, 3, 4, 3)]
    booked = [me.book(session_id, **WAIT).json["id"] for session_id in sessions]
    upcoming = all_pages(me, "/v1/me/bookings")
    assert [one["id"] for one in upcoming] == [booked[1], booked[3], booked[2], booked[0]]
    assert upcoming[0]["session"]["id"] == str(sessions[1])
    assert all_pages(me, "/v1/me/bookings?when=past") == []
    for session_id, days in zip(sessions, (-1, -3, -2, -3), strict=True):
        studio.db.execute("UPDATE training_sessions SET starts_at = %s WHERE id = %s", (in_days(days), session_id))
        studio.db.execute(
            "UPDATE bookings SET starts_at = %s WHERE training_session_id = %s", (in_days(days), session_id)
        )
    past = all_pages(me, "/v1/me/bookings?when=past")
    assert [one["id"] for one in past] == [booked[0], booked[2], booked[3], booked[1]]
    assert all_pages(me, "/v1/me/bookings?when=upcoming") == []


def test_my_lists_hold_nothing_of_others(me: Caller, anybody: Caller, studio: Studio, serving: None) -> None:
    anybody.of(studio.a_member()).book(studio.a_session(), **WAIT)
    for path in ("bookings", "notifications"):
        assert me.get(f"/v1/me/{path}").json["items"] == []
    assert len(me.get("/v1/me/passes").json["items"]) == 1


def test_a_cancelled_booking_stays_in_the_list_as_cancelled(me: Caller, studio: Studio, serving: None) -> None:
    booking_id = me.book(studio.a_session(), **WAIT).json["id"]
    me.cancel(booking_id, **WAIT)
    (booking,) = me.get("/v1/me/bookings").json["items"]
    assert (booking["id"], booking["status"]) == (booking_id, "cancelled")


def test_a_pass_shows_where_its_sessions_went(me: Caller, studio: Studio, serving: None) -> None:
    session_id = studio.a_session()
    booking_id = me.book(session_id, **WAIT).json["id"]
    me.cancel(booking_id, **WAIT)
    (mine,) = me.get("/v1/me/passes").json["items"]
    assert (mine["sessions_granted"], mine["sessions_left"], mine["trainings"]) == (10, 10, None)
    assert [(line["change"], line["booking_id"], line["session_id"]) for line in mine["ledger"]] == [
        (1, booking_id, str(session_id)),
        (-1, booking_id, str(session_id)),
    ]


def test_a_pass_names_its_trainings_and_shows_the_newest_lines_only(me: Caller, studio: Studio, serving: None) -> None:
    assert me.member is not None
    studio.db.execute("UPDATE passes SET training_ids = %s WHERE id = %s", ([studio.training_id], me.member.pass_id))
    session_id = studio.a_session()
    for _ in range(11):
        me.cancel(me.book(session_id).json["id"], **WAIT)
    (mine,) = me.get("/v1/me/passes").json["items"]
    assert [name.split()[0] for name in mine["trainings"]] == ["Yoga"]
    assert len(mine["ledger"]) == 20
    assert mine["ledger"][0]["written_at"] >= mine["ledger"][-1]["written_at"]


def test_passes_come_a_page_at_a_time(me: Caller, studio: Studio) -> None:
    assert me.member is not None
    more = [new_id() for _ in range(4)]
    for id_ in more:
        studio.db.execute(
            "INSERT INTO passes (id, pass_type_id, member_id) VALUES (%s, %s, %s)",
            (id_, studio.pass_type_id, me.member.id),
        )
    listed = [one["id"] for one in all_pages(me, "/v1/me/passes")]
    assert listed == sorted(map(str, [me.member.pass_id, *more]))


@pytest.mark.parametrize("path", ["", "/bookings", "/passes", "/notifications", "/notification-preferences"])
def test_nothing_of_mine_is_shown_without_a_token(anybody: Caller, path: str) -> None:
    assert anybody.get(f"/v1/me{path}").status_code == 401
