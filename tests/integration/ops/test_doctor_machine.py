"""What the doctor says of this machine, and of how the database and Redis are set up."""

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg_pool import ConnectionPool

from ops import doctor, doctor_machine
from ops.doctor_machine import KNOWN_VARIABLES, LOCKS
from ops.finding import Finding
from ops.stack import PROJECT
from storage.database import Db
from storage.settings import settings
from tests.integration.studio import Studio
from workers.history import history, take_sample

PACKAGES = ("api", "workers", "storage", "domain", "ops")


@pytest.fixture
def long_key(monkeypatch: pytest.MonkeyPatch, db: Db) -> Iterator[None]:
    monkeypatch.setenv("SEATLINE_SECRET_KEY", "k" * 48)
    settings.cache_clear()
    yield
    settings.cache_clear()


def of_this_machine(environment: dict[str, str] | None = None, **changes: str) -> dict[str, Finding]:
    found = doctor_machine.examine(replace(settings(), **changes), environment or {})  # type: ignore[arg-type] # texts only
    return {finding.name: finding for finding in found}


def test_a_variable_that_nobody_reads_is_named(long_key: None) -> None:
    found = of_this_machine({"SEATLINE_SMTP_ULR": "smtp://x", "SEATLINE_URL": "http://x", "SEATLINE_TEST_X": "1"})

    assert not found["settings"].well
    assert found["settings"].advice == "Nobody reads SEATLINE_SMTP_ULR: correct its name, or take it away."


def test_the_doctor_knows_every_variable_that_is_read() -> None:
    text = "".join(path.read_text() for name in PACKAGES for path in (PROJECT / name).rglob("*.py"))
    read = {name for name in re.findall(r'"(SEATLINE_[A-Z_]+)"', text) if not name.endswith("_")}

    assert read == KNOWN_VARIABLES


def test_a_short_key_and_an_address_that_is_none_are_told_with_what_to_do(long_key: None) -> None:
    assert of_this_machine()["settings"].well

    short = of_this_machine(secret_key="secret")["settings"]
    nowhere = of_this_machine(api_url="studio.example")["settings"]

    assert "secrets.token_urlsafe" in short.advice
    assert "secret" not in short.found
    assert "SEATLINE_URL must be like" in nowhere.advice


def test_an_old_python_is_told(db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_this_machine()["python"].well

    monkeypatch.setattr(sys, "version_info", (3, 10, 1))

    old = Finding("python", well=False, found="3.10.1", advice="Use Python 3.11 or newer.")
    assert of_this_machine()["python"] == old


def test_packages_are_compared_with_the_lock(db: Db, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert of_this_machine()["packages"].well, of_this_machine()["packages"]
    other = tmp_path / "requirements.lock"
    other.write_text(
        LOCKS[0].read_text().replace("\nflask==", "\nflask==0.1.")
        + "\nno-such-package==1.0 \\\nfor-windows==1.0 ; sys_platform == 'win32'\n"
    )
    monkeypatch.setattr(doctor_machine, "LOCKS", (other,))

    packages = of_this_machine()["packages"]

    assert not packages.well
    assert re.search(r"flask [\d.]+ instead of 0\.1\.[\d.]+", packages.found)
    assert "no-such-package missing instead of 1.0" in packages.found
    assert "for-windows" not in packages.found
    assert "pip install" in packages.advice


def test_a_missing_lock_is_told(db: Db, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor_machine, "LOCKS", (tmp_path / "none.lock",))

    assert not of_this_machine()["packages"].well


def test_what_would_lose_accepted_commands_is_told(db: Db) -> None:
    assert doctor._durability(db).well

    db.execute("SET synchronous_commit = off")

    assert doctor._durability(db).advice.startswith("Set synchronous_commit to on")


def test_too_many_connections_are_told(db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor._connections(db).well

    monkeypatch.setattr(doctor, "CONNECTIONS_SHARE_MAX", 0.0)

    assert "max_connections" in doctor._connections(db).advice


def test_a_primary_is_told_from_a_standby(db: Db) -> None:
    assert doctor._primary(db).found == "it takes writes"


def test_a_beat_that_is_missing_is_told(studio: Studio, own_pool: ConnectionPool[Db]) -> None:
    def beat() -> Finding:
        return next(one for one in doctor.examine(settings()) if one.name == "beat")

    assert not beat().well
    assert "celery -A workers.app beat" in beat().advice

    take_sample(own_pool, studio.redis)
    assert beat().well


def test_a_beat_that_stopped_is_told(
    studio: Studio, own_pool: ConnectionPool[Db], monkeypatch: pytest.MonkeyPatch
) -> None:
    take_sample(own_pool, studio.redis)
    (sample,) = history(studio.redis)

    assert not doctor._beat([replace(sample, at=time.time() - 120)]).well
