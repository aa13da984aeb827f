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
    token_generation: int
    expires_at: datetime


def begin_sign_in(db: Db, member_id: MemberId, *, secret_hash: bytes, device: str, token_generation: int = 0) -> None:
    """Remember a sign-in for 30 days; of more than `SIGN_INS_MAX` of one member, and of expired ones, none is kept.

    Nothing is remembered if the member's generation is not this one any more: they were signed out everywhere since
    their password was looked at. The member's row is locked, so that of this and that one waits for the other.
    """
    with db.transaction():
        db.execute(
            """
            INSERT INTO sign_ins (id, member_id, secret_hash, device, expires_at)
            SELECT %s, id, %s, %s, statement_timestamp() + make_interval(days => %s)
              FROM members WHERE id = %s AND token_generation = %s FOR SHARE
            """,
            (new_id(), secret_hash, device, SIGN_IN_DAYS, member_id, token_generation),
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
        SELECT sign_ins.id, members.id, members.name, members.role, members.token_generation, sign_ins.expires_at
          FROM sign_ins JOIN members ON members.id = sign_ins.member_id
         WHERE sign_ins.secret_hash = %s AND sign_ins.expires_at > statement_timestamp()
           AND members.suspended_at IS NULL AND members.removed_at IS NULL
        """,
        (secret_hash,),
    ).fetchone()
    if row is None:
        return None
    id_, member_id, name, role, token_generation, expires_at = row
    return SignedIn(id_, member_id, name, Role(role), token_generation, expires_at)


def end_sign_in(db: Db, secret_hash: bytes) -> None:
    """End this sign-in; one that is over already does no harm."""
    db.execute("DELETE FROM sign_ins WHERE secret_hash = %s", (secret_hash,))


def sign_out_everywhere(db: Db, member_id: MemberId) -> int:
    """End every sign-in and every access token of this member; return the generation of those that come after.

    Locks the member's row until the transaction ends. Asked again it comes to the same, with a generation more. Raises
    `LookupError` if there is no such member.
    """
    with db.transaction():
        row = db.execute(
            "UPDATE members SET token_generation = token_generation + 1 WHERE id = %s RETURNING token_generation",
            (member_id,),
        ).fetchone()
        if row is None:
            raise LookupError(f"there is no member {member_id}")
        # After the row is locked: a sign-in that began before is seen here, one that begins later finds the new number.
        db.execute("DELETE FROM sign_ins WHERE member_id = %s", (member_id,))
    generation: int = row[0]
    return generation
