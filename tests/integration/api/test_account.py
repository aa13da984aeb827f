from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis

from domain.ids import MemberId
from storage.accounts import change_password_hash
from storage.settings import settings
from storage.sign_ins import begin_sign_in, sign_out_everywhere
from tests.integration.api.conftest import Caller, Frames, app_with, problem
from tests.integration.passwords import PASSWORD
from tests.integration.studio import Member, Studio

PATH = "/v1/me/password"
NEW = "four other words entirely"
BODY = {"current_password": PASSWORD, "new_password": NEW}


@pytest.fixture
def me(anybody: Caller, nina: Member) -> Caller:
    return anybody.of(nina)


def signs_in(me: Caller, password: str) -> bool:
    assert me.member is not None
    answer = me.post("/v1/tokens", {"email": f"{me.member.id}@example.test", "password": password})
    return bool(answer.status_code == 201)


def test_the_new_password_signs_in_and_the_old_one_no_more(me: Caller) -> None:
    answer = me.post(PATH, BODY)

    assert (answer.status_code, answer.data, answer.content_type) == (204, b"", None)
    assert (signs_in(me, NEW), signs_in(me, PASSWORD)) == (True, False)


def test_every_browser_of_mine_is_signed_out_and_nobody_elses(me: Caller, studio: Studio, nina: Member) -> None:
    other = studio.a_member()
    for member in (nina, nina, other):
        begin_sign_in(studio.db, member.id, secret_hash=uuid4().bytes, device="a browser")

    me.post(PATH, BODY)

    kept = studio.db.execute(
        "SELECT member_id FROM sign_ins WHERE member_id = ANY(%s)", ([nina.id, other.id],)
    ).fetchall()
    assert kept == [(other.id,)]


def test_a_token_issued_before_ends_and_one_issued_after_lets_in(me: Caller, nina: Member) -> None:
    body = {"email": f"{nina.id}@example.test", "password": NEW}
    me.post(PATH, BODY)

    problem(me.get("/v1/me"), 401, "token_ended")
    token = me.post("/v1/tokens", body).json["access_token"]
    after = replace(me, member=None)
    assert after.get("/v1/me", Authorization=f"Bearer {token}").json["id"] == str(nina.id)


def test_a_wrong_password_changes_nothing_and_signs_nobody_out(me: Caller, studio: Studio, nina: Member) -> None:
    begin_sign_in(studio.db, nina.id, secret_hash=uuid4().bytes, device="a browser")

    problem(me.post(PATH, {**BODY, "current_password": "wrong"}), 403, "password_wrong")

    assert signs_in(me, PASSWORD)
    assert studio.db.execute("SELECT count(*) FROM sign_ins WHERE member_id = %s", (nina.id,)).fetchone() == (1,)


def test_a_member_without_a_password_has_none_to_change(anybody: Caller, studio: Studio) -> None:
    caller = anybody.of(studio.a_member())

    problem(caller.post(PATH, BODY), 403, "password_wrong")

    assert not signs_in(caller, NEW)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"new_password": "nine char"}, "new_password"),
        ({"new_password": "a" * 1025}, "new_password"),
        ({"new_password": None}, "new_password"),
        ({"new_password": 1234567890}, "new_password"),
        ({"new_password": "\ud800" * 10}, "new_password"),
        ({"current_password": ""}, "current_password"),
        ({"current_password": ["a"]}, "current_password"),
        ({"email": "nina@example.test"}, "email"),
    ],
)
def test_bad_input_names_its_field_and_changes_nothing(me: Caller, change: dict[str, Any], field: str) -> None:
    errors = problem(me.post(PATH, {**BODY, **change}), 422, "invalid_input")["errors"]

    assert list(errors) == [field]
    assert signs_in(me, PASSWORD)


@pytest.mark.parametrize(
    "password", ["a" * 10, "a" * 1024, "пароль із слів", "\x00 control \x1f", "  blanks  around  "]
)
def test_any_text_that_is_long_enough_is_a_password(me: Caller, password: str) -> None:
    assert me.post(PATH, {**BODY, "new_password": password}).status_code == 204

    me = me.again()
    problem(me.post(PATH, {**BODY, "current_password": "x" + password[1:]}), 403, "password_wrong")
    assert me.post(PATH, {"current_password": password, "new_password": NEW}).status_code == 204


def test_too_many_attempts_wait_apart_from_those_to_sign_in(me: Caller, redis: Redis) -> None:
    for _ in range(settings().sign_in_attempts_max):
        problem(me.post(PATH, {**BODY, "current_password": "wrong"}), 403, "password_wrong")

    answer = me.post(PATH, BODY)

    problem(answer, 429, "too_many_attempts")
    assert int(answer.headers["Retry-After"]) > 0
    assert signs_in(me, PASSWORD)


def test_changing_it_clears_the_count(me: Caller, redis: Redis) -> None:
    for _ in range(settings().sign_in_attempts_max - 1):
        me.post(PATH, {**BODY, "current_password": "wrong"})

    assert me.post(PATH, BODY).status_code == 204

    assert all(me.again(by).post(PATH, {**BODY, "current_password": NEW}).status_code == 204 for by in (1, 2))


def test_of_two_changes_at_once_only_one_is_made(me: Caller, nina: Member) -> None:
    callers = [Caller(me.http.application.test_client(), settings(), nina) for _ in range(2)]
    words = ["the first new one", "the second new one"]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one, new: one.post(PATH, {**BODY, "new_password": new}), callers, words))

    assert sorted(answer.status_code for answer in answers) == [204, 403]
    assert [signs_in(me, new) for new in words] == [answer.status_code == 204 for answer in answers]


def test_the_change_asked_again_after_a_lost_answer_has_been_made(studio: Studio, nina: Member) -> None:
    row = studio.db.execute("SELECT password_hash FROM members WHERE id = %s", (nina.id,)).fetchone()
    assert row is not None

    answers = [change_password_hash(studio.db, nina.id, before=row[0], after="new") for _ in range(2)]

    assert answers == [1, 2]
    assert change_password_hash(studio.db, nina.id, before=row[0], after="another") is None


def test_without_redis_the_password_is_changed_all_the_same(studio: Studio, nina: Member, closed_port: int) -> None:
    broken = replace(settings(), redis_url=f"redis://127.0.0.1:{closed_port}/0")
    with app_with(broken) as app:
        answer = Caller(app.test_client(), settings(), nina).post(PATH, BODY)

    assert answer.status_code == 204


def test_without_a_token_nothing_is_asked(anybody: Caller) -> None:
    problem(anybody.post(PATH, {}), 401, "token_missing")


def test_the_token_of_a_member_who_is_gone_is_not_valid(anybody: Caller) -> None:
    gone = anybody.of(Member(MemberId(uuid4()), None))  # type: ignore[arg-type] # no pass is asked for

    problem(gone.post(PATH, BODY), 401, "token_invalid")


def test_signing_out_everywhere_ends_my_tokens_and_browsers_and_nobody_elses(
    me: Caller, studio: Studio, nina: Member
) -> None:
    other = studio.a_member()
    for member in (nina, other):
        begin_sign_in(studio.db, member.id, secret_hash=uuid4().bytes, device="a browser")

    answer = me.delete("/v1/me/sign-ins")

    assert (answer.status_code, answer.data, answer.content_type) == (204, b"", None)
    problem(me.get("/v1/me"), 401, "token_ended")
    problem(me.delete("/v1/me/sign-ins"), 401, "token_ended")
    assert me.of(other).get("/v1/me").status_code == 200
    kept = studio.db.execute(
        "SELECT member_id FROM sign_ins WHERE member_id = ANY(%s)", ([nina.id, other.id],)
    ).fetchall()
    assert kept == [(other.id,)]
    assert signs_in(me, PASSWORD)


def test_an_open_stream_of_who_is_signed_out_everywhere_ends_and_a_later_one_goes_on(
    me: Caller, nina: Member, studio: Studio, listen: Any
) -> None:
    before: Frames = listen(me.stream())
    before.next()
    sign_out_everywhere(studio.db, nina.id)
    after: Frames = listen(me.again().stream())
    after.next()

    with pytest.raises(StopIteration):
        while True:
            before.next()
    session_id = studio.a_session()
    studio.book(session_id, nina)
    studio.serve(session_id)
    assert after.next_state("booking")["status"] == "confirmed"
