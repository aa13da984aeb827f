"""What the doctor says of notifications. What it says of servers and workers is in test_cli.py and the e2e tests."""

import gc
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace as with_changed
from pathlib import Path
from typing import Any

import pytest
import trustme

from domain.channels import Channel
from ops.doctor_notifications import LATE_SECONDS, examine
from ops.finding import Finding
from storage.database import Db
from storage.deliveries import forget_addresses
from storage.notices import relay
from storage.settings import settings
from storage.webhooks import add_webhook
from tests.integration.providers.mail_server import PASSWORD, USER, MailServer
from tests.integration.providers.server_thread import HOST, ServerThread
from tests.integration.studio import Studio
from workers.providers.smtp_server import Security
from workers.providers.vapid import new_vapid_private_key


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    authority = trustme.CA()
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(file)
    return authority, file


@contextmanager
def mail_server(authority: trustme.CA) -> Iterator[MailServer]:
    """Run a mail server that wants STARTTLS and a sign-in."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(tls)
    thread = ServerThread()
    server = MailServer(thread, Security.STARTTLS, tls=tls, password=PASSWORD)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        thread.close()
        gc.collect()  # a socket that the doctor left open is told of now, not in some later test


def findings(**changes: Any) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(with_changed(settings(), **changes))}


def by_smtp(url: str) -> dict[str, Any]:
    return {
        "providers": {"email": "smtp", "push": "console", "webhook": "webhook"},
        "smtp_url": url,
        "mail_from": "Studio <studio@example.test>",
    }


def test_a_mail_server_that_takes_the_sign_in_is_well_and_is_sent_nothing(
    db: Db, authority: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))

    with mail_server(authority[0]) as server:
        mail = findings(**by_smtp(server.url))["mail"]

    assert mail.well, mail
    assert f"{HOST}:{server.port} answers, signed in as {USER}" in mail.found
    assert server.mails == []


def test_a_wrong_password_is_told_and_never_shown(
    db: Db, authority: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))

    with mail_server(authority[0]) as server:
        mail = findings(**by_smtp(f"smtp+starttls://studio:guessed@{HOST}:{server.port}"))["mail"]

    assert not mail.well
    assert "refuses the sign-in as 'studio'" in mail.found
    assert "guessed" not in mail.found + mail.advice


def test_a_certificate_nobody_vouches_for_is_told(db: Db, authority: tuple[trustme.CA, Path]) -> None:
    with mail_server(authority[0]) as server:
        mail = findings(**by_smtp(server.url))["mail"]

    assert not mail.well
    assert "no safe connection" in mail.found


def test_a_mail_server_that_is_away_is_told(db: Db) -> None:
    mail = findings(**by_smtp("smtp://127.0.0.1:9"))["mail"]

    assert not mail.well
    assert "127.0.0.1:9" in mail.found
    assert "SEATLINE_SMTP_URL" in mail.advice


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"smtp_url": ""}, "SEATLINE_SMTP_URL is not set"),
        ({"smtp_url": "mail.example.test"}, "SEATLINE_SMTP_URL must be like"),
        ({"mail_from": "nobody"}, "SEATLINE_MAIL_FROM"),
        ({"providers": {"email": "pigeon", "push": "console", "webhook": "webhook"}}, "it must be one of"),
    ],
)
def test_what_is_set_up_wrong_is_named(db: Db, changes: dict[str, Any], why: str) -> None:
    mail = findings(**{**by_smtp("smtp://127.0.0.1:9"), **changes})["mail"]

    assert not mail.well
    assert why in mail.found


def test_a_mail_folder_must_be_writable(db: Db, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    providers = {"email": "folder", "push": "console", "webhook": "webhook"}

    well = findings(providers=providers, mail_folder=tmp_path / "data" / "mail")["mail"]
    in_a_file = findings(providers=providers, mail_folder=tmp_path / "file" / "mail")["mail"]

    assert well.well, well
    assert str(tmp_path / "data" / "mail") in well.found
    assert list((tmp_path / "data" / "mail").iterdir()) == []
    assert not in_a_file.well
    assert "cannot be written" in in_a_file.found


@pytest.mark.parametrize(
    ("key", "found"),
    [("", "SEATLINE_VAPID_PRIVATE_KEY is not set"), ("c2hvcnQ", "SEATLINE_VAPID_PRIVATE_KEY is not a P-256")],
)
def test_push_without_a_readable_key_is_told(db: Db, key: str, found: str) -> None:
    push = findings(vapid_private_key=key)["push"]

    assert not push.well
    assert found in push.found


def test_push_with_a_key_is_well_unless_the_subject_makes_no_sense(db: Db) -> None:
    key = new_vapid_private_key()

    assert findings(vapid_private_key=key)["push"].well
    assert not findings(vapid_private_key=key, vapid_subject="us")["push"].well


def test_a_webhook_that_was_switched_off_is_named(db: Db) -> None:
    assert findings()["webhooks"].well
    add_webhook(db, url="https://one.example/", secret="s", kinds=[])
    gone = add_webhook(db, url="https://two.example/", secret="s", kinds=[])
    assert gone is not None
    assert findings()["webhooks"].well

    forget_addresses(db, Channel.WEBHOOK, [gone])
    webhooks = findings()["webhooks"]

    assert not webhooks.well
    assert "2 webhooks, 1 switched off; https://two.example/" in webhooks.found
    assert "seatline webhooks enable" in webhooks.advice


def due(studio: Studio) -> None:
    session = studio.a_session()
    for member in studio.members(2):
        studio.book(session, member)
    studio.serve(session)
    relay(studio.db, limit=100)


def test_deliveries_on_their_way_are_well(studio: Studio) -> None:
    due(studio)

    deliveries = findings()["deliveries"]

    assert deliveries.well
    assert deliveries.found == "2 due, 0 being sent, 0 failed"


def test_failed_deliveries_are_told_with_what_to_do(studio: Studio) -> None:
    due(studio)
    studio.db.execute("UPDATE deliveries SET status = 'failed', settled_at = now()")

    deliveries = findings()["deliveries"]

    assert not deliveries.well
    assert "2 by email failed" in deliveries.found
    assert "seatline deliveries retry --failed" in deliveries.advice


def test_deliveries_that_are_late_are_told_and_those_that_wait_for_their_time_are_not(studio: Studio) -> None:
    due(studio)
    studio.db.execute("UPDATE deliveries SET due_at = now() + interval '1 h'")
    assert findings()["deliveries"].well

    studio.db.execute("UPDATE deliveries SET due_at = now() - make_interval(secs => %s)", (LATE_SECONDS + 60,))
    deliveries = findings()["deliveries"]

    assert not deliveries.well
    assert "email late by 6 min" in deliveries.found
    assert "notifications" in deliveries.advice


def test_a_database_that_is_away_leaves_out_what_only_it_knows(db: Db) -> None:
    names = set(findings(database_url="postgresql://x@127.0.0.1:9/x"))

    assert names == {"mail", "push"}
