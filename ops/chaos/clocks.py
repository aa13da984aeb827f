"""Clocks that can be set while their processes run: by a small library of our own that is loaded into each of them."""

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")
COMPILERS = ("cc", "gcc", "clang")
COMPILING_SECONDS_MAX = 60.0
TRIED_WITH_SECONDS = 1_000_000
_NOW = "import time; print(int(time.time()))"


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one process and all that it forks; `environment` makes a process have it."""

    library: Path
    file: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables to start the process with."""
        return {"LD_PRELOAD": str(self.library), "CHAOS_CLOCK": str(self.file)}

    def set(self, seconds: int) -> None:
        """Put it ahead of the machine's by so many seconds, from this moment on; behind if they are negative."""
        # In place, as processes have the file in their memory.
        handle = os.open(self.file, os.O_WRONLY | os.O_CREAT)
        os.write(handle, struct.pack("q", seconds))
        os.close(handle)


@dataclass(frozen=True, slots=True)
class Clocks:
    """Clocks whose files are in a folder."""

    folder: Path

    def clock(self, name: str) -> Clock:
        """Return the clock of this name, right unless somebody has set it."""
        clock = Clock(self.folder / "clock.so", self.folder / name)
        if not clock.file.exists():
            clock.set(0)
        return clock


def make_clocks(folder: Path) -> Clocks | None:
    """Return clocks with their files in this folder; None where no C compiler is, or what it makes changes nothing."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if sys.platform != "linux" or compiler is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    clocks = Clocks(folder)
    tried = clocks.clock("tried")
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(tried.library), str(SOURCE)]
    with suppress(subprocess.SubprocessError, ValueError):
        subprocess.run(command, check=True, capture_output=True, timeout=COMPILING_SECONDS_MAX)
        tried.set(TRIED_WITH_SECONDS)
        right, set_ahead = _now(), _now(tried.environment)
        return clocks if right + TRIED_WITH_SECONDS <= set_ahead else None
    return None


def _now(environment: Mapping[str, str] | None = None) -> int:
    """Return what time it is for a process with these variables."""
    variables = {**os.environ, **(environment or {})}
    said = subprocess.run([sys.executable, "-S", "-c", _NOW], env=variables, check=True, capture_output=True)
    return int(said.stdout)
