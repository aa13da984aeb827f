#!/usr/bin/env python3
"""Installs Seatline beside this file and runs it; needs nothing but Python 3.11 or newer.

    python3 run.py                     install, then start everything (seatline up)
    python3 run.py up --port 9000      any command of seatline, with its options
    python3 run.py test [options]      the tests (the options go to pytest)
    python3 run.py check               the lint, format, type and import checks
    python3 run.py setup [--dev]       install only

This file must be readable for Python 3.6, so that an old Python answers with a sentence and not with a syntax error.
Hence the quoted annotations, and nothing but the standard library. What it imports from the project comes after the
version check, needs the standard library only, and may be written for Python 3.11.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

TYPING = False
if TYPING:
    from typing import List, Optional, Tuple

ROOT = Path(__file__).resolve().parent
BIN = ROOT / ".venv" / "bin"
PYTHON = str(BIN / "python")
OLDEST = (3, 11)
NEWEST_KNOWN = 20
# All of them in as many processes as there are cores: each has servers of its own, and waits for them much of its time.
# In the order of the folders: by default the files with few tests come last, and these few are the longest.
ALL_TESTS = ("-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder")
CHECKS = (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"], ["lint-imports"])


def main(arguments: "List[str]") -> "int":
    """Install what is missing and become the command; returns an exit status when there is nothing to become."""
    trouble = unfit(tuple(sys.version_info[:3]), sys.platform)
    if trouble:
        return fail(trouble)
    command = arguments[0] if arguments else "up"
    if command.startswith("-") and command not in ("-h", "--help", "--version"):
        arguments = ["up", *arguments]
        command = "up"
    dev = command in ("test", "check") or arguments[:2] == ["setup", "--dev"]
    trouble = installed("dev" if dev else "runtime")
    if trouble:
        return fail(trouble)
    if command == "setup":
        return 0
    if command == "check":
        return check()
    if command == "test":
        os.chdir(str(ROOT))
        become([PYTHON, "-m", "pytest", *(arguments[1:] or ALL_TESTS)])
    else:
        # -P: the folder somebody happens to stand in must not lend its modules to the program.
        become([PYTHON, "-P", "-m", "ops", *(arguments or ["up"])])
    return 1


def unfit(version: "Tuple[int, ...]", system: "str") -> "Optional[str]":
    """Return what is wrong with this Python or this system and what to do, or None when Seatline runs on it."""
    if system == "win32":
        return (
            "Seatline runs on Linux and macOS; on Windows, use it inside WSL "
            "(the Valkey that it brings along is not built for Windows)."
        )
    if version[:2] >= OLDEST:
        return None
    found = ".".join(str(part) for part in version)
    better = newer_python()
    advice = "run `{} run.py`".format(better) if better else "install one and run `python3.11 run.py`"
    return "Seatline needs Python 3.11 or newer and this is Python {}: {}.".format(found, advice)


def newer_python() -> "Optional[str]":
    """Return the name of a Python on PATH that is new enough and really starts, or None."""
    for minor in range(NEWEST_KNOWN, OLDEST[1] - 1, -1):
        name = "python3.{}".format(minor)
        path = shutil.which(name)
        if path and subprocess.call([path, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
            return name
    return None


def installed(kind: "str") -> "Optional[str]":
    """Make .venv hold what the lock of this kind says; returns None, or what went wrong and what to do."""
    sys.path.insert(0, str(ROOT))
    from ops.stack.errors import StackError  # noqa: PLC0415 - an old Python could not even read it
    from ops.stack.install import Installer  # noqa: PLC0415

    try:
        Installer(ROOT).install(dev=kind == "dev")
    except StackError as error:
        return str(error)
    return None


def check() -> "int":
    """Run every check, all of them even when one fails; returns 0 only when all passed."""
    failed = []
    for program in CHECKS:
        sys.stderr.write("seatline: {}\n".format(" ".join(program)))
        if subprocess.call([str(BIN / program[0]), *program[1:]], cwd=str(ROOT)) != 0:
            failed.append(" ".join(program))
    if failed:
        return fail("These checks failed: {}.".format(", ".join(failed)))
    return 0


def become(command: "List[str]") -> "None":
    """Turn this process into the command, so that signals and exit status are the command's own."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(command[0], command)


def fail(sentence: "str") -> "int":
    """Say what is wrong; returns the exit status that goes with it."""
    sys.stderr.write("seatline: {}\n".format(sentence))
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(fail("interrupted; run run.py again to go on"))
