"""The settings of every process, read once from the environment.

A running local stack writes its addresses to `<data>/stack.json`; a command line beside it finds them there, so
that `seatline import` works without any variable being set.
"""

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


class SettingsError(Exception):
    """A setting is missing or makes no sense; the sentence names the variable and what to do."""


@dataclass(frozen=True)
class Settings:
    """Where things are and what the limits are. Durations are in seconds, sizes in bytes."""

    database_url: str
    redis_url: str
    secret_key: str
    api_url: str
    data: Path
    cors_origins: tuple[str, ...] = ()
    token_seconds: int = 12 * 3600
    body_bytes_max: int = 64 * 1024
    page_size_max: int = 200
    wait_seconds_max: int = 30
    sign_in_attempts_max: int = 10
    sign_in_window_seconds: int = 300


@cache
def settings() -> Settings:
    """Return this process's settings; raises `SettingsError` where one is missing."""
    return read_settings(dict(os.environ))


def read_settings(environment: dict[str, str]) -> Settings:
    """Read the settings from these variables, and what they leave out from a running local stack."""
    data = Path(environment.get("SEATLINE_DATA", ".seatline")).absolute()
    stack = _running_stack(data)

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
        database_url=needed("SEATLINE_DATABASE_URL", "database_url"),
        redis_url=needed("SEATLINE_REDIS_URL", "redis_url"),
        secret_key=needed("SEATLINE_SECRET_KEY", "secret_key"),
        api_url=environment.get("SEATLINE_URL") or stack.get("url") or f"http://127.0.0.1:{port}",
        data=data,
        cors_origins=tuple(environment.get("SEATLINE_CORS_ORIGINS", "").split()),
        token_seconds=_number(environment, "SEATLINE_TOKEN_SECONDS", Settings.token_seconds),
        sign_in_attempts_max=_number(environment, "SEATLINE_SIGN_IN_ATTEMPTS_MAX", Settings.sign_in_attempts_max),
    )


def _running_stack(data: Path) -> dict[str, Any]:
    try:
        stack: dict[str, Any] = json.loads((data / "stack.json").read_text())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{data / 'stack.json'} cannot be read ({error}); is it somebody else's stack?") from None
    return stack


def _number(environment: dict[str, str], variable: str, default: int) -> int:
    text = environment.get(variable, "")
    if not text:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise SettingsError(f"{variable} must be a whole number above zero, not {text!r}.")
    return int(text)
