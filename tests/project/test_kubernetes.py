"""The manifests speak of commands, settings, ports, paths and metrics that exist, and leave workers time to finish."""

import json
import re
import tomllib
from typing import Any

import pytest
import yaml

from api import gunicorn_conf
from ops.doctor_machine import KNOWN_VARIABLES
from storage.process_roles import Process, role_of
from tests.project.deployment import (
    DEPLOY,
    KUBERNETES,
    ROOT,
    check_command,
    check_expression,
    documents,
    metric_names,
    pods,
    resources,
)
from workers.lane import SLICE_SECONDS
from workers.providers import guarded_http
from workers.queues import QueueName
from workers.shift import SHIFT_SECONDS

ALL = resources()
PODS = pods()
(ALERTS,) = documents(DEPLOY / "prometheus" / "alerts.yaml")
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "seatline.json").read_text())
TARGETS = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def container(name: str) -> dict[str, Any]:
    (one,) = PODS[name]["containers"]
    found: dict[str, Any] = one
    return found


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in ALL if one["kind"] == kind}


def test_every_part_runs() -> None:
    assert set(PODS) == {f"seatline-{part}" for part in ("api", "worker", "notifier", "beat", "migrate")}


def test_no_manifest_is_forgotten() -> None:
    (stated,) = documents(KUBERNETES / "kustomization.yaml")

    assert {path.name for path in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"} == set(stated["resources"])


@pytest.mark.parametrize("name", PODS)
def test_every_command_exists(name: str) -> None:
    check_command(container(name)["command"])


def test_every_queue_is_read_and_notifications_by_a_worker_of_their_own() -> None:
    def queues(name: str) -> set[str]:
        return set(container(name)["command"][5].split(","))

    assert queues("seatline-notifier") == {QueueName.NOTIFICATIONS}
    assert queues("seatline-worker") == set(QueueName) - {QueueName.NOTIFICATIONS}


def test_every_setting_is_one_that_is_read() -> None:
    (settings,) = of_kind("ConfigMap").values()
    secret = set(re.findall(r"--from-literal=(\w+)=", (KUBERNETES / "kustomization.yaml").read_text()))

    assert set(settings["data"]) <= KNOWN_VARIABLES
    assert secret <= KNOWN_VARIABLES
    assert {"SEATLINE_DATABASE_URL", "SEATLINE_REDIS_URL", "SEATLINE_SECRET_KEY"} <= secret
    assert all(isinstance(value, str) for value in settings["data"].values())


@pytest.mark.parametrize("name", PODS)
def test_settings_come_from_what_is_there_and_from_nowhere_else(name: str) -> None:
    # The database's address is that of this process's role, and beat, which never asks the database, has none.
    role = {"beat": "", "migrate": "owner"}.get(part := name.removeprefix("seatline-"), part)

    assert container(name)["envFrom"] == [
        {"configMapRef": {"name": next(iter(of_kind("ConfigMap")))}},
        {"secretRef": {"name": "seatline"}},
        *([{"secretRef": {"name": f"seatline-database-{role}"}}] if role else []),
    ]
    assert container(name).get("env", []) == (
        [] if role else [{"name": "SEATLINE_DATABASE_URL", "value": "postgresql://"}]
    )
    # A Service named seatline would give each pod SEATLINE_PORT=tcp://..., which is read as a setting.
    assert PODS[name]["enableServiceLinks"] is False


@pytest.mark.parametrize("name", PODS)
def test_nothing_runs_as_root_or_without_bounds(name: str) -> None:
    pod, one = PODS[name], container(name)

    assert pod["securityContext"]["runAsNonRoot"]
    assert f"USER {pod['securityContext']['runAsUser']}\n" in (ROOT / "Dockerfile").read_text()
    assert one["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(one["resources"]["requests"]) == {"cpu", "memory"}
    assert "memory" in one["resources"]["limits"]


def test_the_secrets_are_made_as_the_pods_ask_for_them() -> None:
    asked = {
        source["secretRef"]["name"] for name in PODS for source in container(name)["envFrom"] if "secretRef" in source
    }
    text = (KUBERNETES / "kustomization.yaml").read_text()

    assert set(re.findall(r"create secret generic ([\w-]+)", text)) == asked
    for process in Process:
        assert f'seatline-database-{process} \\\n#     --from-literal=SEATLINE_DATABASE_URL="postgresql://' in text
        assert f"postgresql://{role_of('seatline', process)}:" in text
    assert "sslmode=verify-full" in text
    assert "rediss://" in text


def test_the_images_version_is_the_projects() -> None:
    (stated,) = documents(KUBERNETES / "kustomization.yaml")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert stated["images"] == [{"name": "seatline", "newTag": version}]
    assert {container(name)["image"] for name in PODS} == {"seatline"}


def test_probes_ask_what_is_answered_at_a_port_that_is_open() -> None:
    one = container("seatline-api")
    ports = {port["name"]: port["containerPort"] for port in one["ports"]}
    routes = (ROOT / "api" / "routes" / "health.py").read_text()

    assert ports == {"http": 8000}
    for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = one[kind]["httpGet"]
        assert f'@routes.get("{asked["path"]}")' in routes
        assert asked["port"] in ports
    assert one["livenessProbe"]["httpGet"]["path"] == "/live", "a server that is away is no reason to restart the API"
    for name in ("seatline-worker", "seatline-notifier"):
        check_command(container(name)["readinessProbe"]["exec"]["command"])
        assert "livenessProbe" not in container(name)


def test_services_and_budgets_find_their_pods() -> None:
    deployments = of_kind("Deployment")
    labels = [one["spec"]["template"]["metadata"]["labels"] for one in deployments.values()]

    for one in deployments.values():
        assert one["spec"]["selector"]["matchLabels"] == one["spec"]["template"]["metadata"]["labels"]
    (service,) = of_kind("Service").values()
    assert service["spec"]["selector"] in labels
    assert service["spec"]["ports"][0]["targetPort"] == "http"
    budgets = of_kind("PodDisruptionBudget")
    assert set(budgets) == {"seatline-api", "seatline-worker", "seatline-notifier"}
    for budget in budgets.values():
        assert budget["spec"]["selector"]["matchLabels"] in labels


def test_who_is_asked_to_stop_has_time_for_what_is_under_way() -> None:
    def grace(name: str) -> float:
        return float(PODS[name]["terminationGracePeriodSeconds"])

    drained = float(container("seatline-api")["lifecycle"]["preStop"]["exec"]["command"][1])

    assert grace("seatline-worker") >= 10 + SLICE_SECONDS, "a slice, and a batch until Postgres would take its lock"
    assert grace("seatline-notifier") >= SHIFT_SECONDS + guarded_http.CALL_SECONDS_MAX
    assert grace("seatline-api") > drained + gunicorn_conf.graceful_timeout


def test_workers_are_scaled_by_the_oldest_waiting_age() -> None:
    folder = KUBERNETES / "autoscaling"
    (scaled,) = [one for one in resources(folder) if one["kind"] == "ScaledObject"]
    (stated,) = documents(folder / "kustomization.yaml")
    (trigger,) = scaled["spec"]["triggers"]

    assert scaled["spec"]["scaleTargetRef"]["name"] in of_kind("Deployment")
    assert scaled["spec"]["minReplicaCount"] == of_kind("Deployment")["seatline-worker"]["spec"]["replicas"]
    assert (trigger["type"], trigger["metricType"]) == ("prometheus", "Value")
    assert "seatline_oldest_waiting_seconds" in trigger["metadata"]["query"]
    check_expression(trigger["metadata"]["query"])
    (patch,) = stated["patches"]
    assert patch["target"] == {"kind": "Deployment", "name": scaled["spec"]["scaleTargetRef"]["name"]}
    assert yaml.safe_load(patch["patch"]) == [{"op": "remove", "path": "/spec/replicas"}]


def test_the_annotations_lead_prometheus_to_the_figures() -> None:
    annotations = of_kind("Deployment")["seatline-api"]["spec"]["template"]["metadata"]["annotations"]

    assert annotations["prometheus.io/path"] == "/metrics"
    assert annotations["prometheus.io/port"] == "8000"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_asks_for_figures_that_exist_and_says_what_to_do(rule: dict[str, Any]) -> None:
    check_expression(rule["expr"])
    assert rule["labels"]["severity"] in {"page", "ticket"}
    for text in rule["annotations"].values():
        assert text.endswith(".")
        for command in re.findall(r"`(seatline [a-z]+)", text):
            check_command(command.split())
    assert set(rule["annotations"]) == {"summary", "action"}


@pytest.mark.parametrize("expression", TARGETS)
def test_a_panel_asks_for_figures_that_exist(expression: str) -> None:
    check_expression(expression)


def test_the_dashboard_shows_every_figure() -> None:
    shown = set(re.findall(r"seatline_\w+", " ".join(TARGETS)))
    families = {name for name in metric_names() if not name.endswith(("_bucket", "_sum", "_count"))}

    hidden = {name for name in families if not any(one.startswith(name) for one in shown)}

    assert hidden == {"seatline_deliveries_settled_total"}, "the calls of providers say the same"


def test_the_panels_lie_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


@pytest.mark.parametrize("expression", ["max(seatline_wrong)", "sum(rate(seatline_refusals_total[1m]))"])
def test_a_figure_that_does_not_exist_or_is_added_up_would_be_found(expression: str) -> None:
    with pytest.raises(AssertionError):
        check_expression(expression)
