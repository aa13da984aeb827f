"""Every part reaches Postgres and Valkey by TLS and with passwords, and speaks to no server that is another."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from celery import Celery
from redis import Redis, RedisError

from api.app import create_app
from ops.stack import PROJECT
from storage.database import connect
from storage.process_roles import Process
from storage.settings import settings
from tests.databases import url_of
from tests.integration.api.conftest import services_of, token_of
from tests.integration.encrypted import Encrypted, encrypted
from tests.integration.studio import Studio
from workers.app import _configuration


@pytest.fixture
def servers_by_tls(studio: Studio, database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Encrypted]:
    with encrypted(url_of(Process.WORKER, database_url), redis_url, tmp_path) as made:
        yield made


@pytest.fixture
def of_somebody_else(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Encrypted]:
    """Servers whose certificates, by the right authority, are for another name."""
    with encrypted(database_url, redis_url, tmp_path, name="elsewhere.example") as made:
        yield made


def environment_of(made: Encrypted) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("SEATLINE_")}
    return {
        **plain,
        "SEATLINE_DATABASE_URL": made.database_url,
        "SEATLINE_REDIS_URL": made.redis_url,
        "SEATLINE_SECRET_KEY": settings().secret_key,
    }


@contextmanager
def a_worker(environment: dict[str, str]) -> Iterator[None]:
    command = ["celery", "-A", "workers.app", "worker", "-Q", "sessions,upkeep,notifications", "--concurrency", "1"]
    worker = subprocess.Popen(
        [sys.executable, "-m", *command, "--loglevel", "WARNING"], cwd=PROJECT, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield
    finally:
        worker.terminate()
        worker.communicate(timeout=30)


def test_api_hub_worker_and_doctor_work_over_encrypted_connections_alone(
    studio: Studio, servers_by_tls: Encrypted, database_url: str
) -> None:
    environment = environment_of(servers_by_tls)
    own = url_of(Process.API, database_url)
    user = own.removeprefix("postgresql://").rpartition("@")[0]
    of_api = servers_by_tls.database_url.split("@", 1)[1]
    app = create_app(
        replace(settings(), database_url=f"postgresql://{user}@{of_api}", redis_url=servers_by_tls.redis_url)
    )
    member, session_id = studio.a_member(), studio.a_session()
    try:
        with a_worker(environment):
            assert app.test_client().get("/ready").status_code == 200
            answer: Any = app.test_client().post(
                f"/v1/sessions/{session_id}/bookings",
                json={"pass_id": str(member.pass_id)},
                headers={"Authorization": token_of(settings(), member.id), "Prefer": "wait=30"},
            )
            heard = services_of(app).hub.listening.is_set()
            doctor = subprocess.run(
                [sys.executable, "-m", "ops", "doctor", "--json"], cwd=PROJECT, env=environment,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
    finally:
        services_of(app).close()

    assert (answer.status_code, answer.json["booking"]["status"]) == (201, "confirmed")
    assert heard, "the hub is subscribed"
    for name in ('"database"', '"redis"', '"workers"'):
        assert name in doctor.stdout, doctor.stderr
    assert "PostgreSQL" in doctor.stdout
    assert "speaks Redis" in doctor.stdout
    assert "none answers" not in doctor.stdout
    assert {"postgres", "redis"} <= set(servers_by_tls.heard)


def test_nobody_is_spoken_to_who_shows_the_certificate_of_another(of_somebody_else: Encrypted) -> None:
    with pytest.raises(psycopg.OperationalError, match="does not match host name"):
        connect(of_somebody_else.database_url)
    with (
        Redis.from_url(of_somebody_else.redis_url) as redis,
        pytest.raises(RedisError, match="certificate verify failed"),
    ):
        redis.ping()


@pytest.mark.parametrize("said", ["", "?ssl_ca_certs={authority}"])
def test_the_broker_takes_no_certificate_that_nobody_vouches_for(
    monkeypatch: pytest.MonkeyPatch, servers_by_tls: Encrypted, said: str
) -> None:
    """kombu would take any where the address says nothing, and with a word about the authority checks it."""
    url = servers_by_tls.redis_url.partition("?")[0] + said.format(authority=servers_by_tls.authority)
    monkeypatch.setenv("SEATLINE_REDIS_URL", url)
    settings.cache_clear()
    configuration = _configuration()
    settings.cache_clear()
    app = Celery("another", broker=url)
    app.conf.update({name: configuration[name] for name in ("broker_use_ssl", "broker_transport_options")})

    with app.connection() as connection:
        if said:
            connection.ensure_connection(max_retries=1)
        else:
            with pytest.raises(Exception, match="certificate verify failed"):
                connection.ensure_connection(max_retries=1, timeout=5)
    app.close()
