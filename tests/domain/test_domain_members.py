"""Who may change what of whom: the whole table."""

from uuid import uuid4

import pytest

from domain.ids import MemberId
from domain.members import MemberStatus, Person, may_change_role, may_edit, may_end
from domain.roles import Role

MEMBER, TRAINER, ADMIN, OWNER = Role

REACH = {OWNER: {MEMBER, TRAINER, ADMIN, OWNER}, ADMIN: {MEMBER, TRAINER}, TRAINER: set[Role](), MEMBER: set[Role]()}
GIVES = {OWNER: {MEMBER, TRAINER, ADMIN, OWNER}, ADMIN: {MEMBER, TRAINER}, TRAINER: set[Role](), MEMBER: set[Role]()}


def a_person(role: Role, status: MemberStatus = MemberStatus.ACTIVE) -> Person:
    return Person(MemberId(uuid4()), role, status)


@pytest.mark.parametrize("actor", Role)
@pytest.mark.parametrize("member", Role)
def test_staff_reach_those_below_them_and_owners_everybody(actor: Role, member: Role) -> None:
    who, whom = a_person(actor), a_person(member)

    assert may_edit(who, whom) is (member in REACH[actor])
    assert may_end(who, whom) is (member in REACH[actor])


@pytest.mark.parametrize("actor", Role)
@pytest.mark.parametrize("member", Role)
@pytest.mark.parametrize("role", Role)
def test_a_role_is_given_by_who_reaches_both_the_old_and_the_new(actor: Role, member: Role, role: Role) -> None:
    expected = member in REACH[actor] and role in GIVES[actor]

    assert may_change_role(a_person(actor), a_person(member), role) is expected


@pytest.mark.parametrize("role", Role)
def test_nobody_changes_their_own_role_but_an_owner_steps_down(role: Role) -> None:
    me = a_person(role)

    assert may_change_role(me, me, MEMBER) is (role is OWNER)


@pytest.mark.parametrize("role", Role)
def test_everybody_changes_their_own_name_and_nobody_ends_themselves(role: Role) -> None:
    me = a_person(role)

    assert may_edit(me, me)
    assert not may_end(me, me)


@pytest.mark.parametrize("status", [MemberStatus.SUSPENDED, MemberStatus.REMOVED])
def test_who_is_suspended_or_removed_changes_nobody(status: MemberStatus) -> None:
    gone, member = a_person(OWNER, status), a_person(MEMBER)

    assert not may_edit(gone, member)
    assert not may_edit(gone, gone)
    assert not may_end(gone, member)
    assert not may_change_role(gone, member, TRAINER)
    assert not may_change_role(gone, gone, MEMBER)
