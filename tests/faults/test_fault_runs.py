"""Short fault runs of the real processes, by the command that an operator uses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ops.chaos.faults import FAULTS
from ops.cli import main
from ops.stack import PROJECT

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="finds the processes through /proc"),
    pytest.mark.timeout(180),
]

SECONDS = "10"
FOR_LONG_RUNS = {"worker-paused-long", "workers-rolled", "two-beats"}
"""Faults that last longer than a short run."""


def chaos(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "ops", "chaos", *options], cwd=PROJECT, check=False, capture_output=True, text=True
    )


def said(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str, str]:
    """Run the command in this process, where it is over at once."""
    with pytest.raises(SystemExit) as exit_:
        main(["chaos", *options])
    return (int(exit_.value.code or 0), *capsys.readouterr())


def test_nothing_is_lost_doubled_or_reordered_whatever_dies_or_hangs(tmp_path: Path) -> None:
    names = ",".join(name for name in FAULTS if name not in FOR_LONG_RUNS)
    file = tmp_path / "report.json"

    run = chaos("--seconds", SECONDS, "--seed", "5", "--faults", names, "--json", str(file))

    assert run.returncode == 0, run.stdout + run.stderr
    report = json.loads(file.read_text())[0]
    assert report["damages"] == []
    assert len(report["faults"]) >= 6
    assert report["accepted"] == sum(report["outcomes"].values()) == report["sent"] > 20
    assert report["calls"] > report["sent"], "some clients had to ask again"
    assert report["recovery"]["settled"] is not None
    assert report["ended_by_themselves"] == {}, "no fault of a server ends a process"
    assert "Every promise was kept: 0 lost, 0 doubled, 0 reordered." in run.stdout


def test_an_unknown_fault_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, errors = said(capsys, "--faults", "worker-killed,earthquake")

    assert status == 2
    assert "no fault 'earthquake'" in errors


def test_a_fault_that_is_longer_than_the_run_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, errors = said(capsys, "--faults", "redis-refuses", "--lasting", "60")

    assert status == 2
    assert "A fault of 60 s has no place in a run of 30 s" in errors


def test_a_folder_that_holds_something_is_left_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")

    status, _, errors = said(capsys, "--folder", str(tmp_path))

    assert status == 2
    assert "is not empty" in errors


def test_the_faults_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = said(capsys, "--list")

    assert status == 0
    assert all(name in out for name in FAULTS)
