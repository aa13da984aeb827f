"""Links lead to the right page, and only an unforged token unsubscribes."""

from base64 import urlsafe_b64decode
from hashlib import sha256

import pytest
from itsdangerous import URLSafeSerializer

from domain.notices import OPEN_KINDS, WITH_A_LINK, NoticeKind
from tests.builders import an_id
from tests.messages.telling import MEMBER, a_told_notice, some_settings
from workers.messages.links import (
    bookings_url,
    host_of,
    page_url,
    password_secret,
    password_url,
    read_password_secret,
    read_unsubscribe,
    unsubscribe_url,
)

PREFIX = "https://book.example.com/unsubscribe/"


def a_token(kind: NoticeKind = NoticeKind.REMINDER) -> str:
    return unsubscribe_url(some_settings(), MEMBER, kind).removeprefix(PREFIX)


@pytest.mark.parametrize("kind", OPEN_KINDS)
def test_a_token_names_the_member_and_the_kind(kind: NoticeKind) -> None:
    assert read_unsubscribe(some_settings(), a_token(kind)) == (MEMBER, kind)


def test_a_token_can_stand_in_a_url_as_it_is() -> None:
    assert set(a_token()) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "x",
        a_token()[:-1],
        "A" + a_token(),
        a_token(NoticeKind.PROMOTED).split(".")[0] + "." + a_token().split(".")[1],
        URLSafeSerializer("a secret of the tests").dumps([MEMBER.hex, "reminder"]),
        URLSafeSerializer("another secret", salt="seatline.unsubscribe").dumps([MEMBER.hex, "reminder"]),
        "\x00é.ü",
    ],
)
def test_a_forged_token_unsubscribes_nobody(forged: str) -> None:
    assert read_unsubscribe(some_settings(), forged) is None


def test_a_token_of_another_installation_unsubscribes_nobody() -> None:
    assert read_unsubscribe(some_settings(secret_key="another secret"), a_token()) is None


def test_a_token_of_a_kind_that_no_longer_exists_unsubscribes_nobody() -> None:
    signer = {"digest_method": sha256}
    serializer = URLSafeSerializer("a secret of the tests", salt="seatline.unsubscribe", signer_kwargs=signer)
    still_good, of_old = (serializer.dumps([MEMBER.hex, kind]) for kind in ("reminder", "a kind of old"))

    assert read_unsubscribe(some_settings(), still_good) == (MEMBER, NoticeKind.REMINDER)
    assert read_unsubscribe(some_settings(), of_old) is None


def test_what_speaks_of_a_session_leads_there_and_what_speaks_of_a_pass_to_the_passes() -> None:
    of_a_session, of_a_pass = a_told_notice(NoticeKind.PROMOTED), a_told_notice(NoticeKind.PASS_RUNNING_LOW)
    assert of_a_session.booking is not None
    id_ = of_a_session.booking.session.training_session.id

    assert page_url(some_settings(), of_a_session) == f"https://book.example.com/sessions/{id_}"
    assert page_url(some_settings(), of_a_pass) == "https://book.example.com/passes"
    assert bookings_url(some_settings()) == "https://book.example.com/bookings"


@pytest.mark.parametrize(
    ("api_url", "host"),
    [
        ("https://book.example.com:8443/app", "book.example.com"),
        ("http://127.0.0.1:8000", "127.0.0.1"),
        ("", "localhost"),
    ],
)
def test_the_host_is_that_of_the_api(api_url: str, host: str) -> None:
    assert host_of(some_settings(api_url=api_url)) == host


LINK = an_id("a link to a password")


def test_nobody_unsubscribes_from_links_to_a_password() -> None:
    for kind in WITH_A_LINK:
        assert read_unsubscribe(some_settings(), a_token(kind)) is None


def test_the_secret_of_a_link_is_the_same_each_time_and_names_it() -> None:
    secret = password_secret(some_settings(), LINK)

    assert secret == password_secret(some_settings(), LINK)
    assert read_password_secret(some_settings(), secret) == LINK
    assert password_url(some_settings(), LINK) == f"https://book.example.com/password/{secret}"
    assert set(secret) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_secret_holds_256_bits_that_the_id_does_not_tell() -> None:
    secrets = [password_secret(some_settings(secret_key=key), LINK) for key in ("one", "another")]

    proofs = [urlsafe_b64decode(secret)[16:] for secret in secrets]
    assert [len(proof) for proof in proofs] == [32, 32]
    assert proofs[0] != proofs[1]


def test_a_secret_changed_anywhere_is_none() -> None:
    secret = password_secret(some_settings(), LINK)

    for place, character in enumerate(secret):
        other = "A" if character != "A" else "B"
        assert read_password_secret(some_settings(), secret[:place] + other + secret[place + 1 :]) is None


@pytest.mark.parametrize(
    "garbage", ["", "x", "A" * 64, "=" * 64, "\x00" * 64, "é" * 64, "ф" * 64, "A" * 63, "A" * 65, "A" * 5000, "+/" * 32]
)
def test_garbage_is_no_secret(garbage: str) -> None:
    assert read_password_secret(some_settings(), garbage) is None


def test_a_secret_with_something_added_or_cut_off_is_none() -> None:
    secret = password_secret(some_settings(), LINK)

    for other in (secret[:-1], secret + "A", secret + "=", " " + secret, secret + "\n", secret[:-1] + "\n"):
        assert read_password_secret(some_settings(), other) is None


def test_with_another_key_every_link_ends() -> None:
    secret = password_secret(some_settings(), LINK)

    assert read_password_secret(some_settings(secret_key="another secret"), secret) is None


def test_other_channels_than_mail_are_never_given_the_secret() -> None:
    for kind in WITH_A_LINK:
        assert page_url(some_settings(), a_told_notice(kind)) == "https://book.example.com/passes"
