"""Who may change what of a member, and what keeps a member from being changed so."""

from dataclasses import dataclass
from enum import StrEnum

from domain.ids import MemberId
from domain.roles import Role


class MemberStatus(StrEnum):
    """Whether a member can sign in: `removed` is for good."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REMOVED = "removed"


class MemberRefusal(StrEnum):
    """Why staff cannot change a member so."""

    NOT_FOUND = "not_found"
    EMAIL_TAKEN = "email_taken"
    HAS_PASSWORD = "has_password"  # noqa: S105 - a reason, not a password
    NO_EMAIL = "no_email"
    IS_GUEST = "is_guest"
    OUT_OF_REACH = "out_of_reach"
    LAST_OWNER = "last_owner"


class MemberRefusedError(Exception):
    """The member cannot be changed so; nothing was changed. `holder` names who has an address that is taken."""

    def __init__(self, refusal: MemberRefusal, holder: str = "") -> None:
        super().__init__(refusal)
        self.refusal = refusal
        self.holder = holder


@dataclass(frozen=True, slots=True)
class Person:
    """A member as the rules about members see them."""

    id: MemberId
    role: Role
    status: MemberStatus = MemberStatus.ACTIVE


def may_edit(actor: Person, member: Person) -> bool:
    """Whether the actor may change the member's name and address.

    Their own, as an admin those of trainers and members, as an owner anybody's.
    Who changes an address can have a new password sent to it, and be that member from then on.
    """
    return _is_above(actor, member) or (actor.id == member.id and actor.status is MemberStatus.ACTIVE)


def may_end(actor: Person, member: Person) -> bool:
    """Whether the actor may suspend, reactivate or remove the member: others of lower roles, or as an owner anybody."""
    return actor.id != member.id and _is_above(actor, member)


def may_change_role(actor: Person, member: Person, role: Role) -> bool:
    """Whether the actor may give the member this role.

    Owners give any; admins make trainers and members of each other. Nobody changes their own, but an owner may step
    down.
    """
    if actor.status is not MemberStatus.ACTIVE:
        return False
    if actor.id == member.id:
        return actor.role is Role.OWNER
    return _is_above(actor, member) and (actor.role is Role.OWNER or not role.reaches(Role.ADMIN))


def _is_above(actor: Person, member: Person) -> bool:
    if actor.status is not MemberStatus.ACTIVE:
        return False
    return actor.role is Role.OWNER or (actor.role is Role.ADMIN and not member.role.reaches(Role.ADMIN))
