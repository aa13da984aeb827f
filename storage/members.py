"""Staff change members: each change is one transaction with its note, after locking actor and member in one order."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from domain.ids import MemberId
from domain.members import MemberRefusal, MemberRefusedError, MemberStatus, Person, may_change_role, may_edit, may_end
from domain.password_links import LinkEnding
from domain.roles import Role
from domain.staff_changes import ChangeKind, StaffChange, Subject
from storage import password_links
from storage.database import Db
from storage.password_links import Invitation
from storage.sign_ins import sign_out_everywhere
from storage.staff_changes import note_change

_REFUSALS = {
    "members_email": MemberRefusal.EMAIL_TAKEN,
    "members_last_owner": MemberRefusal.LAST_OWNER,
    "members_guest_has_no_account": MemberRefusal.IS_GUEST,
}


@dataclass(frozen=True, slots=True)
class LockedMember:
    """A member whose row this transaction holds; `email` is None for a guest who gave none."""

    person: Person
    name: str
    email: str | None


def status_of(suspended_at: datetime | None, removed_at: datetime | None) -> MemberStatus:
    """Return what the two instants come to."""
    if removed_at is not None:
        return MemberStatus.REMOVED
    return MemberStatus.ACTIVE if suspended_at is None else MemberStatus.SUSPENDED


def create_member(db: Db, member_id: MemberId, *, name: str, email: str, actor_id: MemberId | None) -> None:
    """Add a member without a password; staff who do so are noted. Asked again with the same id it comes to the same.

    Raises `MemberRefusedError` if another member has the address, in whatever case.
    """
    with refusing(db, email), db.transaction():
        made = db.execute(
            """
            INSERT INTO members (id, name, email) VALUES (%s, %s, %s)
            ON CONFLICT (id) DO NOTHING
            """,
            (member_id, name, email),
        ).rowcount
        if made and actor_id is not None:
            note_about_member(db, actor_id, member_id, ChangeKind.MEMBER_CREATED, after={"name": name, "email": email})


def invite(db: Db, link_id: UUID, member_id: MemberId, *, actor_id: MemberId | None) -> Invitation:
    """Write an invitation as `storage.password_links.invite` does, with a note of who did.

    Raises `MemberRefusedError` if there is no such member, one with a password, or a guest without an address.
    """
    with db.transaction():
        if _has_no_email(db, member_id):
            raise MemberRefusedError(MemberRefusal.NO_EMAIL)
        try:
            invitation = password_links.invite(db, link_id, member_id)
        except LookupError:
            raise MemberRefusedError(MemberRefusal.NOT_FOUND) from None
        if invitation is None:
            raise MemberRefusedError(MemberRefusal.HAS_PASSWORD)
        if actor_id is not None and invitation.is_new:
            note_about_member(db, actor_id, member_id, ChangeKind.MEMBER_INVITED)
    return invitation


def edit_member(
    db: Db, member_id: MemberId, *, name: str | None, email: str | None, why: str, actor_id: MemberId
) -> None:
    """Change the member's name, address or both; None leaves it. Asked again it comes to the same, noted once.

    With another address the links that were mailed to the one before end. Raises `MemberRefusedError`.
    """
    with refusing(db, email), db.transaction():
        actor, member = lock_both(db, actor_id, member_id)
        if not may_edit(actor, member.person):
            raise MemberRefusedError(MemberRefusal.OUT_OF_REACH)
        wanted = {"name": name or member.name, "email": email or member.email}
        known = {"name": member.name, "email": member.email}
        changed = [field for field in wanted if wanted[field] != known[field]]
        if not changed:
            return
        db.execute("UPDATE members SET name = %s, email = %s WHERE id = %s", (*wanted.values(), member_id))
        if "email" in changed:
            password_links.end_links(db, member_id, LinkEnding.REPLACED)
        before, after = ({field: values[field] for field in changed} for values in (known, wanted))
        note_about_member(db, actor_id, member_id, ChangeKind.MEMBER_EDITED, why=why, before=before, after=after)


def change_role(db: Db, member_id: MemberId, role: Role, *, why: str, actor_id: MemberId) -> None:
    """Give the member this role. Asked again it comes to the same, noted once.

    Raises `MemberRefusedError`, with `LAST_OWNER` also where two owners demote each other at the same moment: the
    database lets the first.
    """
    with refusing(db), db.transaction():
        actor, member = lock_both(db, actor_id, member_id)
        if member.person.role is role:
            return
        if not may_change_role(actor, member.person, role):
            raise MemberRefusedError(MemberRefusal.OUT_OF_REACH)
        db.execute("UPDATE members SET role = %s WHERE id = %s", (str(role), member_id))
        before, after = {"role": str(member.person.role)}, {"role": str(role)}
        kind = ChangeKind.MEMBER_ROLE_CHANGED
        note_about_member(db, actor_id, member_id, kind, why=why, before=before, after=after)


def suspend_member(db: Db, member_id: MemberId, *, why: str, actor_id: MemberId) -> None:
    """End every sign-in of the member, and let no token of theirs in; what they asked for before stays asked for.

    Asked again it comes to the same, noted once. Raises `MemberRefusedError`.
    """
    with refusing(db), db.transaction():
        _lock_to_end(db, member_id, actor_id)
        changed = db.execute(
            "UPDATE members SET suspended_at = statement_timestamp() WHERE id = %s AND suspended_at IS NULL",
            (member_id,),
        ).rowcount
        if changed:
            sign_out_everywhere(db, member_id)
            note_about_member(db, actor_id, member_id, ChangeKind.MEMBER_SUSPENDED, why=why)


def reactivate_member(db: Db, member_id: MemberId, *, why: str, actor_id: MemberId) -> None:
    """Let a suspended member in again. Asked again it comes to the same, noted once. Raises `MemberRefusedError`."""
    with refusing(db), db.transaction():
        _lock_to_end(db, member_id, actor_id)
        changed = db.execute(
            "UPDATE members SET suspended_at = NULL WHERE id = %s AND suspended_at IS NOT NULL", (member_id,)
        ).rowcount
        if changed:
            note_about_member(db, actor_id, member_id, ChangeKind.MEMBER_REACTIVATED, why=why)


def lock_both(db: Db, actor_id: MemberId, member_id: MemberId) -> tuple[Person, LockedMember]:
    """Lock both rows until the transaction ends, the smaller id first, so that two who change each other wait.

    Raises `MemberRefusedError` if there is no such member (any more), or the actor is none.
    """
    rows = db.execute(
        """
        SELECT id, role, suspended_at, removed_at, name, email FROM members
         WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
        """,
        ([actor_id, member_id],),
    )
    locked = {row[0]: _locked_from(row) for row in rows}
    actor, member = locked.get(actor_id), locked.get(member_id)
    if member is None or member.person.status is MemberStatus.REMOVED:
        raise MemberRefusedError(MemberRefusal.NOT_FOUND)
    if actor is None:
        raise MemberRefusedError(MemberRefusal.OUT_OF_REACH)
    return actor.person, member


@contextmanager
def refusing(db: Db, email: str | None = None) -> Iterator[None]:
    """Turn what the database refuses by its constraints into `MemberRefusedError`; put it around the transaction.

    It names who has this `email` already, if that is why.
    """
    try:
        yield
    except psycopg.IntegrityError as error:
        refusal = _REFUSALS.get(error.diag.constraint_name or "")
        if refusal is None:
            raise
        row = db.execute("SELECT name FROM members WHERE lower(email) = lower(%s)", (email,)).fetchone()
        raise MemberRefusedError(refusal, row[0] if row and refusal is MemberRefusal.EMAIL_TAKEN else "") from None


def note_about_member(
    db: Db,
    actor_id: MemberId,
    member_id: MemberId,
    kind: ChangeKind,
    *,
    why: str = "",
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Note what was changed of a member, inside the transaction of the change."""
    note_change(db, actor_id, StaffChange(kind, Subject.MEMBER, member_id, why, before or {}, after or {}))


def _has_no_email(db: Db, member_id: MemberId) -> bool:
    row = db.execute("SELECT email IS NULL FROM members WHERE id = %s FOR SHARE", (member_id,)).fetchone()
    return row is not None and row[0]


def _lock_to_end(db: Db, member_id: MemberId, actor_id: MemberId) -> None:
    actor, member = lock_both(db, actor_id, member_id)
    if not may_end(actor, member.person):
        raise MemberRefusedError(MemberRefusal.OUT_OF_REACH)


def _locked_from(row: tuple[Any, ...]) -> LockedMember:
    id_, role, suspended_at, removed_at, name, email = row
    return LockedMember(Person(id_, Role(role), status_of(suspended_at, removed_at)), name, email)
