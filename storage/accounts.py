"""A member's password: what it is checked against, and changing it."""

from dataclasses import dataclass

from domain.ids import MemberId
from storage.database import Db
from storage.password_links import end_links
from storage.sign_ins import sign_out_everywhere


@dataclass(frozen=True, slots=True)
class Account:
    """What a member signs in with; None as hash means that the member has no password."""

    email: str
    password_hash: str | None


def find_account(db: Db, member_id: MemberId) -> Account | None:
    """Return what this member signs in with; None if there is no such member."""
    row = db.execute("SELECT email, password_hash FROM members WHERE id = %s", (member_id,)).fetchone()
    return None if row is None else Account(*row)


def change_password_hash(db: Db, member_id: MemberId, *, before: str, after: str) -> int | None:
    """Replace the hash; None if it is not `before` any more. Every sign-in, token and open link of the member ends.

    Returns the generation of tokens from now on. Asked again with the same two hashes it comes to the same, with a
    generation more.
    """
    with db.transaction():
        changed = db.execute(
            """
            UPDATE members SET password_hash = %(after)s
             WHERE id = %(member)s AND password_hash IN (%(before)s, %(after)s)
            """,
            {"member": member_id, "before": before, "after": after},
        ).rowcount
        if not changed:
            return None
        end_links(db, member_id)
        return sign_out_everywhere(db, member_id)
