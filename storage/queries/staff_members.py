"""Members as staff see them: searched by name and address, and one of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.sql import SQL, Composable, Placeholder

from domain.ids import MemberId
from domain.members import MemberStatus
from domain.roles import Role
from storage.database import Db
from storage.members import status_of

SEARCHED_WORDS_MAX = 5  # more tell no more

_COLUMNS = SQL(
    """
    members.id, members.name, members.email, members.role, members.created_at, members.suspended_at,
    members.removed_at, members.guest, members.password_hash IS NOT NULL,
    (SELECT max(expires_at) FROM password_links
      WHERE password_links.member_id = members.id AND purpose = 'invitation' AND ended IS NULL
        AND expires_at > statement_timestamp())
    """
)
_WITH_STATUS = {
    None: SQL("removed_at IS NULL"),
    MemberStatus.ACTIVE: SQL("removed_at IS NULL AND suspended_at IS NULL"),
    MemberStatus.SUSPENDED: SQL("removed_at IS NULL AND suspended_at IS NOT NULL"),
    MemberStatus.REMOVED: SQL("removed_at IS NOT NULL"),
}


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A member; `email` is None for one who was removed and for a guest who gave none.

    `invited_until` is None where no invitation is open.
    """

    id: MemberId
    name: str
    email: str | None
    role: Role
    status: MemberStatus
    created_at: datetime
    suspended_at: datetime | None
    removed_at: datetime | None
    guest: bool
    has_password: bool
    invited_until: datetime | None


def list_members(
    db: Db, *, search: str, role: Role | None, status: MemberStatus | None, after: MemberId | None, limit: int
) -> list[StaffMember]:
    """Return members by name, behind the member `after`; those removed only where that status is asked for.

    Each word of `search` is part of the name or of the address, in whatever case. Words of three letters and more are
    found by an index (`members_search`), however many members there are.
    """
    conditions: list[Composable] = [_WITH_STATUS[status]]
    values: dict[str, Any] = {"role": role and str(role), "limit": limit, "after": after}
    if role is not None:
        conditions.append(SQL("role = %(role)s"))
    for number, word in enumerate(search.lower().split()[:SEARCHED_WORDS_MAX]):
        found = SQL("(lower(name) LIKE {word} OR lower(email) LIKE {word})")
        conditions.append(found.format(word=Placeholder(f"word{number}")))
        values[f"word{number}"] = f"%{_literally(word)}%"
    if after is not None:
        place = db.execute("SELECT lower(name) FROM members WHERE id = %s", (after,)).fetchone()
        values["after_name"] = "" if place is None else place[0]
        conditions.append(SQL("(lower(name), members.id) > (%(after_name)s, %(after)s)"))
    rows = db.execute(
        SQL("SELECT {columns} FROM members WHERE {conditions} ORDER BY lower(name), members.id LIMIT %(limit)s").format(
            columns=_COLUMNS, conditions=SQL(" AND ").join(conditions)
        ),
        values,
    )
    return [_member_from(row) for row in rows]


def find_staff_member(db: Db, member_id: MemberId) -> StaffMember | None:
    """Return the member, those who were removed too; None if there never was one with this id."""
    row = db.execute(SQL("SELECT {} FROM members WHERE id = %s").format(_COLUMNS), (member_id,)).fetchone()
    return None if row is None else _member_from(row)


def _literally(word: str) -> str:
    """Return the word as a pattern of LIKE that stands for itself."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _member_from(row: tuple[Any, ...]) -> StaffMember:
    id_, name, email, role, created_at, suspended_at, removed_at, guest, has_password, invited_until = row
    return StaffMember(
        id=id_,
        name=name,
        email=None if removed_at is not None else email,
        role=Role(role),
        status=status_of(suspended_at, removed_at),
        created_at=created_at,
        suspended_at=suspended_at,
        removed_at=removed_at,
        guest=guest,
        has_password=has_password,
        invited_until=None if has_password else invited_until,
    )
