"""The settings of every process, read once from the environment.

A running local stack writes its addresses to `<data>/stack.json`, with the variables about notifications that its
processes have; a command line beside it finds them there, so that `seatline import` works without any variable set.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from storage.process_roles import Process

PROVIDERS_USUAL = {"email": "smtp", "push": "web_push", "webhook": "webhook"}
_ENCODED = ", with signs like / # ? @ in a password as %2F %23 %3F %40"


Network = IPv4Network | IPv6Network


class SettingsError(Exception):
    """A setting is missing or makes no sense; the sentence names the variable and what to do."""


@dataclass(frozen=True)
class Settings:
    """Where things are and what the limits are. Durations are in seconds, sizes in bytes.

    `providers` names for each channel who serves it, `per_second` how many deliveries of a channel may go out in a
    second, all workers together. `private_targets` lets webhooks and push endpoints lie in the private network.
    `X-Forwarded-For` is believed of a proxy in one of the `trusted_proxies` alone.
    What one member may ask for in a minute is counted by each API process, and so are the requests it has in hand.
    `backlog_max` and `session_backlog_max` are how many commands may wait, in all and in one session, before members'
    are turned away.
    `role_passwords` are those with which `seatline migrate` makes the roles of the processes. What holds a secret is
    left out where settings are shown, as in a log.
    """

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    api_url: str
    data: Path
    cors_origins: tuple[str, ...] = ()
    providers: Mapping[str, str] = field(default_factory=lambda: dict(PROVIDERS_USUAL))
    per_second: Mapping[str, int] = field(default_factory=dict)
    smtp_url: str = field(default="", repr=False)
    mail_from: str = ""
    mail_folder: Path | None = None
    vapid_private_key: str = field(default="", repr=False)
    vapid_subject: str = ""
    private_targets: bool = False
    role_passwords: Mapping[Process, str] = field(default_factory=dict, repr=False)
    token_seconds: int = 12 * 3600
    body_bytes_max: int = 64 * 1024
    body_seconds_max: int = 30
    page_size_max: int = 200
    wait_seconds_max: int = 30
    sign_in_attempts_max: int = 10
    sign_in_window_seconds: int = 300
    trusted_proxies: tuple[Network, ...] = ()
    requests_in_hand_max: int = 500
    requests_per_minute: int = 600
    commands_per_minute: int = 60
    staff_commands_per_minute: int = 600
    backlog_max: int = 100_000
    session_backlog_max: int = 25_000

    @property
    def is_encrypted(self) -> bool:
        """Whether browsers reach the studio by https."""
        return self.api_url.startswith("https:")


@cache
def settings() -> Settings:
    """Return this process's settings; raises `SettingsError` where one is missing."""
    return read_settings(dict(os.environ))


def read_settings(environment: dict[str, str]) -> Settings:
    """Read the settings from these variables, and what they leave out from a running local stack."""
    data = Path(environment.get("SEATLINE_DATA", ".seatline")).absolute()
    stack = _running_stack(data)
    environment = {**stack.get("environment", {}), **environment}

    def needed(variable: str, key: str) -> str:
        value = environment.get(variable) or stack.get(key)
        if not value:
            raise SettingsError(
                f"{variable} is not set, and no local stack is running on {data}. "
                f"Start one with `python3 run.py`, or set {variable}."
            )
        return str(value)

    port = environment.get("SEATLINE_PORT", "8000")
    return Settings(
        database_url=_database_url(needed("SEATLINE_DATABASE_URL", "database_url")),
        redis_url=_redis_url(needed("SEATLINE_REDIS_URL", "redis_url")),
        secret_key=needed("SEATLINE_SECRET_KEY", "secret_key"),
        api_url=environment.get("SEATLINE_URL") or stack.get("url") or f"http://127.0.0.1:{port}",
        data=data,
        cors_origins=tuple(environment.get("SEATLINE_CORS_ORIGINS", "").split()),
        token_seconds=_number(environment, "SEATLINE_TOKEN_SECONDS", Settings.token_seconds),
        sign_in_attempts_max=_number(environment, "SEATLINE_SIGN_IN_ATTEMPTS_MAX", Settings.sign_in_attempts_max),
        body_seconds_max=_number(environment, "SEATLINE_BODY_SECONDS_MAX", Settings.body_seconds_max),
        trusted_proxies=_networks(environment, "SEATLINE_TRUSTED_PROXIES"),
        requests_in_hand_max=_number(environment, "SEATLINE_REQUESTS_IN_HAND_MAX", Settings.requests_in_hand_max),
        requests_per_minute=_number(environment, "SEATLINE_REQUESTS_PER_MINUTE", Settings.requests_per_minute),
        commands_per_minute=_number(environment, "SEATLINE_COMMANDS_PER_MINUTE", Settings.commands_per_minute),
        staff_commands_per_minute=_number(
            environment, "SEATLINE_STAFF_COMMANDS_PER_MINUTE", Settings.staff_commands_per_minute
        ),
        backlog_max=_number(environment, "SEATLINE_BACKLOG_MAX", Settings.backlog_max),
        session_backlog_max=_number(environment, "SEATLINE_SESSION_BACKLOG_MAX", Settings.session_backlog_max),
        providers={**PROVIDERS_USUAL, **_pairs(environment, "SEATLINE_PROVIDERS")},
        per_second=_numbers(environment, "SEATLINE_PER_SECOND"),
        smtp_url=environment.get("SEATLINE_SMTP_URL", ""),
        mail_from=environment.get("SEATLINE_MAIL_FROM", ""),
        mail_folder=Path(folder) if (folder := environment.get("SEATLINE_MAIL_FOLDER")) else None,
        vapid_private_key=environment.get("SEATLINE_VAPID_PRIVATE_KEY", ""),
        vapid_subject=environment.get("SEATLINE_VAPID_SUBJECT", ""),
        private_targets=environment.get("SEATLINE_PRIVATE_TARGETS", "") == "1",
        role_passwords=_role_passwords(environment),
    )


def _database_url(text: str) -> str:
    """Return the address if it can be read; else it is never repeated, as libpq would do, password and all."""
    try:
        conninfo_to_dict(text)
    except psycopg.ProgrammingError:
        form = "postgresql://user:password@host:5432/database"
        raise SettingsError(f"SEATLINE_DATABASE_URL cannot be read: write it as {form}{_ENCODED}.") from None
    return text


def _redis_url(text: str) -> str:
    """Return the address if it can be read; else it is never repeated."""
    try:
        parts = urlsplit(text)
        readable = parts.scheme in {"redis", "rediss"} and parts.port != 0
    except ValueError:
        readable = False
    if not readable:
        form = "redis://:password@host:6379/0, or rediss:// with TLS"
        raise SettingsError(f"SEATLINE_REDIS_URL cannot be read: write it as {form}{_ENCODED}.")
    return text


def _running_stack(data: Path) -> dict[str, Any]:
    try:
        stack: dict[str, Any] = json.loads((data / "stack.json").read_text())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{data / 'stack.json'} cannot be read ({error}); is it somebody else's stack?") from None
    return stack


def _pairs(environment: dict[str, str], variable: str) -> dict[str, str]:
    """Read `email=smtp push=web_push`: a channel and its value, separated by spaces."""
    pairs = {}
    for word in environment.get(variable, "").split():
        channel, equals, value = word.partition("=")
        if channel not in PROVIDERS_USUAL or not equals or not value:
            channels = ", ".join(PROVIDERS_USUAL)
            raise SettingsError(
                f"{variable} must be like `email=...`, for one of the channels {channels}; not {word!r}."
            )
        pairs[channel] = value
    return pairs


def _role_passwords(environment: dict[str, str]) -> dict[Process, str]:
    """Read `api=... worker=... notifier=...`; a password without an owner is never repeated, as it may be one."""
    variable = "SEATLINE_ROLE_PASSWORDS"
    passwords = {}
    for word in environment.get(variable, "").split():
        process, _, password = word.partition("=")
        if process not in set(Process) or not password:
            raise SettingsError(
                f"{variable} must be like `{' '.join(f'{one}=...' for one in Process)}`, without spaces."
            )
        passwords[Process(process)] = password
    return passwords


def _numbers(environment: dict[str, str], variable: str) -> dict[str, int]:
    pairs = _pairs(environment, variable)
    for channel, value in pairs.items():
        if not value.isdecimal() or int(value) < 1:
            raise SettingsError(f"{variable} must give whole numbers above zero, not {channel}={value}.")
    return {channel: int(value) for channel, value in pairs.items()}


def _networks(environment: dict[str, str], variable: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(word) for word in environment.get(variable, "").split())
    except ValueError as error:
        raise SettingsError(
            f"{variable} must be networks like 10.0.0.0/8 or addresses, with blanks between; {error}."
        ) from None


def _number(environment: dict[str, str], variable: str, default: int) -> int:
    text = environment.get(variable, "")
    if not text:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise SettingsError(f"{variable} must be a whole number above zero, not {text!r}.")
    return int(text)
