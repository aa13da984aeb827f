"""A password for who has none or has forgotten it: asking for a link, looking at one, using one."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis

from domain.password_links import OPEN_RESETS_MAX
from storage.identifiers import new_id
from storage.settings import settings
from storage.sign_ins import begin_sign_in
from tests.integration.api.conftest import Caller, app_with, problem
from tests.integration.links import a_reset, address_of, an_invitation, expire, links_of, mails_of, states_of
from tests.integration.passwords import PASSWORD
from tests.integration.studio import Member, Studio
from workers.messages.links import password_secret
from workers.queues import QueueName

ASK, LOOK, SET = "/v1/password-resets", "/v1/password-links", "/v1/passwords"
NEW = "four other words entirely"


def signs_in(caller: Caller, member: Member, password: str) -> bool:
    answer = caller.post("/v1/tokens", {"email": address_of(member), "password": password})
    return bool(answer.status_code == 201)


def set_by(caller: Caller, secret: str, password: str = NEW) -> Any:
    return caller.post(SET, {"secret": secret, "new_password": password})


def test_a_known_and_an_unknown_address_are_answered_alike_byte_by_byte(
    anybody: Caller, studio: Studio, nina: Member
) -> None:
    known, unknown = (
        anybody.post(ASK, {"email": address_of(nina)}),
        anybody.post(ASK, {"email": f"{uuid4()}@example.test"}),
    )

    assert (known.status_code, known.json) == (202, {"expires_in": 3600})
    assert (unknown.status, unknown.data, list(unknown.headers)) == (known.status, known.data, list(known.headers))
    assert states_of(studio.db, nina) == [("reset", None)]
    assert mails_of(studio.db, nina) == [("password_reset", "email", address_of(nina), "due")]


@pytest.mark.parametrize("whose", ["known", "unknown"])
def test_a_worker_is_called_for_the_mail_whether_or_not_there_is_one(
    anybody: Caller, nina: Member, redis: Redis, whose: str
) -> None:
    anybody.post(ASK, {"email": address_of(nina) if whose == "known" else "nobody@example.test"})

    assert redis.llen(QueueName.NOTIFICATIONS) == 1


def test_the_address_is_found_in_other_case_and_between_blanks(anybody: Caller, studio: Studio, nina: Member) -> None:
    anybody.post(ASK, {"email": f"  {address_of(nina).upper()} "})

    assert len(links_of(studio.db, nina)) == 1


def test_who_floods_a_mailbox_is_stopped_and_answered_as_before(anybody: Caller, studio: Studio, nina: Member) -> None:
    answers = [anybody.post(ASK, {"email": address_of(nina)}) for _ in range(settings().sign_in_attempts_max)]

    assert {(answer.status_code, answer.data) for answer in answers} == {(202, answers[0].data)}
    assert len(mails_of(studio.db, nina)) == OPEN_RESETS_MAX


@pytest.mark.parametrize("whose", ["known", "unknown"])
def test_too_many_attempts_wait_whether_or_not_the_address_is_known(anybody: Caller, nina: Member, whose: str) -> None:
    body = {"email": address_of(nina) if whose == "known" else "nobody@example.test"}
    for _ in range(settings().sign_in_attempts_max):
        assert anybody.post(ASK, body).status_code == 202

    answer = anybody.post(ASK, body)

    problem(answer, 429, "too_many_attempts")
    assert int(answer.headers["Retry-After"]) > 0


def test_one_address_cannot_ask_for_everybody(anybody: Caller, redis: Redis) -> None:
    most = settings().sign_in_attempts_max * 10
    redis.set("password-reset:127.0.0.1", most - 1, ex=300)

    assert anybody.post(ASK, {"email": "one@example.test"}).status_code == 202
    problem(anybody.post(ASK, {"email": "two@example.test"}), 429, "too_many_attempts")


def test_who_tried_passwords_in_vain_may_still_ask_and_after_that_sign_in(
    anybody: Caller, studio: Studio, nina: Member
) -> None:
    for _ in range(settings().sign_in_attempts_max + 1):
        signs_in(anybody, nina, "guessed")
    assert not signs_in(anybody, nina, PASSWORD)

    assert anybody.post(ASK, {"email": address_of(nina)}).status_code == 202
    (link,) = links_of(studio.db, nina)
    assert set_by(anybody, password_secret(settings(), link)).status_code == 204

    assert signs_in(anybody, nina, NEW)


def test_nobody_is_kept_from_a_new_password_by_others_who_ask_for_it(
    anybody: Caller, studio: Studio, nina: Member
) -> None:
    secret = a_reset(studio.db, nina)
    for _ in range(OPEN_RESETS_MAX + 3):
        anybody.post(ASK, {"email": address_of(nina)})

    assert set_by(anybody, secret).status_code == 204


def test_without_redis_a_link_is_made_all_the_same(studio: Studio, nina: Member, closed_port: int) -> None:
    broken = replace(settings(), redis_url=f"redis://127.0.0.1:{closed_port}/0")
    with app_with(broken) as app:
        caller = Caller(app.test_client(), settings())
        assert caller.post(ASK, {"email": address_of(nina)}).status_code == 202
        (link,) = links_of(studio.db, nina)
        assert set_by(caller, password_secret(settings(), link)).status_code == 204


def test_looking_says_for_whom_and_uses_nothing_up(anybody: Caller, studio: Studio) -> None:
    member = studio.a_member()
    secret = an_invitation(studio.db, member)

    looks = [anybody.post(LOOK, {"secret": secret}).json for _ in range(2)]

    assert looks[0] == looks[1]
    assert looks[0].pop("expires_at").endswith("Z")
    assert looks[0] == {
        "purpose": "invitation",
        "name": f"Member {member.id}",
        "email": address_of(member),
        "studio": "Studio",
        "time_zone": "Europe/Kyiv",
    }
    assert states_of(studio.db, member) == [("invitation", None)]


def test_setting_the_password_signs_out_everywhere_and_ends_tokens(
    anybody: Caller, studio: Studio, nina: Member
) -> None:
    begin_sign_in(studio.db, nina.id, secret_hash=uuid4().bytes, device="a browser")

    answer = set_by(anybody, a_reset(studio.db, nina))

    assert (answer.status_code, answer.data, answer.content_type) == (204, b"", None)
    assert (signs_in(anybody, nina, NEW), signs_in(anybody, nina, PASSWORD)) == (True, False)
    assert studio.db.execute("SELECT count(*) FROM sign_ins WHERE member_id = %s", (nina.id,)).fetchone() == (0,)
    problem(anybody.of(nina).get("/v1/me"), 401, "token_ended")
    assert anybody.of(nina).again().get("/v1/me").status_code == 200


def test_who_never_had_a_password_chooses_one(anybody: Caller, studio: Studio) -> None:
    invited, imported = studio.members(2)

    assert set_by(anybody, an_invitation(studio.db, invited)).status_code == 204
    assert set_by(anybody, a_reset(studio.db, imported)).status_code == 204

    assert signs_in(anybody, invited, NEW)
    assert signs_in(anybody, imported, NEW)


def used(caller: Caller, studio: Studio, member: Member) -> str:
    secret = a_reset(studio.db, member)
    assert set_by(caller, secret).status_code == 204
    return secret


def expired(_: Caller, studio: Studio, member: Member) -> str:
    secret = a_reset(studio.db, member)
    expire(studio.db, member)
    return secret


def of_another_key(_: Caller, studio: Studio, member: Member) -> str:
    a_reset(studio.db, member)
    return password_secret(replace(settings(), secret_key="another key"), links_of(studio.db, member)[0])


def of_no_link(*_: object) -> str:
    return password_secret(settings(), new_id())


def garbage(*_: object) -> str:
    return "né pas ☃ \x00"


def cut_off(_: Caller, studio: Studio, member: Member) -> str:
    return a_reset(studio.db, member)[:-1]


@pytest.mark.parametrize("dead", [used, expired, of_another_key, of_no_link, garbage, cut_off])
def test_whatever_ails_a_link_is_one_problem_that_says_what_to_do(
    anybody: Caller, studio: Studio, nina: Member, dead: Any
) -> None:
    secret = dead(anybody, studio, nina)
    before = studio.db.execute("SELECT password_hash FROM members WHERE id = %s", (nina.id,)).fetchone()

    looked = problem(anybody.post(LOOK, {"secret": secret}), 404, "password_link_not_valid")
    assert problem(set_by(anybody, secret, "yet another one"), 404, "password_link_not_valid") == looked

    assert "POST /v1/password-resets" in looked["detail"]
    assert studio.db.execute("SELECT password_hash FROM members WHERE id = %s", (nina.id,)).fetchone() == before


def test_of_two_uses_at_once_one_sets_the_password(anybody: Caller, studio: Studio, nina: Member) -> None:
    secret = a_reset(studio.db, nina)
    callers = [Caller(anybody.http.application.test_client(), settings()) for _ in range(2)]
    words = ["the first new one", "the second new one"]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one, new: set_by(one, secret, new), callers, words))

    assert sorted(answer.status_code for answer in answers) == [204, 404]
    assert [signs_in(anybody, nina, new) for new in words] == [answer.status_code == 204 for answer in answers]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (ASK, {}, "email"),
        (ASK, {"email": "nina"}, "email"),
        (ASK, {"email": "a@" + "b" * 300}, "email"),
        (ASK, {"email": "nina@example.test\x00"}, "email"),
        (ASK, {"email": ["nina@example.test"]}, "email"),
        (ASK, {"email": "nina@example.test", "name": "Nina"}, "name"),
        (LOOK, {"secret": ""}, "secret"),
        (LOOK, {"secret": "x" * 257}, "secret"),
        (LOOK, {"secret": 7}, "secret"),
        (SET, {"secret": "x"}, "new_password"),
        (SET, {"secret": "x", "new_password": "nine char"}, "new_password"),
        (SET, {"secret": "x", "new_password": "x" * 1025}, "new_password"),
        (SET, {"secret": "x", "new_password": "\ud800" * 10}, "new_password"),
    ],
)
def test_bad_input_names_its_field(anybody: Caller, path: str, body: dict[str, Any], field: str) -> None:
    assert list(problem(anybody.post(path, body), 422, "invalid_input")["errors"]) == [field]


@pytest.mark.parametrize("path", [ASK, LOOK, SET])
def test_huge_input_is_not_read(anybody: Caller, path: str) -> None:
    problem(anybody.post(path, {"secret": "x" * 70_000}), 413, "body_too_large")


def test_a_password_that_is_too_short_leaves_the_link_good(anybody: Caller, studio: Studio, nina: Member) -> None:
    secret = a_reset(studio.db, nina)

    problem(set_by(anybody, secret, "short"), 422, "invalid_input")

    assert set_by(anybody, secret).status_code == 204


def test_links_are_in_no_inbox_and_count_as_nothing_unread(anybody: Caller, studio: Studio, nina: Member) -> None:
    a_reset(studio.db, nina)

    inbox = anybody.of(nina).get("/v1/me/notifications").json

    assert (inbox["items"], inbox["unread"]) == ([], 0)
    assert anybody.of(nina).get("/v1/me/notifications/unread").json == {"unread": 0}
