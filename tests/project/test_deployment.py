"""Compose and the image speak of files, commands and variables that exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.cli import seatline
from storage.settings import read_settings
from workers.queues import QueueName

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
VALUES = {
    "SEATLINE_URL": "https://studio.example",
    "SEATLINE_PROVIDERS": "push=console",
    "SEATLINE_PER_SECOND": "email=50",
    "SEATLINE_SMTP_URL": "smtps://studio@mail.example",
    "SEATLINE_MAIL_FROM": "Studio <studio@mail.example>",
    "SEATLINE_VAPID_PRIVATE_KEY": "a key",
    "SEATLINE_VAPID_SUBJECT": "mailto:studio@mail.example",
    "SEATLINE_PRIVATE_TARGETS": "1",
}


def as_given(name: str, values: dict[str, str]) -> dict[str, str]:
    """Return a service's variables as Compose gives them where these values are set, and secrets made up."""

    def value_of(reference: re.Match[str]) -> str:
        variable, demand = reference.groups()
        return values.get(variable, "made up" if demand == "?" else "")

    environment = {
        variable: re.sub(r"\$\{(\w+):([-?])[^}]*\}", value_of, str(value))
        for variable, value in OURS[name]["environment"].items()
    }
    return {**environment, "SEATLINE_DATA": "/nowhere"}


def test_compose_runs_the_four_parts_and_both_servers() -> None:
    assert {"api", "worker", "notifier", "beat", "migrate", "postgres", "valkey"} <= set(COMPOSE["services"])


@pytest.mark.parametrize("name", OURS)
def test_every_service_has_the_settings_it_needs(name: str) -> None:
    settings = read_settings(as_given(name, {}))

    assert settings.database_url.startswith("postgresql://")
    assert settings.redis_url.startswith("redis://")


@pytest.mark.parametrize("name", [name for name in OURS if "command" in OURS[name]])
def test_every_command_is_one_that_exists(name: str) -> None:
    program, *arguments = OURS[name]["command"].split()

    if program == "seatline":
        assert arguments[0] in seatline.commands
    else:
        assert [program, *arguments[:3]] in (
            ["celery", "-A", "workers.app", "worker"],
            ["celery", "-A", "workers.app", "beat"],
        )


def queues_of(name: str) -> set[str]:
    return set(OURS[name]["command"].split(" -Q ")[1].split()[0].split(","))


def test_every_queue_is_read_and_notifications_by_a_worker_of_their_own() -> None:
    assert queues_of("notifier") == {QueueName.NOTIFICATIONS}
    assert queues_of("worker") == set(QueueName) - {QueueName.NOTIFICATIONS}


def variables_given_to(name: str) -> set[str]:
    return {variable for variable in OURS[name]["environment"] if variable.startswith("SEATLINE_")}


@pytest.mark.parametrize("name", OURS)
def test_every_variable_given_is_one_that_is_read(name: str) -> None:
    readers = [ROOT / "storage" / "settings.py", *(ROOT / "api").glob("gunicorn_conf.py")]
    read = "".join(path.read_text() for path in readers)

    for variable in variables_given_to(name):
        assert f'"{variable}"' in read, variable


def test_every_setting_about_notifications_reaches_the_containers() -> None:
    settings = read_settings(as_given("notifier", VALUES))

    assert settings.api_url == "https://studio.example"
    assert settings.providers == {"email": "smtp", "push": "console", "webhook": "webhook"}
    assert settings.per_second == {"email": 50}
    assert settings.smtp_url == "smtps://studio@mail.example"
    assert settings.mail_from == "Studio <studio@mail.example>"
    assert settings.vapid_private_key == "a key"
    assert settings.vapid_subject == "mailto:studio@mail.example"
    assert settings.private_targets


def test_every_dependency_between_services_exists() -> None:
    for name, service in COMPOSE["services"].items():
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"]), name


def test_the_image_copies_what_exists_and_lets_it_through_the_ignore_file() -> None:
    let_through = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)

    for path in " ".join(copied).split():
        assert (ROOT / path).exists(), path
        assert path in let_through, path
