"""Staff answer members' requests for passes: each once, in one transaction with what comes of it and its note."""

from dataclasses import dataclass
from uuid import UUID

from domain.ids import MemberId
from domain.notices import Notice, NoticeKind
from domain.pass_requests import RequestRefusal, RequestRefusedError, RequestStatus
from domain.staff_changes import ChangeKind, StaffChange, Subject
from storage import staff_passes
from storage.database import Db
from storage.notices import WrittenNotice, write_notices, written_notices
from storage.staff_changes import note_change
from storage.staff_passes import Author, Done


@dataclass(frozen=True, slots=True)
class _Open:
    """An open request whose row, and whose member's, this transaction holds."""

    member_id: MemberId
    pass_type_id: UUID
    type_name: str


def grant_request(
    db: Db, request_id: UUID, *, terms: tuple[int | None, int | None] | None, why: str, actor_id: MemberId
) -> Done | None:
    """Grant the pass as `storage.staff_passes.grant` does, and answer the request with it; tell after the commit.

    None where this actor has granted it already. Raises `RequestRefusedError`, with `ANSWERED` for whoever comes second
    with another answer, and the `PassError` of granting.
    """
    with db.transaction():
        request = _lock_open(db, request_id, RequestStatus.GRANTED, actor_id)
        if request is None:
            return None
        author = Author(actor_id, why, key=f"pass request {request_id}")
        done = staff_passes.grant(
            db, member_id=request.member_id, pass_type_id=request.pass_type_id, terms=terms, author=author
        )
        db.execute(
            """
            UPDATE pass_requests
               SET status = 'granted', answered_at = statement_timestamp(), answered_by = %s, pass_id = %s WHERE id = %s
            """,
            (actor_id, done.pass_id, request_id),
        )
        _note(db, request_id, request, ChangeKind.PASS_REQUEST_GRANTED, why=why, actor_id=actor_id)
    return done


def decline_request(db: Db, request_id: UUID, *, reason: str, actor_id: MemberId) -> list[WrittenNotice]:
    """Decline the request, and write the notice that tells the member why; announce it after the commit.

    Nothing where this actor has declined it already. Raises `RequestRefusedError` as `grant_request` does.
    """
    with db.transaction():
        request = _lock_open(db, request_id, RequestStatus.DECLINED, actor_id)
        if request is None:
            return []
        db.execute(
            """
            UPDATE pass_requests
               SET status = 'declined', answered_at = statement_timestamp(), answered_by = %s, reason = %s WHERE id = %s
            """,
            (actor_id, reason, request_id),
        )
        _note(db, request_id, request, ChangeKind.PASS_REQUEST_DECLINED, why=reason, actor_id=actor_id)
        details: dict[str, object] = {"request_id": str(request_id), "type": request.type_name, "why": reason}
        notice = Notice(NoticeKind.PASS_REQUEST_DECLINED, request.member_id, None, details)
        return written_notices(write_notices(db, [(request_id, notice)], starts_at=[None]))


def _lock_open(db: Db, request_id: UUID, answer: RequestStatus, actor_id: MemberId) -> _Open | None:
    """Lock member and request, in the order of removing a member; None where this actor gave this answer before."""
    found = db.execute("SELECT member_id FROM pass_requests WHERE id = %s", (request_id,)).fetchone()
    if found is None:
        raise RequestRefusedError(RequestRefusal.NOT_FOUND)
    db.execute("SELECT FROM members WHERE id = %s FOR SHARE", found)
    row = db.execute(
        """
        SELECT member_id, pass_type_id, pass_types.name, status, answered_by
          FROM pass_requests JOIN pass_types ON pass_types.id = pass_type_id
         WHERE pass_requests.id = %s FOR NO KEY UPDATE OF pass_requests
        """,
        (request_id,),
    ).fetchone()
    if row is None:
        raise RequestRefusedError(RequestRefusal.NOT_FOUND)
    *request, status, answered_by = row
    if RequestStatus(status) is RequestStatus.OPEN:
        return _Open(*request)
    if (RequestStatus(status), answered_by) == (answer, actor_id):
        return None
    raise RequestRefusedError(RequestRefusal.ANSWERED)


def _note(db: Db, request_id: UUID, request: _Open, kind: ChangeKind, *, why: str, actor_id: MemberId) -> None:
    after = {"type": request.type_name, "member_id": str(request.member_id)}
    note_change(db, actor_id, StaffChange(kind, Subject.PASS_REQUEST, request_id, why, after=after))
