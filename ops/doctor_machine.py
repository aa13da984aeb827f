"""The doctor's look at this machine: its settings, its Python, its packages against the lock."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

from packaging.markers import Marker

from ops.finding import Finding
from ops.stack import PROJECT
from storage.settings import Settings

LOCKS = (PROJECT / "requirements.lock", PROJECT / "requirements-dev.lock")
PYTHON_OLDEST = (3, 11)
SECRET_KEY_CHARACTERS_MIN = 32
NAMED_MAX = 5  # packages that a finding names
KNOWN_VARIABLES = frozenset(
    f"SEATLINE_{name}"
    for name in (
        "ACCESS_LOG",
        "API_WORKERS",
        "BACKLOG_MAX",
        "BIND",
        "BODY_SECONDS_MAX",
        "BROKER_PASSWORD",
        "COMMANDS_PER_MINUTE",
        "CORS_ORIGINS",
        "DATABASE_URL",
        "DATA",
        "MAIL_FOLDER",
        "MAIL_FROM",
        "NO_SEED",
        "PER_SECOND",
        "PORT",
        "PRIVATE_TARGETS",
        "PROVIDERS",
        "REDIS_URL",
        "REQUESTS_IN_HAND_MAX",
        "REQUESTS_PER_MINUTE",
        "ROLE_PASSWORDS",
        "SECRET_KEY",
        "SESSION_BACKLOG_MAX",
        "SIGN_IN_ATTEMPTS_MAX",
        "SMTP_URL",
        "STAFF_COMMANDS_PER_MINUTE",
        "TOKEN_SECONDS",
        "TRUSTED_PROXIES",
        "URL",
        "VAPID_PRIVATE_KEY",
        "VAPID_SUBJECT",
        "WORKERS",
    )
)
"""Every variable that some part reads; any other is a slip of the pen."""


def examine(settings: Settings, environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Yield what is found without asking any server."""
    yield _settings(settings, environment)
    yield _python()
    yield _packages(LOCKS)


def _settings(settings: Settings, environment: Mapping[str, str]) -> Finding:
    """Look at what can be set wrong and still be read; what cannot be read ends every command with a sentence."""
    unread = sorted(
        name
        for name in environment
        if name.startswith("SEATLINE_") and not name.startswith("SEATLINE_TEST_") and name not in KNOWN_VARIABLES
    )
    advice = [f"Nobody reads {name}: correct its name, or take it away." for name in unread]
    if len(settings.secret_key) < SECRET_KEY_CHARACTERS_MIN:
        advice.append(
            f"SEATLINE_SECRET_KEY has fewer than {SECRET_KEY_CHARACTERS_MIN} characters and may be guessed: make one "
            'with `python3 -c "import secrets; print(secrets.token_urlsafe(48))"`. Whoever is signed in signs in again.'
        )
    address = urlsplit(settings.api_url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        advice.append("SEATLINE_URL must be like https://studio.example: members' mails link to it.")
    found = f"{len(advice)} to correct" if advice else f"the address is {settings.api_url}"
    return Finding("settings", not advice, found, " ".join(advice))


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", sys.version_info >= PYTHON_OLDEST, found, "Use Python 3.11 or newer.")


def _packages(locks: Sequence[Path]) -> Finding:
    """Compare what is installed with the locks, by which everything was tested; it has to be as one of them says."""
    compared = [_compared(lock) for lock in locks if lock.exists()]
    if not compared:
        found = f"{locks[0]} is not there, so nobody knows"
        return Finding("packages", well=False, found=found, advice="Put the requirements.lock of this version there.")
    return next((finding for finding in compared if finding.well), compared[0])


def _compared(lock: Path) -> Finding:
    wanted = _locked(lock.read_text(encoding="utf-8"))
    other = sorted(
        f"{name} {has or 'missing'} instead of {version}"
        for name, version in wanted.items()
        if (has := _installed(name)) != version
    )
    found = f"{len(wanted) - len(other)} of {len(wanted)} as {lock.name} says"
    if other:
        found += "; " + ", ".join(other[:NAMED_MAX]) + f" and {len(other) - NAMED_MAX} more" * (len(other) > NAMED_MAX)
    advice = "Install them: `pip install --no-deps --require-hashes -r requirements.lock`."
    return Finding("packages", not other, found, advice)


def _locked(text: str) -> dict[str, str]:
    """Return name and version of each package that the lock wants on a machine like this one."""
    wanted = {}
    for line in text.splitlines():
        pinned, _, marker = line.rstrip(" \\").partition(";")
        name, equals, version = pinned.strip().partition("==")
        if equals and not name.startswith("#") and (not marker.strip() or Marker(marker.strip()).evaluate()):
            wanted[name] = version
    return wanted


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
