"""Members: who signs in, and who I am."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from domain.ids import MemberId
from domain.members import MemberStatus
from domain.roles import Role
from storage.database import Db
from storage.members import status_of


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a sign-in is checked against; None as hash means that the member has no password."""

    member_id: MemberId
    password_hash: str | None
    is_suspended: bool = False
    token_generation: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a member may come, as what, and of which generation the tokens are that let them in."""

    role: Role
    status: MemberStatus
    token_generation: int


@dataclass(frozen=True, slots=True)
class Member:
    """A member with the studio's name and zone."""

    id: MemberId
    name: str
    email: str
    role: str
    created_at: datetime
    studio_name: str
    time_zone: str


def find_sign_in(db: Db, email: str) -> SignIn | None:
    """Return whom this e-mail address belongs to, in whatever case it is written."""
    row = db.execute(
        "SELECT id, password_hash, suspended_at IS NOT NULL, token_generation"
        "  FROM members WHERE lower(email) = lower(%s)",
        (email,),
    ).fetchone()
    return None if row is None else SignIn(*row)


def find_member(db: Db, member_id: MemberId) -> Member | None:
    """Return the member; None if there is none with this id."""
    with db.cursor(row_factory=class_row(Member)) as cursor:
        return cursor.execute(
            """
            SELECT members.id, members.name, members.email, members.role, members.created_at,
                   studio.name AS studio_name, studio.time_zone
              FROM members CROSS JOIN studio WHERE members.id = %s
            """,
            (member_id,),
        ).fetchone()


def find_standing(db: Db, member_id: MemberId) -> Standing | None:
    """Return how the member stands now; None if there is no such member."""
    row = db.execute(
        "SELECT role, suspended_at, removed_at, token_generation FROM members WHERE id = %s", (member_id,)
    ).fetchone()
    return None if row is None else Standing(Role(row[0]), status_of(row[1], row[2]), row[3])


def token_generations(db: Db, member_ids: Collection[MemberId]) -> dict[MemberId, int]:
    """Return of which generation the tokens are that let these members in; who may not come is missing."""
    rows = db.execute(
        """
        SELECT id, token_generation FROM members
         WHERE id = ANY(%s) AND suspended_at IS NULL AND removed_at IS NULL
        """,
        (list(member_ids),),
    )
    return {MemberId(id_): generation for id_, generation in rows}


def names_of(db: Db, member_ids: Collection[MemberId]) -> dict[MemberId, str]:
    """Return the names of these members; those who do not exist are missing."""
    rows = db.execute("SELECT id, name FROM members WHERE id = ANY(%s)", (list(member_ids),))
    return {MemberId(id_): name for id_, name in rows}
