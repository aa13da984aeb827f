"""One run of measurements: what was measured, where, and how it is kept as JSON."""

import json
import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ops.stack import PROJECT

Parameters = dict[str, str | int | float]


def _machine() -> dict[str, Any]:
    """Say what this is measured on: processors, memory, system, Python, and the version of the project."""
    model = next(
        (line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ""
    )
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    git = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 - whichever git there is
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "processors": os.cpu_count(),
        "processor": model or platform.machine(),
        "memory_gb": round(memory * 1024 / 1e9, 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "commit": git.stdout.strip(),
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


@dataclass(frozen=True, slots=True)
class Measurement:
    """One contender once through one scenario.

    `figures` carry their unit in their name (`_ms`, `_seconds`, `_mb`, `_per_second`; plain numbers are counts).
    `faults` counts what the audit found, by kind; empty when all is well.
    """

    scenario: str
    contender: str
    parameters: Parameters
    figures: dict[str, float]
    faults: dict[str, int] = field(default_factory=dict)
    round: int = 1


@dataclass
class Results:
    """All measurements of one run, with what they were measured on."""

    scale: float
    started_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    machine: dict[str, Any] = field(default_factory=_machine)
    measurements: list[Measurement] = field(default_factory=list)

    def add(self, measured: Iterable[Measurement], path: Path) -> None:
        """Keep these too and write the file anew, so that a run that is cut short leaves what it had."""
        self.measurements += measured
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def read_results(path: Path) -> Results:
    """Return the results kept in this file."""
    fields = json.loads(path.read_text())
    return Results(**{**fields, "measurements": [Measurement(**one) for one in fields["measurements"]]})


def put_together(parts: list[Results]) -> Results:
    """Return the results of parts of one run that were measured one after the other.

    Raises `ValueError` when they are of another scale or machine: then they are no one run.
    """
    first = parts[0]
    machines = [{**one.machine, "commit": ""} for one in parts]
    if any((one.scale, machine) != (first.scale, machines[0]) for one, machine in zip(parts, machines, strict=True)):
        raise ValueError("these results are of different scales or machines: report them one by one")
    commits = ", ".join(sorted({one.machine["commit"] for one in parts}))
    measurements = [one for part in parts for one in part.measurements]
    return replace(first, machine={**first.machine, "commit": commits}, measurements=measurements)
