"""Who may not come any more gives no command, however good their token: the log itself is asked."""

from typing import Any
from uuid import uuid4

import pytest

from api import auth
from domain.ids import MemberId
from storage.database import Db
from storage.queries.members import find_standing
from storage.sign_ins import sign_out_everywhere
from tests.integration.api.conftest import Caller, problem
from tests.integration.studio import Member, Studio


@pytest.mark.parametrize(("column", "code"), [("suspended_at", "member_suspended"), ("removed_at", "token_invalid")])
def test_who_may_not_come_any_more_gives_no_command_however_good_their_token(
    anybody: Caller, studio: Studio, column: str, code: str
) -> None:
    session_id, nina = studio.a_session(), studio.a_member()
    her, path, body = anybody.of(nina), f"/v1/sessions/{session_id}/bookings", {"pass_id": str(nina.pass_id)}
    accepted = her.post(path, body, Idempotency_Key="before").json
    studio.db.execute(f"UPDATE members SET {column} = now() WHERE id = %s", (nina.id,))

    for key in ("before", "after"):
        problem(her.post(path, body, Idempotency_Key=key), 401, code)
    for what in ("cancellation", "acceptance"):
        problem(her.post(f"/v1/bookings/{accepted['id']}/{what}", {}, Idempotency_Key=what), 401, code)

    assert studio.db.execute("SELECT count(*) FROM commands WHERE actor_id = %s", (nina.id,)).fetchone() == (1,)


def test_who_was_signed_out_everywhere_gives_no_command_with_a_token_from_before(
    anybody: Caller, studio: Studio
) -> None:
    session_id, nina = studio.a_session(), studio.a_member()
    her = anybody.of(nina)
    accepted = her.book(session_id, Idempotency_Key="before").json
    sign_out_everywhere(studio.db, nina.id)

    for key in ("before", "after"):
        problem(her.book(session_id, Idempotency_Key=key), 401, "token_ended")
    problem(her.cancel(accepted["id"]), 401, "token_ended")

    assert studio.db.execute("SELECT count(*) FROM commands WHERE actor_id = %s", (nina.id,)).fetchone() == (1,)
    assert her.again().book(session_id, Idempotency_Key="before").json["id"] == accepted["id"]


def test_a_token_of_nobody_gives_no_command(anybody: Caller, studio: Studio) -> None:
    nobody = Member(MemberId(uuid4()), studio.a_member().pass_id)
    body = {"pass_id": str(nobody.pass_id)}

    problem(anybody.of(nobody).post(f"/v1/sessions/{studio.a_session()}/bookings", body), 401, "token_invalid")


def test_who_is_let_in_again_between_being_refused_and_being_told_is_accepted(
    anybody: Caller, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id, nina = studio.a_session(), studio.a_member()
    studio.db.execute("UPDATE members SET suspended_at = now() WHERE id = %s", (nina.id,))
    look = find_standing

    def let_in_again(db: Db, member_id: MemberId) -> Any:
        studio.db.execute("UPDATE members SET suspended_at = NULL WHERE id = %s", (nina.id,))
        return look(db, member_id)

    monkeypatch.setattr(auth, "find_standing", let_in_again)
    answer = anybody.of(nina).post(f"/v1/sessions/{session_id}/bookings", {"pass_id": str(nina.pass_id)})

    assert answer.status_code == 202
