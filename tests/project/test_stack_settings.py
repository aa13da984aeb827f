"""The local stack's processes and variables: who reads which queue, and where notices go unless told otherwise."""

import json
import os
from pathlib import Path

import pytest

from ops.stack.folder import DataFolder
from ops.stack.settings import StackSettings, workers
from storage.settings import Settings, read_settings
from workers.queues import QueueName

STOP_SECONDS_MAX = 5.0
BESIDE_WORKERS_SECONDS = 1.5  # the API's head start, and the servers, which stop last


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SEATLINE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def stack(tmp_path: Path) -> StackSettings:
    return StackSettings(tmp_path, 8000, "postgresql://db", "redis://broker", "secret", "vapid key")


def beside(stack: StackSettings, **variables: str) -> Settings:
    """Return the settings of a command line beside the running stack."""
    about = {
        "url": stack.url,
        "database_url": stack.database_url,
        "redis_url": stack.redis_url,
        "secret_key": stack.secret_key,
        "environment": stack.notifications(),
    }
    (stack.data / "stack.json").write_text(json.dumps(about))
    return read_settings({"SEATLINE_DATA": str(stack.data), **variables})


def test_mails_go_into_a_folder_of_the_data_folder(stack: StackSettings) -> None:
    settings = read_settings(stack.environment())

    assert settings.providers == {"email": "folder", "push": "web_push", "webhook": "webhook"}
    assert settings.mail_folder == stack.data / "mail"
    assert settings.vapid_private_key == "vapid key"
    assert stack.shows_mails


def test_the_operators_own_variables_win(stack: StackSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATLINE_PROVIDERS", "email=smtp")
    monkeypatch.setenv("SEATLINE_SMTP_URL", "smtp://mail.example")
    monkeypatch.setenv("SEATLINE_MAIL_FROM", "studio@mail.example")
    monkeypatch.setenv("SEATLINE_MAIL_FOLDER", "mails")

    settings = read_settings(stack.environment())

    assert settings.providers == {"email": "smtp", "push": "web_push", "webhook": "webhook"}
    assert (settings.smtp_url, settings.mail_from) == ("smtp://mail.example", "studio@mail.example")
    assert settings.mail_folder == Path.cwd() / "mails"
    assert not stack.shows_mails


def test_a_process_that_already_has_the_variables_makes_the_same_ones(
    stack: StackSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEATLINE_PROVIDERS", "email=smtp email=console")
    first = stack.environment()
    for name, value in first.items():
        monkeypatch.setenv(name, value)

    assert stack.environment() == first
    assert read_settings(first).providers["email"] == "console"


def test_a_command_line_beside_the_stack_has_its_settings(
    stack: StackSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEATLINE_SMTP_URL", "smtp://mail.example")

    assert beside(stack) == read_settings(stack.environment())
    assert beside(stack, SEATLINE_PROVIDERS="email=console").providers["email"] == "console"


def test_a_key_is_made_once_for_each_data_folder(tmp_path: Path) -> None:
    made = iter(["first", "second"])
    folder = DataFolder(tmp_path)

    keys = [folder.secret("vapid_private_key", make=lambda: next(made)) for _ in range(2)]

    assert keys == ["first", "first"]
    assert (tmp_path / "vapid_private_key").stat().st_mode & 0o077 == 0


def test_notifications_have_a_worker_of_their_own_and_every_queue_is_read(stack: StackSettings) -> None:
    specs = workers(stack, 3)
    queues = {spec.name: spec.program[list(spec.program).index("-Q") + 1] for spec in specs if "-Q" in spec.program}

    assert queues == {
        **{f"worker{number}": "sessions,upkeep" for number in (1, 2, 3)},
        "notifier": "notifications",
    }
    assert set(",".join(queues.values()).split(",")) == set(QueueName)
    assert max(spec.stop_seconds for spec in specs) + BESIDE_WORKERS_SECONDS <= STOP_SECONDS_MAX
