"""No secret is in a log, an error, a page or what a command prints: each is a mark here that is looked for in all."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from structlog.testing import capture_logs

from ops.stack import PROJECT
from ops.stack.ports import free_port
from ops.stack.servers import EmbeddedServers
from storage.settings import Settings, SettingsError, read_settings
from tests.integration.api.conftest import app_with
from tests.integration.ops.conftest import Cli
from tests.integration.passwords import with_password
from tests.integration.studio import Studio

MARK = "m4rk3d"
PATIENCE_SECONDS = 90.0


def marked(name: str) -> str:
    return f"{MARK}{name}{'x' * 24}"


@pytest.fixture
def wrong(servers: EmbeddedServers, tmp_path: Path) -> dict[str, str]:
    """Variables of an installation whose every secret is a mark, so that each server refuses it, and says so."""
    database, redis = urlsplit(servers.database_url), urlsplit(servers.redis_url)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("SEATLINE_")}
    return {
        **plain,
        "PYTHONUNBUFFERED": "1",
        "SEATLINE_DATA": str(tmp_path),
        "SEATLINE_DATABASE_URL": f"postgresql://seatline:{marked('database')}@{database.hostname}:{database.port}/seatline",
        "SEATLINE_REDIS_URL": f"redis://:{marked('redis')}@{redis.hostname}:{redis.port}/0",
        "SEATLINE_SECRET_KEY": marked("key"),
        "SEATLINE_SMTP_URL": f"smtp://user:{marked('smtp')}@127.0.0.1:{free_port()}",
        "SEATLINE_MAIL_FROM": "studio@example.test",
        "SEATLINE_VAPID_PRIVATE_KEY": marked("vapid"),
        "SEATLINE_VAPID_SUBJECT": "mailto:studio@example.test",
        "SEATLINE_ROLE_PASSWORDS": f"api={marked('role')}",
        "SEATLINE_ACCESS_LOG": "-",
        "SEATLINE_BIND": f"127.0.0.1:{free_port()}",
    }


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=PROJECT, env=environment, stdout=output, stderr=output
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


def until_said(log: Path, *words: str) -> str:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not any(word in (text := log.read_text()) for word in words):
        assert time.monotonic() < ends, text
        time.sleep(0.1)
    return log.read_text()


def answer_of(url: str, **headers: str) -> str:
    body = f'{{"email": "a@example.test", "password": "{marked("password")}", "more": "{marked("body")}"}}'.encode()
    request = Request(url, data=body, headers={"Content-Type": "application/json", **headers}, method="POST")
    for _ in range(300):
        try:
            with urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                return f"{answer.headers}{answer.read().decode()}"
        except HTTPError as error:
            return f"{error.headers}{error.read().decode()}"
        except URLError:
            time.sleep(0.1)
    raise AssertionError("nobody answers")


@pytest.mark.timeout(400)
def test_what_processes_and_commands_say_of_servers_that_refuse_them_has_no_secret(
    wrong: dict[str, str], tmp_path: Path
) -> None:
    worker = ["celery", "-A", "workers.app", "worker", "-Q", "sessions,notifications", "--concurrency", "1"]
    logs = {name: tmp_path / f"{name}.log" for name in ("worker", "api", "doctor", "migrate")}
    url = f"http://{wrong['SEATLINE_BIND']}"
    with ExitStack() as stack:
        stack.enter_context(running([*worker, "--loglevel", "DEBUG"], wrong, logs["worker"]))
        stack.enter_context(running(["gunicorn", "-c", "api/gunicorn_conf.py", "-w", "1"], wrong, logs["api"]))
        stack.enter_context(running(["ops", "doctor"], wrong, logs["doctor"]))
        stack.enter_context(running(["ops", "migrate"], wrong, logs["migrate"]))
        cookie = {"Cookie": f"seatline_sign_in={marked('cookie')}"}
        answers = [
            answer_of(f"{url}/v1/tokens"),
            answer_of(f"{url}/v1/me/password", Authorization=f"Bearer {marked('token')}"),  # asks no server
            answer_of(f"{url}/preferences", **cookie),
        ]
        said = [
            until_said(logs["worker"], "Cannot connect", "WRONGPASS", "invalid username-password"),
            until_said(logs["doctor"], "notifier"),
            until_said(logs["migrate"], "Error"),
            until_said(logs["api"], "password authentication failed", "database does not answer"),
        ]

    assert MARK not in "".join(answers)
    for text in [*said, *(log.read_text() for log in logs.values())]:
        assert MARK not in text, [line for line in text.splitlines() if MARK in line]


def test_what_people_send_is_in_no_log_and_in_no_answer(
    studio: Studio, own_settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    password = marked("password")
    member = with_password(studio, studio.a_member(), password)
    email = f"{member.id}@example.test"
    with capture_logs() as logs, app_with(own_settings) as app:
        http = app.test_client()
        sent: list[object] = [
            {"email": email, "password": f"{password} wrong"},
            {"email": email, "password": [password]},
            {"email": email, "password": password * 100},
            {"email": [password], "password": password},
            {"email": email, "password": password, password: 1},
            [password],
        ]
        answers = [http.post("/v1/tokens", json=body).text for body in sent[:5]]
        answers += [http.post("/v1/tokens", data=password, content_type="application/json").text]
        right = http.post("/v1/tokens", json={"email": email, "password": password})
        token = right.get_json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        answers += [
            http.post("/v1/me/password", json=body, headers=bearer).text
            for body in ({"current_password": password}, {"current_password": password, "new_password": password * 99})
        ]
        answers += [http.get("/v1/me", headers={"Authorization": f"Bearer {token}x"}).text]

    assert right.status_code == 201
    said = "".join(answers).replace(f'"{password}"', "")  # a field's own name is told as the one that is not known
    out, err = capfd.readouterr()
    for text in (said, str(logs), out, err):
        assert MARK not in text
        assert token not in text


@pytest.fixture
def own_settings(studio: Studio, own_url: str) -> Settings:
    environment = {name: value for name, value in os.environ.items() if name.startswith("SEATLINE_")}
    return read_settings({**environment, "SEATLINE_DATABASE_URL": own_url})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SEATLINE_DATABASE_URL", f"postgres//seatline:{MARK}@127.0.0.1/x"),
        ("SEATLINE_DATABASE_URL", f"postgresql://seatline:{MARK}/{MARK}@127.0.0.1/x y=%"),
        ("SEATLINE_DATABASE_URL", f"postgresql://seatline:{MARK}%zz@127.0.0.1/x"),
        ("SEATLINE_DATABASE_URL", f"host=127.0.0.1 {MARK}"),
        ("SEATLINE_REDIS_URL", f"redis://:{MARK}/1@127.0.0.1/0"),
        ("SEATLINE_REDIS_URL", f"rediss://:{MARK}#1@127.0.0.1:6379/0"),
        ("SEATLINE_REDIS_URL", f"http://:{MARK}@127.0.0.1:6379/0"),
        ("SEATLINE_REDIS_URL", f"redis://:{MARK}@[127.0.0.1/0"),
        ("SEATLINE_REDIS_URL", MARK),
        ("SEATLINE_ROLE_PASSWORDS", MARK),
        ("SEATLINE_ROLE_PASSWORDS", f"api={MARK} {MARK}"),
    ],
)
def test_an_address_that_cannot_be_read_is_told_and_never_repeated(
    monkeypatch: pytest.MonkeyPatch, cli: Cli, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=variable) as told:
        read_settings(dict(os.environ))
    from storage.settings import settings  # noqa: PLC0415 - its cache is emptied for this test

    settings.cache_clear()

    status, out, err = cli("doctor")

    assert status == 1
    assert variable in err
    assert MARK not in out + err + str(told.value)
    assert told.value.__cause__ is None


def test_settings_show_no_secret_where_they_are_shown(wrong: dict[str, str]) -> None:
    assert MARK not in repr(read_settings(wrong))
    assert MARK not in str(read_settings(wrong))
