import time
from dataclasses import replace
from uuid import uuid4

import pytest
from apiflask import APIFlask
from argon2 import extract_parameters
from itsdangerous import TimestampSigner
from redis import Redis

from api.auth import dummy_hash, hash_password, make_token, password_fits, read_token
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from domain.ids import MemberId
from storage.settings import settings
from tests.integration.api.conftest import Caller, app_with, problem
from tests.integration.passwords import PASSWORD
from tests.integration.studio import NOBODYS, Member, Studio


def email_of(member: Member) -> str:
    return f"{member.id}@example.test"


def test_a_member_signs_in_and_is_known_by_the_token(anybody: Caller, nina: Member) -> None:
    answer = anybody.post("/v1/tokens", {"email": email_of(nina).upper(), "password": PASSWORD})
    assert answer.status_code == 201
    token = answer.json
    assert token["expires_in"] == settings().token_seconds
    mine = anybody.get("/v1/me", Authorization=f"{token['token_type']} {token['access_token']}")
    assert mine.json["id"] == str(nina.id)


@pytest.mark.parametrize("whom", ["wrong password", "unknown address", "member without a password"])
def test_a_sign_in_that_fails_does_not_say_why(anybody: Caller, studio: Studio, nina: Member, whom: str) -> None:
    email = {"wrong password": email_of(nina), "unknown address": "nobody@example.test"}.get(whom)
    answer = anybody.post("/v1/tokens", {"email": email or email_of(studio.a_member()), "password": "wrong"})
    problem(answer, 401, "sign_in_failed")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="seatline"'


def test_an_unknown_address_is_checked_against_a_hash_all_the_same(
    anybody: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = []

    def verify(password_hash: str, password: str) -> bool:
        checked.append((password_hash, password))
        return False

    monkeypatch.setattr("api.auth._verify", verify)
    problem(anybody.post("/v1/tokens", {"email": "nobody@example.test", "password": "a"}), 401, "sign_in_failed")
    assert [password for _, password in checked] == ["a"]


def test_too_many_attempts_wait_until_the_window_ends(anybody: Caller, nina: Member, redis: Redis) -> None:
    for _ in range(settings().sign_in_attempts_max):
        answer = anybody.post("/v1/tokens", {"email": email_of(nina), "password": "wrong"})
        problem(answer, 401, "sign_in_failed")
    answer = anybody.post("/v1/tokens", {"email": email_of(nina), "password": PASSWORD})
    problem(answer, 429, "too_many_attempts")
    assert 0 < int(answer.headers["Retry-After"]) <= settings().sign_in_window_seconds
    assert anybody.post("/v1/tokens", {"email": "other@example.test", "password": "x"}).status_code == 401
    assert all(redis.ttl(key) > 0 for key in redis.keys("sign-in:*"))


def test_one_address_cannot_try_many_accounts_for_ever(app: APIFlask, studio: Studio) -> None:
    with app_with(replace(settings(), sign_in_attempts_max=1)) as strict:
        caller = Caller(strict.test_client(), settings())
        answers = [
            caller.post("/v1/tokens", {"email": f"{number}@example.test", "password": "x"}).status_code
            for number in range(12)
        ]
    assert answers == [401] * 10 + [429] * 2


def test_signing_in_clears_the_count(anybody: Caller, nina: Member, redis: Redis) -> None:
    for _ in range(settings().sign_in_attempts_max - 1):
        anybody.post("/v1/tokens", {"email": email_of(nina), "password": "wrong"})
    for _ in range(3):
        assert anybody.post("/v1/tokens", {"email": email_of(nina), "password": PASSWORD}).status_code == 201
    assert {redis.ttl(key) > 0 for key in redis.keys("sign-in:*")} == {True}


def test_without_redis_members_sign_in_and_each_process_limits_attempts(
    studio: Studio, nina: Member, closed_port: int
) -> None:
    broken = replace(settings(), redis_url=f"redis://127.0.0.1:{closed_port}/0", sign_in_attempts_max=1)
    with app_with(broken) as app:
        caller = Caller(app.test_client(), settings())
        answers = [
            caller.post("/v1/tokens", {"email": email_of(nina), "password": password})
            for password in (PASSWORD, PASSWORD, PASSWORD, "wrong", PASSWORD)
        ]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 401, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= settings().sign_in_window_seconds


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "token_missing"),
        ("Bearer nonsense", "token_invalid"),
        ("Bearer é", "token_invalid"),
        ("Basic bmluYTpzZWNyZXQ=", "token_invalid"),
    ],
)
def test_what_is_no_token_lets_nobody_in(anybody: Caller, header: str, code: str) -> None:
    answer = anybody.get("/v1/me", Authorization=header)
    problem(answer, 401, code)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_signed_with_another_key_or_changed_is_forged(anybody: Caller, nina: Member) -> None:
    forged = make_token(replace(settings(), secret_key="another key"), nina.id)
    problem(anybody.get("/v1/me", Authorization=f"Bearer {forged}"), 401, "token_invalid")
    changed = make_token(settings(), nina.id)[:-2] + "xx"
    problem(anybody.get("/v1/me", Authorization=f"Bearer {changed}"), 401, "token_invalid")


def test_an_expired_token_is_told_to_sign_in_again(studio: Studio, nina: Member) -> None:
    with app_with(replace(settings(), token_seconds=-1)) as app:
        caller = Caller(app.test_client(), settings()).of(nina)
        answer = caller.get("/v1/me")
    problem(answer, 401, "token_expired")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(("hours_ahead", "status"), [(1, 200), (13, 401)])
def test_a_process_whose_clock_is_behind_lets_in_whom_another_one_signed_in_just_now(
    anybody: Caller, nina: Member, monkeypatch: pytest.MonkeyPatch, hours_ahead: int, status: int
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(TimestampSigner, "get_timestamp", lambda _: int(time.time()) + 3600 * hours_ahead)
        token = make_token(settings(), nina.id)

    assert anybody.get("/v1/me", Authorization=f"Bearer {token}").status_code == status


def test_a_bad_token_is_refused_also_where_none_is_needed(anybody: Caller) -> None:
    assert anybody.get("/v1/sessions").status_code == 200
    problem(anybody.get("/v1/sessions", Authorization="Bearer nonsense"), 401, "token_invalid")


def test_the_token_of_a_member_who_is_gone_shows_nobody(anybody: Caller) -> None:
    gone = anybody.of(Member(MemberId(uuid4()), None))  # type: ignore[arg-type] # no pass is asked for
    problem(gone.get("/v1/me"), 401, "token_invalid")


def test_the_token_is_looked_at_before_the_input(anybody: Caller, studio: Studio) -> None:
    problem(anybody.post(f"/v1/sessions/{studio.a_session()}/bookings", {"x": 1}), 401, "token_missing")


@pytest.mark.parametrize("sent", ["unknown field", "no such booking", "too large"])
def test_who_may_not_come_is_told_nothing_of_what_they_sent(anybody: Caller, studio: Studio, sent: str) -> None:
    nina = studio.a_member()
    path, body = {
        "unknown field": (f"/v1/sessions/{studio.a_session()}/bookings", {"x": 1}),
        "no such booking": (f"/v1/bookings/{uuid4()}/cancellation", {}),
        "too large": (f"/v1/sessions/{studio.a_session()}/bookings", {"x": "y" * settings().body_bytes_max}),
    }[sent]
    assert anybody.of(nina).post(path, body).status_code in {404, 413, 422}

    studio.db.execute("UPDATE members SET suspended_at = now() WHERE id = %s", (nina.id,))

    problem(anybody.of(nina).post(path, body), 401, "member_suspended")


def test_a_hash_that_no_password_fits_is_as_long_to_check_as_a_real_one() -> None:
    real = extract_parameters(hash_password("orchid-quartz-orchid-meadow-50"))

    assert extract_parameters(dummy_hash()) == real
    assert not password_fits(None, "orchid-quartz-orchid-meadow-50")
    assert not password_fits(dummy_hash(), "")


def test_a_token_that_was_checked_before_expires_and_stays_forged() -> None:
    now = settings()
    token = make_token(now, MemberId(NOBODYS))
    assert read_token(now, token).member_id == NOBODYS

    with pytest.raises(ProblemError) as expired:
        read_token(replace(now, token_seconds=-1), token)
    with pytest.raises(ProblemError) as forged:
        read_token(replace(now, secret_key="another key, " * 4), token)

    assert (expired.value.code, forged.value.code) == (ProblemCode.TOKEN_EXPIRED, ProblemCode.TOKEN_INVALID)
