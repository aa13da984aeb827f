"""Remove a member: nobody is left of them, and what they booked and paid stays true."""

from domain.commands import Actor, CancelForMember
from domain.ids import BookingId, CommandId, MemberId, TrainingSessionId
from domain.members import MemberRefusal, MemberRefusedError, may_end
from domain.staff_changes import ChangeKind
from storage import command_log
from storage.command_log import LoggedCommand, NewCommand
from storage.database import Db
from storage.identifiers import new_id
from storage.members import lock_both, note_about_member, refusing

FORMER_MEMBER = "Former member"

_FORGOTTEN = (
    "DELETE FROM sign_ins WHERE member_id = %(member)s",
    "DELETE FROM password_links WHERE member_id = %(member)s",
    "DELETE FROM calendar_feeds WHERE member_id = %(member)s",
    "DELETE FROM push_subscriptions WHERE member_id = %(member)s",
    "DELETE FROM notification_preferences WHERE member_id = %(member)s",
    "DELETE FROM pass_requests WHERE member_id = %(member)s",
    # Where messages went is forgotten as well, and what is still due goes nowhere; webhooks are the operator's own.
    """
    UPDATE delivery_attempts SET said = NULL
      FROM deliveries JOIN notices ON notices.id = deliveries.notice_id
     WHERE delivery_attempts.delivery_id = deliveries.id AND notices.member_id = %(member)s AND channel <> 'webhook'
    """,
    """
    UPDATE deliveries
       SET address = 'removed',
           status = CASE status WHEN 'due' THEN 'dropped' ELSE status END,
           reason = CASE status WHEN 'due' THEN 'the member was removed' ELSE reason END,
           settled_at = CASE status WHEN 'due' THEN statement_timestamp() ELSE settled_at END
      FROM notices
     WHERE notices.id = deliveries.notice_id AND notices.member_id = %(member)s AND channel <> 'webhook'
    """,
    # The notes of their changes stay, without what they were called.
    """
    UPDATE staff_changes SET before = before - 'name' - 'email', after = after - 'name' - 'email'
     WHERE subject_id = %(member)s
    """,
    # No mail goes to .invalid (RFC 2606); the address they had is free.
    """
    UPDATE members
       SET name = %(name)s, email = 'former-' || id || '@removed.invalid', password_hash = NULL, role = 'member',
           guest = false, suspended_at = NULL, removed_at = statement_timestamp()
     WHERE id = %(member)s
    """,
)


def remove_member(db: Db, member_id: MemberId, *, why: str, actor_id: MemberId) -> list[LoggedCommand]:
    """Make the member nobody, in one transaction; return the commands that cancel their upcoming bookings.

    Call a worker for each after the commit, or leave it to the sweep. Passes, ledger, journal and rosters stay, under
    the name of a former member. Nothing of theirs can be booked any more: their passes are locked and deactivated
    before their bookings are looked at, so a session that decides a booking of theirs at this moment has either
    committed it, and it is cancelled here, or finds the pass not active. Asked again it comes to the same. Raises
    `MemberRefusedError`.
    """
    with refusing(db), db.transaction():
        if _is_removed(db, member_id):
            return []
        actor, member = lock_both(db, actor_id, member_id)
        if not may_end(actor, member.person):
            raise MemberRefusedError(MemberRefusal.OUT_OF_REACH)
        db.execute("SELECT FROM passes WHERE member_id = %s ORDER BY id FOR NO KEY UPDATE", (member_id,))
        db.execute("UPDATE passes SET active = false WHERE member_id = %s", (member_id,))
        cancelling = _cancel_bookings(db, member_id, why=why, actor_id=actor_id)
        for statement in _FORGOTTEN:
            db.execute(statement, {"member": member_id, "name": FORMER_MEMBER})
        kind = ChangeKind.MEMBER_REMOVED
        note_about_member(db, actor_id, member_id, kind, why=why, before={"role": str(member.person.role)})
    return cancelling


def _is_removed(db: Db, member_id: MemberId) -> bool:
    row = db.execute("SELECT removed_at IS NOT NULL FROM members WHERE id = %s", (member_id,)).fetchone()
    return row is not None and row[0]


def _cancel_bookings(db: Db, member_id: MemberId, *, why: str, actor_id: MemberId) -> list[LoggedCommand]:
    """Ask each session that has not begun to take the member off; a statement of its own, after the passes' locks."""
    upcoming = db.execute(
        """
        SELECT id, training_session_id FROM bookings
         WHERE member_id = %s AND status <> 'cancelled' AND starts_at > statement_timestamp() ORDER BY id
        """,
        (member_id,),
    ).fetchall()
    accepted = []
    for booking_id, training_session_id in upcoming:
        command = NewCommand(
            id=CommandId(new_id()),
            training_session_id=TrainingSessionId(training_session_id),
            actor=Actor(actor_id, is_staff=True),
            command=CancelForMember(BookingId(booking_id), why),
        )
        logged = command_log.accept(db, command)
        assert isinstance(logged, LoggedCommand)  # noqa: S101 - the booking's session exists, and no key is used
        accepted.append(logged)
    return accepted
