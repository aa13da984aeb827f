"""Reads what is in deploy/, and knows what its commands, variables and metrics may be."""

import re
from pathlib import Path
from typing import Any

import yaml

from api import metrics
from ops.cli import seatline
from workers.queues import QueueName

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"


def documents(path: Path) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all(path.read_text()) if one]


def resources(kustomization: Path = KUBERNETES) -> list[dict[str, Any]]:
    """Return what a kustomization consists of, read from the files it names."""
    (stated,) = documents(kustomization / "kustomization.yaml")
    found = []
    for name in stated["resources"]:
        path = (kustomization / name).resolve()
        found += resources(path) if path.is_dir() else documents(path)
    return found


def pods() -> dict[str, dict[str, Any]]:
    """Return the pod of each deployment and job, by its name."""
    return {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]
        for one in resources()
        if one["kind"] in {"Deployment", "Job"}
    }


def check_command(words: list[str]) -> None:
    """Raise `AssertionError` unless the command is one that exists, with options it has."""
    match words:
        case ["seatline", name, *options]:
            known = {option for parameter in seatline.commands[name].params for option in parameter.opts}
            assert set(options) <= known, words
        case ["celery", "-A", "workers.app", "beat", "--loglevel", "WARNING"]:
            pass
        case ["celery", "-A", "workers.app", "worker", "-Q", queues, "--concurrency", count, *options]:
            assert set(queues.split(",")) <= set(QueueName), words
            assert count.isdecimal()
            assert options == ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
        case ["gunicorn", "-c", configuration, "api.app:create_app()"]:
            assert (ROOT / configuration).exists()
        case _:
            raise AssertionError(f"nobody knows this command: {words}")


def metric_names() -> dict[str, set[str]]:
    """Return the labels of each metric, by every name Prometheus knows it by, from the table in `api.metrics`.

    `test_every_figure_is_documented` holds the table to what is really shown.
    """
    assert metrics.__doc__
    names: dict[str, set[str]] = {}
    for line in metrics.__doc__.splitlines():
        for name, labels in re.findall(r"`(seatline_\w+)(?:\{([\w,]+)\})?`", line.split("|")[1] if "|" in line else ""):
            of_it = set(filter(None, labels.split(",")))
            names[name] = of_it
            if "histogram" in line:
                names |= {f"{name}_{part}": of_it | {"le"} for part in ("bucket", "sum", "count")}
    return names


def check_expression(expression: str) -> None:
    """Raise `AssertionError` unless each metric exists with each label it is asked by, and no figure is added up over
    processes."""
    known = metric_names()
    used = re.findall(r"(seatline_\w+)(?:\{(\w+)=)?", expression)
    assert used, expression
    for name, label in used:
        assert name in known, f"{name} in {expression}"
        assert not label or label in known[name], f"{label} of {name} in {expression}"
    labels = {label for by in re.findall(r"by \(([\w, ]+)\)", expression) for label in by.split(", ")}
    assert labels <= set().union(*(known[name] for name, _ in used)), expression
    assert "max" in expression or "absent" in expression, f"every API process shows the whole: {expression}"
    adding = re.search(r"\bsum\b(?: by \([\w, ]+\))? ?\((?:rate|increase|seatline)", expression)
    assert not adding, f"this adds up processes: {expression}"
    assert expression.count("(") == expression.count(")")
