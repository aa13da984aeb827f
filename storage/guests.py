"""Guests: people whom staff put on a session by name, and who have no account.

A guest is a member who cannot sign in, with a pass of one session that pays, so that rules, ledger, waitlist and audit
know nothing of guests. Who chooses a password is a guest no more and keeps bookings and passes.
"""

from dataclasses import dataclass

from domain.commands import Actor, BookForMember
from domain.ids import CommandId, MemberId, PassId, TrainingId, TrainingSessionId
from domain.outcomes import Refused
from domain.refusals import RefusalReason
from domain.staff_changes import ChangeKind
from storage import catalogue, command_log
from storage.catalogue import NewPass, PassType
from storage.command_log import Accepted, KeyReused, LoggedCommand, NewCommand
from storage.database import Db
from storage.members import note_about_member, refusing

GUEST_PASS = "Guest"  # noqa: S105 - a name, not a password
"""What the type of a guest's pass is called; each training has one."""


@dataclass(frozen=True, slots=True)
class NewGuest:
    """Somebody about to be put on a session, with the ids that the member and the pass are to have."""

    member_id: MemberId
    pass_id: PassId
    training_session_id: TrainingSessionId
    name: str
    email: str | None
    why: str

    @property
    def command(self) -> BookForMember:
        """The command that books for the guest."""
        return BookForMember(self.member_id, self.pass_id, self.why)

    @property
    def noted(self) -> dict[str, object]:
        """What is noted of the guest; the same again under one key is the same guest."""
        with_email = {} if self.email is None else {"email": self.email}
        return {"name": self.name, **with_email, "session_id": str(self.training_session_id)}


def add_guest(db: Db, new: NewGuest, *, command_id: CommandId, actor_id: MemberId, key: str | None) -> Accepted:
    """Make the guest with a pass of one session for this training, and accept the command that books it, as one.

    Call a worker after the commit, or leave it to the sweep. The same id or key again makes nobody and returns the
    first command, also where both come at once; `KeyReused` if the key was used for anything else. A session that
    does not exist is refused. What is decided later comes too late to take the guest back: one whose booking is
    refused stays a member, with the pass unused. Raises `MemberRefusedError` if somebody has the address.
    """
    with refusing(db, new.email), db.transaction():
        row = db.execute("SELECT training_id FROM training_sessions WHERE id = %s", (new.training_session_id,))
        if (found := row.fetchone()) is None:
            return Refused((RefusalReason.SESSION_NOT_FOUND,))
        # First, so that a second request with this key waits here until the first is whole.
        actor = Actor(actor_id, is_staff=True)
        logged = command_log.accept(db, NewCommand(command_id, new.training_session_id, actor, new.command, key))
        if isinstance(logged, LoggedCommand) and not logged.is_repeat:
            _make(db, new, TrainingId(found[0]), actor_id)
    if isinstance(logged, KeyReused) and key is not None:
        return added_before(db, new, actor_id=actor_id, key=key) or logged
    return logged


def added_before(db: Db, new: NewGuest, *, actor_id: MemberId, key: str) -> LoggedCommand | KeyReused | None:
    """Return what this key was used for: the command of the same guest, or `KeyReused`; None for a new key."""
    row = db.execute(
        """
        SELECT commands.id, seq, training_session_id, accepted_at, staff_changes.after
          FROM commands
          LEFT JOIN staff_changes ON staff_changes.subject_id = (payload ->> 'member_id')::uuid
                                 AND staff_changes.kind = %s AND commands.kind = 'book_for_member'
         WHERE commands.actor_id = %s AND commands.idempotency_key = %s
        """,
        (str(ChangeKind.GUEST_ADDED), actor_id, key),
    ).fetchone()
    if row is None:
        return None
    id_, seq, training_session_id, accepted_at, after = row
    if after != new.noted:
        return KeyReused(id_)
    return LoggedCommand(id_, seq, training_session_id, accepted_at, is_repeat=True)


def _make(db: Db, new: NewGuest, training_id: TrainingId, actor_id: MemberId) -> None:
    db.execute(
        "INSERT INTO members (id, name, email, guest) VALUES (%s, %s, %s, true)", (new.member_id, new.name, new.email)
    )
    type_ = PassType(GUEST_PASS, (training_id,))
    catalogue.add_passes(db, [NewPass(new.pass_id, new.member_id, type_, 1, None)])
    note_about_member(db, actor_id, new.member_id, ChangeKind.GUEST_ADDED, why=new.why, after=new.noted)
