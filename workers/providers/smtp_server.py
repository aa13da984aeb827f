"""Which mail server SEATLINE_SMTP_URL names, and how it is spoken to."""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from storage.settings import SettingsError

_FORM = (
    "SEATLINE_SMTP_URL must be like smtps://user:password@host:465, smtp+starttls://user:password@host:587 "
    "or smtp://host:25, with user and password percent-encoded"
)


class Security(StrEnum):
    """How the connection is kept from others: TLS from the first byte, by STARTTLS, or not at all."""

    TLS = "smtps"
    STARTTLS = "smtp+starttls"
    NONE = "smtp"


PORTS_USUAL = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server; without `user` nobody signs in."""

    host: str
    port: int
    security: Security
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """The server as people and the breaker know it."""
        return f"{self.host}:{self.port}"


def read_smtp_url(url: str) -> SmtpServer:
    """Return the server a URL names; raises `SettingsError`, which never shows the password, where it names none."""
    if not url:
        raise SettingsError(f"SEATLINE_SMTP_URL is not set. {_FORM}.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise SettingsError(f"{_FORM}; its host or port makes no sense.") from None
    try:
        security = Security(parts.scheme)
    except ValueError:
        raise SettingsError(f"{_FORM}; not {parts.scheme or 'without a scheme'}.") from None
    if not host:
        raise SettingsError(f"{_FORM}; it names no host.")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise SettingsError(f"{_FORM}; something follows the host, maybe a /, ? or # in the password.")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if security is Security.NONE and (user or password):
        raise SettingsError(
            "SEATLINE_SMTP_URL has a user or password, but smtp:// would send them for everybody on the way to read. "
            "Use smtps:// or smtp+starttls://."
        )
    if password and not user:
        raise SettingsError(f"{_FORM}; it has a password but no user.")
    return SmtpServer(host, port or PORTS_USUAL[security], security, user, password)
