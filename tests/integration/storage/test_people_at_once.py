"""Two of the staff at the same moment: the second waits for the first, and finds what the first did."""

from uuid import UUID, uuid4

import pytest

from domain.ids import CommandId, MemberId, PassId, TrainingSessionId
from domain.invitations import Invited
from domain.pass_requests import RequestRefusal, RequestRefusedError
from domain.roles import Role
from storage.command_log import KeyReused, LoggedCommand
from storage.database import Db
from storage.guests import NewGuest, add_guest
from storage.identifiers import new_id
from storage.invitations import Invitee, invite_all
from storage.member_removal import remove_member
from storage.pass_answers import decline_request, grant_request
from storage.pass_requests import ask_for_pass, withdraw_request
from tests.integration.at_once import one_waits
from tests.integration.pass_requests import a_request_of, an_offered_type
from tests.integration.staff import with_role
from tests.integration.studio import Member, Studio


def an_admin(studio: Studio) -> MemberId:
    return with_role(studio, studio.a_member(), Role.ADMIN).id


def a_guest(session_id: TrainingSessionId, name: str) -> NewGuest:
    return NewGuest(MemberId(new_id()), PassId(new_id()), session_id, name, None, "")


def add(db: Db, session_id: TrainingSessionId, name: str, actor_id: MemberId) -> object:
    return add_guest(db, a_guest(session_id, name), command_id=CommandId(new_id()), actor_id=actor_id, key="a key")


def members_named(studio: Studio, name: str) -> int:
    return len(studio.db.execute("SELECT FROM members WHERE name = %s", (name,)).fetchall())


def test_of_two_guests_with_one_key_the_second_is_the_first(studio: Studio, database_url: str) -> None:
    session_id, actor_id, name = studio.a_session(), an_admin(studio), f"Iryna {uuid4()}"

    first, second = one_waits(
        database_url, lambda db: add(db, session_id, name, actor_id), lambda db: add(db, session_id, name, actor_id)
    )

    assert isinstance(first, LoggedCommand)
    assert isinstance(second, LoggedCommand)
    assert (second.id, second.is_repeat) == (first.id, True)
    assert members_named(studio, name) == 1


def test_of_two_different_guests_with_one_key_the_second_is_refused_and_nobody(
    studio: Studio, database_url: str
) -> None:
    session_id, actor_id, name = studio.a_session(), an_admin(studio), f"Iryna {uuid4()}"

    first, second = one_waits(
        database_url, lambda db: add(db, session_id, "Ann", actor_id), lambda db: add(db, session_id, name, actor_id)
    )

    assert isinstance(first, LoggedCommand)
    assert second == KeyReused(first.id)
    assert members_named(studio, name) == 0


def asked(studio: Studio) -> tuple[Member, UUID]:
    member = studio.a_member()
    return member, UUID(a_request_of(studio, member))


def test_of_two_answers_the_second_finds_the_first(studio: Studio, database_url: str) -> None:
    (nina, request_id), first, second = asked(studio), an_admin(studio), an_admin(studio)

    with pytest.raises(RequestRefusedError) as refused:
        one_waits(
            database_url,
            lambda db: grant_request(db, request_id, terms=None, why="", actor_id=first),
            lambda db: grant_request(db, request_id, terms=None, why="", actor_id=second),
        )

    assert refused.value.refusal is RequestRefusal.ANSWERED
    assert len(studio.db.execute("SELECT FROM passes WHERE member_id = %s", (nina.id,)).fetchall()) == 2


def test_one_admin_who_declines_twice_tells_the_member_once(studio: Studio, database_url: str) -> None:
    (nina, request_id), admin = asked(studio), an_admin(studio)

    first, second = one_waits(
        database_url,
        lambda db: decline_request(db, request_id, reason="full", actor_id=admin),
        lambda db: decline_request(db, request_id, reason="full", actor_id=admin),
    )

    assert (len(first), second) == (1, [])
    kinds = studio.db.execute("SELECT kind FROM notices WHERE member_id = %s", (nina.id,)).fetchall()
    assert kinds == [("pass_request_declined",)]


def test_what_is_granted_at_this_moment_is_not_withdrawn(studio: Studio, database_url: str) -> None:
    (nina, request_id), admin = asked(studio), an_admin(studio)

    with pytest.raises(RequestRefusedError) as refused:
        one_waits(
            database_url,
            lambda db: grant_request(db, request_id, terms=None, why="", actor_id=admin) and None,
            lambda db: withdraw_request(db, request_id, nina.id),
        )

    assert refused.value.refusal is RequestRefusal.ANSWERED


def test_nothing_is_granted_to_who_is_removed_at_this_moment(studio: Studio, database_url: str) -> None:
    (nina, request_id), first, second = asked(studio), an_admin(studio), an_admin(studio)

    with pytest.raises(RequestRefusedError) as refused:
        one_waits(
            database_url,
            lambda db: remove_member(db, nina.id, why="moved", actor_id=first) and None,
            lambda db: grant_request(db, request_id, terms=None, why="", actor_id=second) and None,
        )

    assert refused.value.refusal is RequestRefusal.NOT_FOUND


def test_who_is_removed_at_the_moment_of_a_grant_is_removed_with_the_pass(studio: Studio, database_url: str) -> None:
    (nina, request_id), first, second = asked(studio), an_admin(studio), an_admin(studio)

    one_waits(
        database_url,
        lambda db: grant_request(db, request_id, terms=None, why="", actor_id=first) and None,
        lambda db: remove_member(db, nina.id, why="moved", actor_id=second) and None,
    )

    rows = studio.db.execute("SELECT active FROM passes WHERE member_id = %s", (nina.id,)).fetchall()
    assert rows == [(False,), (False,)]
    assert studio.db.execute("SELECT FROM pass_requests WHERE id = %s", (request_id,)).fetchall() == []


def test_of_two_requests_for_one_type_the_second_is_refused(studio: Studio, database_url: str) -> None:
    nina, type_id = studio.a_member(), an_offered_type(studio)

    def ask(db: Db) -> None:
        ask_for_pass(db, new_id(), nina.id, pass_type_id=type_id, message="")

    with pytest.raises(RequestRefusedError) as refused:
        one_waits(database_url, ask, ask)

    assert refused.value.refusal is RequestRefusal.OPEN_ALREADY


def test_of_two_lists_with_the_same_people_the_second_invites_nobody(studio: Studio, database_url: str) -> None:
    people = [Invitee("A member of two lists", f"{uuid4()}@example.test") for _ in range(3)]
    first, second = an_admin(studio), an_admin(studio)

    done, again = one_waits(
        database_url,
        lambda db: invite_all(db, people, actor_id=first),
        lambda db: invite_all(db, people[::-1], actor_id=second),
    )

    assert (done, again) == ([Invited.NEW] * 3, [Invited.ALREADY_INVITED] * 3)
