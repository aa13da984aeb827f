"""SEATLINE_SMTP_URL and SEATLINE_MAIL_FROM: what they mean, and what is said when they make no sense."""

import pytest

from storage.settings import SettingsError
from tests.messages.telling import some_settings
from workers.providers.smtp import SmtpProvider
from workers.providers.smtp_server import Security, SmtpServer, read_smtp_url


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://127.0.0.1:25", SmtpServer("127.0.0.1", 25, Security.NONE)),
        ("smtp://mail", SmtpServer("mail", 25, Security.NONE)),
        ("smtps://mail.example.org", SmtpServer("mail.example.org", 465, Security.TLS)),
        ("smtp+starttls://mail.example.org", SmtpServer("mail.example.org", 587, Security.STARTTLS)),
        ("smtps://[::1]:1465", SmtpServer("::1", 1465, Security.TLS)),
        ("smtps://me:word@mail:465/", SmtpServer("mail", 465, Security.TLS, "me", "word")),
        (
            "smtp+starttls://me%40example.org:p%40ss%2Fw%C3%B6rd%25@mail:2525",
            SmtpServer("mail", 2525, Security.STARTTLS, "me@example.org", "p@ss/wörd%"),
        ),
    ],
)
def test_a_url_names_a_server(url: str, server: SmtpServer) -> None:
    assert read_smtp_url(url) == server


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "SEATLINE_SMTP_URL is not set"),
        ("mail.example.org", "without a scheme"),
        ("imap://mail.example.org", "not imap"),
        ("smtps://", "names no host"),
        ("smtps://mail:port", "host or port"),
        ("smtps://mail:70000", "host or port"),
        ("smtps://[::1", "host or port"),
        ("smtps://me:hush/hush@mail:465", "host or port"),
        ("smtps://me@mail:465/hush", "something follows the host"),
        ("smtps://mail:465?tls=no", "something follows the host"),
        ("smtp://me:hush@mail:25", "smtp:// would send them for everybody on the way to read"),
        ("smtps://:hush@mail", "a password but no user"),
    ],
)
def test_a_url_that_makes_no_sense_is_refused_without_showing_the_password(url: str, why: str) -> None:
    with pytest.raises(SettingsError, match="SEATLINE_SMTP_URL") as raised:
        read_smtp_url(url)

    assert why in str(raised.value)
    assert "hush" not in str(raised.value)


def test_the_password_is_not_shown_with_the_server() -> None:
    assert "hush" not in repr(read_smtp_url("smtps://me:hush@mail"))


@pytest.mark.parametrize("mail_from", ["", "Studio", "Studio <>", "studio@", "stúdio@example.org"])
def test_a_sender_that_is_no_address_is_refused(mail_from: str) -> None:
    settings = some_settings(smtp_url="smtp://127.0.0.1:25", mail_from=mail_from)

    with pytest.raises(SettingsError, match="SEATLINE_MAIL_FROM"):
        SmtpProvider.open(settings)
