"""Members ask for passes: one open request for each type, until staff answer it or the member withdraws it."""

from uuid import UUID

from domain.ids import MemberId
from domain.pass_requests import RequestRefusal, RequestRefusedError, RequestStatus
from storage.database import Db

MESSAGE_CHARACTERS_MAX = 500


def ask_for_pass(db: Db, request_id: UUID, member_id: MemberId, *, pass_type_id: UUID, message: str) -> None:
    """Ask for a pass of a type that is offered; asked again with the same id it comes to the same.

    Raises `RequestRefusedError` with `TYPE_NOT_FOUND` for a type that is not offered (any more), and with
    `OPEN_ALREADY` while another request of the member for this type is open, also where both come at once.
    """
    with db.transaction():
        # FOR SHARE, so that no request is left of a member who is being removed at this moment.
        known = db.execute("SELECT FROM members WHERE id = %s AND removed_at IS NULL FOR SHARE", (member_id,))
        if known.fetchone() is None:
            raise RequestRefusedError(RequestRefusal.NOT_FOUND)
        # So that a type that stops being offered at this moment is not offered, or asked for before.
        offered = db.execute("SELECT offered FROM pass_types WHERE id = %s FOR SHARE", (pass_type_id,)).fetchone()
        if offered is None or not offered[0]:
            raise RequestRefusedError(RequestRefusal.TYPE_NOT_FOUND)
        made = db.execute(
            """
            INSERT INTO pass_requests (id, member_id, pass_type_id, message) VALUES (%s, %s, %s, %s)
            ON CONFLICT DO NOTHING
            """,
            (request_id, member_id, pass_type_id, message),
        ).rowcount
        if not made and db.execute("SELECT FROM pass_requests WHERE id = %s", (request_id,)).fetchone() is None:
            raise RequestRefusedError(RequestRefusal.OPEN_ALREADY)


def withdraw_request(db: Db, request_id: UUID, member_id: MemberId) -> None:
    """Withdraw a request of this member; asked again it comes to the same.

    Raises `RequestRefusedError` with `NOT_FOUND`, and with `ANSWERED` where staff were first.
    """
    withdrawn = db.execute(
        """
        UPDATE pass_requests SET status = 'withdrawn', answered_at = statement_timestamp()
         WHERE id = %s AND member_id = %s AND status = 'open'
        """,
        (request_id, member_id),
    ).rowcount
    if withdrawn:
        return
    row = db.execute(
        "SELECT status FROM pass_requests WHERE id = %s AND member_id = %s", (request_id, member_id)
    ).fetchone()
    if row is None:
        raise RequestRefusedError(RequestRefusal.NOT_FOUND)
    if RequestStatus(row[0]) is not RequestStatus.WITHDRAWN:
        raise RequestRefusedError(RequestRefusal.ANSWERED)
