"""Links by which a member chooses a password: each works once, and is told in a notice of its own, by e-mail alone.

A link is a row without a secret: what stands in its address is made of its id and the secret key, by whoever writes or
reads the address. Whatever changes a member's password or links locks the member's row first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.ids import MemberId
from domain.notices import NoticeKind
from domain.password_links import HOLDS, OPEN_RESETS_MAX, LinkEnding, LinkPurpose
from storage.database import Db
from storage.identifiers import new_id
from storage.sign_ins import sign_out_everywhere

_KEPT_DAYS = 30  # past its end a link still says why it does not hold, and why its mail was not sent

_WRITE = """
    WITH link AS (
        INSERT INTO password_links (id, member_id, purpose, created_at, expires_at)
        SELECT %(id)s, members.id, %(purpose)s, statement_timestamp(), statement_timestamp() + %(holds)s
          FROM members
         WHERE members.removed_at IS NULL
           AND (members.id = %(member)s OR lower(members.email) = lower(%(email)s) AND %(most)s > (
               SELECT count(*) FROM password_links AS open
                WHERE open.member_id = members.id AND open.purpose = %(purpose)s AND open.ended IS NULL
                  AND open.expires_at > statement_timestamp()))
        ON CONFLICT (id) DO NOTHING
        RETURNING id, member_id, created_at, expires_at)
"""

_WRITE_MANY = """
    WITH link AS (
        INSERT INTO password_links (id, member_id, purpose, created_at, expires_at)
        SELECT wanted.id, members.id, %(purpose)s, statement_timestamp(), statement_timestamp() + %(holds)s
          FROM unnest(%(ids)s::uuid[], %(members)s::uuid[]) AS wanted (id, member_id)
          JOIN members ON members.id = wanted.member_id
        RETURNING id, member_id, created_at, expires_at)
"""

# The notice is written as read, since no inbox shows it, and with its one delivery, since the relay passes it by.
_TELL = """
    , notice AS (
        INSERT INTO notices (cause, member_id, kind, password_link_id, details, created_at, read_at)
        SELECT id, member_id, %(kind)s, id, '{}', created_at, created_at FROM link
        RETURNING id, member_id, kind, created_at),
    delivery AS (
        INSERT INTO deliveries (notice_id, kind, channel, address, due_at)
        SELECT notice.id, notice.kind, 'email', members.email, notice.created_at
          FROM notice JOIN members ON members.id = notice.member_id)
    SELECT expires_at FROM link
"""


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link that holds, and whose password it sets."""

    id: UUID
    purpose: LinkPurpose
    expires_at: datetime
    member_name: str
    email: str
    studio_name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """A member's new invitation."""

    link_id: UUID
    expires_at: datetime
    is_new: bool = True


def ask_for_reset(db: Db, link_id: UUID, email: str) -> None:
    """Write a reset with this id for the member with this e-mail address, with its notice and delivery; or nothing.

    Nothing is written for an unknown address, nor while `OPEN_RESETS_MAX` resets of the member hold. Neither can be
    told from outside: the same statements run in any case, and the commit waits for no disk, which would take longer
    where something was written. A server that crashes within the next moments may so forget that somebody asked. Asked
    again with the same id it comes to the same.
    """
    with db.transaction():
        db.execute("SET LOCAL synchronous_commit = off")
        db.execute("SELECT FROM members WHERE lower(email) = lower(%s) FOR NO KEY UPDATE", (email,))
        db.execute(
            """
            DELETE FROM password_links
             WHERE member_id = (SELECT id FROM members WHERE lower(email) = lower(%s))
               AND expires_at < statement_timestamp() - make_interval(days => %s)
            """,
            (email, _KEPT_DAYS),
        )
        _write(db, link_id, LinkPurpose.RESET, email=email)


def invite(db: Db, link_id: UUID, member_id: MemberId) -> Invitation | None:
    """Write an invitation with this id, with its notice and delivery; None for a member who has a password.

    Invitations of the member from before end. Asked again with the same id it comes to the same. Raises `LookupError`
    if there is no such member.
    """
    with db.transaction():
        row = db.execute(
            "SELECT password_hash IS NULL FROM members WHERE id = %s AND removed_at IS NULL FOR NO KEY UPDATE",
            (member_id,),
        ).fetchone()
        if row is None:
            raise LookupError(f"there is no member {member_id}")
        if not row[0]:
            return None
        before = db.execute(
            "SELECT expires_at FROM password_links WHERE id = %s AND member_id = %s", (link_id, member_id)
        ).fetchone()
        if before is not None:
            return Invitation(link_id, before[0], is_new=False)
        _end(db, member_id, LinkEnding.REPLACED, purpose=LinkPurpose.INVITATION)
        expires_at = _write(db, link_id, LinkPurpose.INVITATION, member_id=member_id)
    if expires_at is None:
        raise LookupError(f"there is a link {link_id} already")
    return Invitation(link_id, expires_at)


def invite_many(db: Db, member_ids: Sequence[MemberId]) -> None:
    """Invite each of these members as `invite` does, in two statements, inside the transaction that locked their rows.

    They have an address and no password.
    """
    db.execute(
        """
        UPDATE password_links SET ended = %s, ended_at = statement_timestamp()
         WHERE member_id = ANY(%s) AND purpose = %s AND ended IS NULL
        """,
        (str(LinkEnding.REPLACED), list(member_ids), str(LinkPurpose.INVITATION)),
    )
    db.execute(
        _WRITE_MANY + _TELL,
        {
            "ids": [new_id() for _ in member_ids],
            "members": list(member_ids),
            "purpose": str(LinkPurpose.INVITATION),
            "holds": HOLDS[LinkPurpose.INVITATION],
            "kind": str(NoticeKind.INVITATION),
        },
    )


def find_open_link(db: Db, link_id: UUID) -> OpenLink | None:
    """Return the link while it holds; looking at it changes nothing."""
    row = db.execute(
        """
        SELECT link.id, link.purpose, link.expires_at, members.name, members.email, studio.name, studio.time_zone
          FROM password_links AS link JOIN members ON members.id = link.member_id CROSS JOIN studio
         WHERE link.id = %s AND link.ended IS NULL AND link.expires_at > statement_timestamp()
        """,
        (link_id,),
    ).fetchone()
    return None if row is None else OpenLink(row[0], LinkPurpose(row[1]), *row[2:])


def use_link(db: Db, link_id: UUID, *, password_hash: str) -> bool:
    """Set this hash as the member's, use the link up and end every other link and sign-in of theirs; one transaction.

    False when the link does not hold (any more): of two uses at once the second finds it used. Asked again with the
    same hash it comes to the same.
    """
    with db.transaction():
        row = db.execute(
            """
            SELECT members.id, members.password_hash
              FROM members
             WHERE id = (SELECT member_id FROM password_links WHERE id = %s) FOR NO KEY UPDATE
            """,
            (link_id,),
        ).fetchone()
        if row is None:
            return False
        member_id, before = row
        if before == password_hash:
            return True
        used = db.execute(
            """
            UPDATE password_links SET ended = %s, ended_at = statement_timestamp()
             WHERE id = %s AND ended IS NULL AND expires_at > statement_timestamp()
            """,
            (str(LinkEnding.USED), link_id),
        ).rowcount
        if not used:
            return False
        # A guest who chooses a password is a guest no more; what they booked and their passes are theirs already.
        db.execute("UPDATE members SET password_hash = %s, guest = false WHERE id = %s", (password_hash, member_id))
        end_links(db, member_id)
        sign_out_everywhere(db, member_id)
    return True


def end_links(db: Db, member_id: MemberId, why: LinkEnding = LinkEnding.PASSWORD_CHANGED) -> None:
    """End every open link of the member; inside the transaction that locked their row."""
    _end(db, member_id, why)


def _end(db: Db, member_id: MemberId, why: LinkEnding, *, purpose: LinkPurpose | None = None) -> None:
    db.execute(
        """
        UPDATE password_links SET ended = %(why)s, ended_at = statement_timestamp()
         WHERE member_id = %(member)s AND ended IS NULL AND (%(purpose)s::text IS NULL OR purpose = %(purpose)s)
        """,
        {"why": str(why), "member": member_id, "purpose": purpose and str(purpose)},
    )


def _write(
    db: Db, link_id: UUID, purpose: LinkPurpose, *, member_id: MemberId | None = None, email: str | None = None
) -> datetime | None:
    kind = NoticeKind.PASSWORD_RESET if purpose is LinkPurpose.RESET else NoticeKind.INVITATION
    row = db.execute(
        _WRITE + _TELL,
        {
            "id": link_id,
            "purpose": str(purpose),
            "holds": HOLDS[purpose],
            "kind": str(kind),
            "most": OPEN_RESETS_MAX,
            "member": member_id,
            "email": email,
        },
    ).fetchone()
    return None if row is None else row[0]
