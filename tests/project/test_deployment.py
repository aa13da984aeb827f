"""Compose and the image speak of files, commands and variables that exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.cli import seatline
from storage.settings import read_settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}


def test_compose_runs_the_three_parts_and_both_servers() -> None:
    assert {"api", "worker", "beat", "migrate", "postgres", "valkey"} <= set(COMPOSE["services"])


@pytest.mark.parametrize("name", OURS)
def test_every_service_has_the_settings_it_needs(name: str) -> None:
    settings = read_settings({**OURS[name]["environment"], "SEATLINE_DATA": "/nowhere"})

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


def test_every_dependency_between_services_exists() -> None:
    for name, service in COMPOSE["services"].items():
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"]), name


def test_the_image_copies_what_exists_and_lets_it_through_the_ignore_file() -> None:
    let_through = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)

    for path in " ".join(copied).split():
        assert (ROOT / path).exists(), path
        assert path in let_through, path
