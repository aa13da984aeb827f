"""A member asks for a pass, and staff answer: once, whoever is first."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.roles import Role
from storage.identifiers import new_id
from storage.notices import relay
from tests.integration.api.conftest import Caller, problem, staff
from tests.integration.at_once import at_once
from tests.integration.pass_requests import a_request_of, an_offered_type
from tests.integration.studio import Member, Studio

MINE = "/v1/me/pass-requests"
STAFF = "/v1/staff/pass-requests"


def told(studio: Studio, member: Member) -> list[str]:
    rows = studio.db.execute("SELECT kind FROM notices WHERE member_id = %s ORDER BY id", (member.id,))
    return [row[0] for row in rows]


def passes_of(studio: Studio, member: Member) -> list[tuple[Any, ...]]:
    return studio.db.execute(
        "SELECT pass_type_id, sessions_granted FROM passes WHERE member_id = %s AND id <> %s",
        (member.id, member.pass_id),
    ).fetchall()


def member_of(caller: Caller) -> Member:
    assert caller.member is not None
    return caller.member


def test_what_is_offered_can_be_asked_for_once_until_it_is_answered(me: Caller, studio: Studio) -> None:
    type_id = str(an_offered_type(studio))
    offered: list[str] = []
    cursor = ""
    while cursor is not None:
        page = me.get(f"/v1/pass-types?{cursor and f'cursor={cursor}'}").json
        offered += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]

    asked = me.post(MINE, {"pass_type_id": type_id, "message": "from Monday on"})

    assert type_id in offered
    assert asked.status_code == 201, asked.text
    assert (asked.json["status"], asked.json["message"]) == ("open", "from Monday on")
    problem(me.post(MINE, {"pass_type_id": type_id}), 409, "pass_request_open")
    assert me.get(MINE).json["items"] == [asked.json]


def test_of_two_requests_at_once_for_one_type_one_is_open(me: Caller, studio: Studio) -> None:
    type_id = str(an_offered_type(studio))

    answers = at_once(*[lambda: me.post(MINE, {"pass_type_id": type_id})] * 2)

    assert sorted(answer.status_code for answer in answers) == [201, 409]


def test_the_database_knows_one_open_request_for_each_type(studio: Studio) -> None:
    nina, type_id = studio.a_member(), an_offered_type(studio)
    a_request_of(studio, nina, type_id)

    with pytest.raises(psycopg.errors.UniqueViolation, match="pass_requests_one_open"):
        studio.db.execute(
            "INSERT INTO pass_requests (id, member_id, pass_type_id) VALUES (%s, %s, %s)",
            (new_id(), nina.id, type_id),
        )


def test_what_is_not_offered_cannot_be_asked_for(me: Caller, studio: Studio) -> None:
    problem(me.post(MINE, {"pass_type_id": str(studio.pass_type_id)}), 404, "pass_type_not_found")
    problem(me.post(MINE, {"pass_type_id": str(uuid4())}), 404, "pass_type_not_found")


def test_a_request_is_withdrawn_by_its_member_alone_and_then_made_anew(me: Caller, studio: Studio) -> None:
    type_id = an_offered_type(studio)
    path = f"{MINE}/{a_request_of(studio, member_of(me), type_id)}/withdrawal"

    problem(me.of(studio.a_member()).post(path), 404, "pass_request_not_found")
    first, again = me.post(path), me.post(path)

    assert (first.json["status"], first.json) == ("withdrawn", again.json)
    assert me.post(MINE, {"pass_type_id": str(type_id)}).status_code == 201


def test_staff_see_what_waits_longest_first_and_grant_it_on_the_terms_of_the_type(
    admin: Caller, studio: Studio
) -> None:
    nina, type_id = studio.a_member(), an_offered_type(studio)
    before = admin.get(f"{STAFF}?limit=1").json["open"]
    request_id = a_request_of(studio, nina, type_id, "please")

    waiting = admin.get(STAFF).json
    granted = admin.post(f"{STAFF}/{request_id}/grant", {"why": "has paid"})

    assert waiting["open"] == before + 1
    assert granted.status_code == 200, granted.text
    assert (granted.json["status"], granted.json["member"]["id"]) == ("granted", str(nina.id))
    assert passes_of(studio, nina) == [(type_id, 10)]
    assert told(studio, nina) == ["pass_granted"]
    row = studio.db.execute("SELECT id FROM passes WHERE id = %s", (granted.json["pass_id"],)).fetchall()
    assert row == [(UUID(granted.json["pass_id"]),)]
    (change,) = admin.get(f"/v1/staff/changes?subject_id={request_id}").json["items"]
    assert (change["kind"], change["why"]) == ("pass_request_granted", "has paid")
    assert admin.get(f"{STAFF}?limit=1").json["open"] == before


def test_other_terms_may_be_granted_also_of_a_type_that_is_offered_no_more(admin: Caller, studio: Studio) -> None:
    nina, type_id = studio.a_member(), an_offered_type(studio)
    path = f"{STAFF}/{a_request_of(studio, nina, type_id)}/grant"
    studio.db.execute("UPDATE pass_types SET offered = false WHERE id = %s", (type_id,))

    problem(admin.post(path, {}), 409, "pass_unfit")
    assert admin.post(path, {"sessions": 3, "days": None}).json["status"] == "granted"
    assert passes_of(studio, nina) == [(type_id, 3)]


def test_who_is_declined_is_told_why_on_every_channel_and_sees_it(admin: Caller, me: Caller, studio: Studio) -> None:
    nina = member_of(me)
    request_id = a_request_of(studio, nina)

    declined = admin.post(f"{STAFF}/{request_id}/decline", {"reason": "The course is full."})

    assert declined.json["status"] == "declined"
    (mine,) = me.get(MINE).json["items"]
    assert (mine["status"], mine["reason"]) == ("declined", "The course is full.")
    assert passes_of(studio, nina) == []
    while relay(studio.db, limit=1000):
        pass
    sent = studio.db.execute(
        "SELECT deliveries.kind, channel FROM deliveries JOIN notices ON notices.id = notice_id WHERE member_id = %s",
        (nina.id,),
    ).fetchall()
    assert sent == [("pass_request_declined", "email")]
    (notification,) = me.get("/v1/me/notifications").json["items"]
    assert "The course is full." in notification["text"]


def test_an_answer_is_given_once(admin: Caller, anybody: Caller, studio: Studio) -> None:
    nina, other = studio.a_member(), staff(anybody, studio, Role.ADMIN)
    path = f"{STAFF}/{a_request_of(studio, nina)}"
    first = admin.post(f"{path}/grant", {})

    again = admin.post(f"{path}/grant", {})
    problem(other.post(f"{path}/grant", {}), 409, "pass_request_answered")
    problem(admin.post(f"{path}/decline", {"reason": "changed my mind"}), 409, "pass_request_answered")

    assert again.json == first.json, "the same answer of the same person, sent again"
    assert len(passes_of(studio, nina)) == 1
    assert told(studio, nina) == ["pass_granted"]


@pytest.mark.parametrize("second", ["grant", "decline"])
def test_of_two_admins_at_once_one_answers(admin: Caller, anybody: Caller, studio: Studio, second: str) -> None:
    nina, other = studio.a_member(), staff(anybody, studio, Role.ADMIN)
    path = f"{STAFF}/{a_request_of(studio, nina)}"
    body = {} if second == "grant" else {"reason": "full"}

    answers = at_once(lambda: admin.post(f"{path}/grant", {}), lambda: other.post(f"{path}/{second}", body))

    assert sorted(answer.status_code for answer in answers) == [200, 409], [answer.text for answer in answers]
    kind = "pass_granted" if admin.get(path).json["status"] == "granted" else "pass_request_declined"
    assert told(studio, nina) == [kind]
    assert len(passes_of(studio, nina)) == (kind == "pass_granted")


def test_what_was_withdrawn_is_not_granted_and_what_was_granted_not_withdrawn(
    admin: Caller, me: Caller, studio: Studio
) -> None:
    first, second = (a_request_of(studio, member_of(me)) for _ in range(2))
    me.post(f"{MINE}/{first}/withdrawal")
    admin.post(f"{STAFF}/{second}/grant", {})

    problem(admin.post(f"{STAFF}/{first}/grant", {}), 409, "pass_request_answered")
    problem(me.post(f"{MINE}/{second}/withdrawal"), 409, "pass_request_answered")


def test_requests_of_who_was_removed_are_gone(admin: Caller, studio: Studio) -> None:
    nina = studio.a_member()
    path = f"{STAFF}/{a_request_of(studio, nina)}"

    admin.post(f"/v1/staff/members/{nina.id}/removal", {"why": "moved away"})

    problem(admin.get(path), 404, "pass_request_not_found")
    problem(admin.post(f"{path}/grant", {}), 404, "pass_request_not_found")
