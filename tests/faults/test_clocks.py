"""Clocks that can be set while their processes run, and what a run says where there are none."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops.chaos import clocks
from ops.chaos.clocks import Clock, make_clocks

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not any(map(shutil.which, clocks.COMPILERS)), reason="needs Linux and a C compiler"
)

TELL = """
import datetime, json, sys, time
for _ in sys.stdin:
    began = time.monotonic()
    time.sleep(0.01)
    slept = time.monotonic() - began
    print(json.dumps([time.time(), datetime.datetime.now().timestamp(), time.clock_gettime(0), slept]), flush=True)
"""


@contextmanager
def a_process(clock: Clock | None) -> "Iterator[subprocess.Popen[str]]":
    environment = None if clock is None else dict(clock.environment)
    command = [sys.executable, "-c", TELL]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def said(process: "subprocess.Popen[str]") -> list[float]:
    assert process.stdin is not None
    assert process.stdout is not None
    print(file=process.stdin, flush=True)
    read: list[float] = json.loads(process.stdout.readline())
    return read


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_is_set_while_its_process_runs_and_no_other_is(tmp_path: Path, hours: int) -> None:
    made = make_clocks(tmp_path)
    assert made is not None
    with a_process(made.clock("one")) as one, a_process(made.clock("other")) as other, a_process(None) as nobodys:
        made.clock("one").set(3600 * hours)
        wrong, right, machines = said(one), said(other), said(nobodys)
        made.clock("one").set(0)
        again = said(one)

    assert [round((at - machines[0]) / 3600) for at in wrong[:3]] == [hours] * 3
    assert [round((at - machines[0]) / 3600) for at in right[:3] + again[:3]] == [0] * 6
    assert 0.01 <= wrong[3] < 3600, "intervals are what they were"


def test_without_a_compiler_there_are_no_clocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "COMPILERS", ("no-such-compiler",))

    assert make_clocks(tmp_path) is None


def test_a_library_that_changes_nothing_is_no_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = tmp_path / "nothing.c"
    nothing.write_text("int nothing;\n")
    monkeypatch.setattr(clocks, "SOURCE", nothing)

    assert make_clocks(tmp_path / "clocks") is None
