"""Staff invite many people at once: who is new is made a member, and nobody is invited twice."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.sql import SQL, Composed

from domain.ids import MemberId
from domain.invitations import Invited
from domain.staff_changes import ChangeKind, StaffChange, Subject
from storage import password_links
from storage.database import Db
from storage.identifiers import new_id
from storage.staff_changes import note_changes


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody on a list."""

    name: str
    email: str


_KNOWN = SQL(
    """
    SELECT wanted.place - 1, members.id,
           CASE WHEN password_hash IS NOT NULL OR removed_at IS NOT NULL THEN 'already_member'
                WHEN EXISTS (SELECT FROM password_links AS link
                              WHERE link.member_id = members.id AND purpose = 'invitation' AND ended IS NULL
                                AND expires_at > statement_timestamp()) THEN 'already_invited'
                ELSE 'invited' END
      FROM unnest(%s::text[]) WITH ORDINALITY AS wanted (email, place)
      JOIN members ON lower(members.email) = lower(wanted.email)
     ORDER BY members.id {}
    """
)
_TO_LOOK = _KNOWN.format(SQL(""))
_TO_INVITE = _KNOWN.format(SQL("FOR NO KEY UPDATE OF members"))


def what_of(db: Db, people: Sequence[Invitee]) -> list[Invited]:
    """Return for each in turn what inviting them would come to at this moment; writes nothing."""
    known = _known(db, _TO_LOOK, people)
    return [known[place][1] if place in known else Invited.NEW for place in range(len(people))]


def invite_all(db: Db, people: Sequence[Invitee], *, actor_id: MemberId) -> list[Invited]:
    """Make members of those who are new and invite all who have no password, with notes, in one transaction.

    Returns for each in turn what became of them. Who has a password, or an invitation that holds, is left alone: so the
    same list again invites nobody twice, also where two lists come at once. The number of statements does not grow
    with the list. Call for the mails after the commit, or leave it to beat.
    """
    ids = [MemberId(new_id()) for _ in people]
    with db.transaction():
        made: set[MemberId] = set()
        known: dict[int, tuple[MemberId, Invited]] = {}
        while len(known) < len(people):
            made |= _make(db, people, ids)
            # A statement of its own, so that it sees those whom another list has made while this one waited for it.
            # Who was given another address between the two is missed, and made in the next round.
            known = _known(db, _TO_INVITE, people)
        outcomes = [Invited.NEW if id_ in made else known[place][1] for place, id_ in enumerate(ids)]
        mailed = list(dict.fromkeys(known[place][0] for place, out in enumerate(outcomes) if out.is_mailed))
        password_links.invite_many(db, mailed)
        after = {id_: {"name": one.name, "email": one.email} for id_, one in zip(ids, people, strict=True)}
        created = [
            StaffChange(ChangeKind.MEMBER_CREATED, Subject.MEMBER, id_, after=after[id_]) for id_ in ids if id_ in made
        ]
        invited = [StaffChange(ChangeKind.MEMBER_INVITED, Subject.MEMBER, id_) for id_ in mailed]
        note_changes(db, actor_id, [*created, *invited])
    return outcomes


def _make(db: Db, people: Sequence[Invitee], ids: Sequence[MemberId]) -> set[MemberId]:
    """Make those whose address nobody has; return their ids."""
    # In one order for all lists, so that of two at once one waits for the other and not both.
    ordered = sorted(zip(ids, people, strict=True), key=lambda one: one[1].email.lower())
    rows = db.execute(
        """
        INSERT INTO members (id, name, email)
        SELECT id, name, email FROM unnest(%s::uuid[], %s::text[], %s::text[]) WITH ORDINALITY
               AS new (id, name, email, place)
         ORDER BY place
        ON CONFLICT DO NOTHING
        RETURNING id
        """,
        ([id_ for id_, _ in ordered], [one.name for _, one in ordered], [one.email for _, one in ordered]),
    )
    return {MemberId(row[0]) for row in rows}


def _known(db: Db, query: Composed, people: Sequence[Invitee]) -> dict[int, tuple[MemberId, Invited]]:
    """Return who has the addresses, by their places on the list."""
    rows = db.execute(query, ([one.email for one in people],))
    return {place: (MemberId(id_), Invited(outcome)) for place, id_, outcome in rows}
