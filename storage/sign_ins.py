"""Sign-ins: each browser that somebody is signed in with, until it ends or expires."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.ids import MemberId
from domain.roles import Role
from storage.database import Db
from storage.identifiers import new_id

SIGN_IN_DAYS = 30
SIGN_INS_MAX = 20  # of one member; the oldest goes


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in that holds, with the member as they are now."""

    id: UUID
    member_id: MemberId
    member_name: str
    role: Role
    expires_at: datetime


def begin_sign_in(db: Db, member_id: MemberId, *, secret_hash: bytes, device: str) -> None:
    """Remember a sign-in for 30 days; of more than `SIGN_INS_MAX` of one member, and of expired ones, none is kept."""
    with db.transaction():
        db.execute(
            """
            INSERT INTO sign_ins (id, member_id, secret_hash, device, expires_at)
            VALUES (%s, %s, %s, %s, statement_timestamp() + make_interval(days => %s))
            """,
            (new_id(), member_id, secret_hash, device, SIGN_IN_DAYS),
        )
        db.execute(
            """
            DELETE FROM sign_ins
             WHERE member_id = %(member)s
               AND (expires_at <= statement_timestamp()
                    OR id IN (SELECT id FROM sign_ins WHERE member_id = %(member)s
                               ORDER BY created_at DESC, id DESC OFFSET %(most)s))
            """,
            {"member": member_id, "most": SIGN_INS_MAX},
        )


def find_signed_in(db: Db, secret_hash: bytes) -> SignedIn | None:
    """Return the sign-in with this secret while it holds; none does of who is suspended or removed."""
    row = db.execute(
        """
        SELECT sign_ins.id, members.id, members.name, members.role, sign_ins.expires_at
          FROM sign_ins JOIN members ON members.id = sign_ins.member_id
         WHERE sign_ins.secret_hash = %s AND sign_ins.expires_at > statement_timestamp()
           AND members.suspended_at IS NULL AND members.removed_at IS NULL
        """,
        (secret_hash,),
    ).fetchone()
    if row is None:
        return None
    id_, member_id, name, role, expires_at = row
    return SignedIn(id_, member_id, name, Role(role), expires_at)


def end_sign_in(db: Db, secret_hash: bytes) -> None:
    """End this sign-in; one that is over already does no harm."""
    db.execute("DELETE FROM sign_ins WHERE secret_hash = %s", (secret_hash,))


def end_all_sign_ins(db: Db, member_id: MemberId) -> int:
    """End every sign-in of this member, and return how many there were."""
    return db.execute("DELETE FROM sign_ins WHERE member_id = %s", (member_id,)).rowcount
