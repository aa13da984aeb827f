"""Fills `.venv` with the locked dependencies and the project itself; used by run.py before anything else is there.

Standard library only. Tried in this order: uv if it is on PATH; Python's own venv with its pip; a venv without pip,
filled by the pip of the Python that runs (Debian's Python comes without `ensurepip`, but often with pip).
"""

import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ops.stack import package_index
from ops.stack.errors import StackError

_LOCKS = {False: "requirements.lock", True: "requirements-dev.lock"}
_QUESTION = "import platform; print(platform.python_version())"
_GET_VENV = "install the package python3-venv (Debian, Ubuntu: apt install python3-venv) or uv, and run run.py again."


class Installer:
    """Keeps `.venv` of one project folder in step with its locks.

    What was installed is stamped, so that an installation that is up to date costs a few milliseconds. One that was
    interrupted is known by a mark and made again.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self.venv = self.root / ".venv"
        self.python = self.venv / "bin" / "python"
        self._stamp_file = self.venv / "seatline-stamp.json"
        self._unfinished = self.venv / "seatline-unfinished"

    def install(self, *, dev: bool) -> None:
        """Install what is missing; with `dev` also what tests and checks need. Raises StackError when it cannot."""
        with self._one_at_a_time():
            stamp = self.read_stamp()
            if self.is_current(stamp, dev=dev):
                return
            self._refuse_unwritable()
            # Somebody who has the developers' tools keeps them when the locks change.
            self._fill(dev=dev or stamp.get("kind") == "dev", keep=self.can_keep(stamp))

    def read_stamp(self) -> dict[str, str]:
        """Return what was installed last, or nothing when that cannot be known."""
        try:
            stamp = json.loads(self._stamp_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return stamp if isinstance(stamp, dict) and not self._unfinished.exists() else {}

    def is_current(self, stamp: Mapping[str, str], *, dev: bool) -> bool:
        """Whether the last installation is the wanted one."""
        enough = stamp.get("kind") == "dev" or not dev
        return enough and self._same_base(stamp) and stamp.get("locked") == self._locked() and self.python.exists()

    def can_keep(self, stamp: Mapping[str, str]) -> bool:
        """Whether packages can be added to the `.venv` there is: it is whole, and of this Python and this place.

        One without a stamp was made by somebody's hand; it is kept if its Python starts and has this version.
        """
        if self._unfinished.exists() or not self.python.exists():
            return False
        if stamp:
            return self._same_base(stamp)
        try:
            answer = subprocess.run([self.python, "-c", _QUESTION], capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return False
        return answer.strip() == platform.python_version()

    def _same_base(self, stamp: Mapping[str, str]) -> bool:
        return all(stamp.get(name) == value for name, value in self._base().items())

    def _base(self) -> dict[str, str]:
        """What a `.venv` is tied to: another Python, or another place of the folder, needs another one."""
        return {"python": platform.python_version(), "machine": platform.machine(), "root": str(self.root)}

    def _locked(self) -> str:
        digest = hashlib.sha256()
        for name in ("pyproject.toml", *_LOCKS.values()):
            digest.update((self.root / name).read_bytes() + b"\0")
        return digest.hexdigest()

    def _fill(self, *, dev: bool, keep: bool) -> None:
        uv = shutil.which("uv")
        if uv and not self._with_uv(uv, dev=dev, keep=keep):
            _say("uv could not do it; trying again with pip")
            uv, keep = None, False
        if not uv:
            self._with_pip(dev=dev, keep=keep)
        stamp = {**self._base(), "locked": self._locked(), "kind": "dev" if dev else "runtime"}
        self._stamp_file.write_text(json.dumps(stamp), encoding="utf-8")
        self._unfinished.unlink()
        _say("installed")

    def _with_uv(self, uv: str, *, dev: bool, keep: bool) -> bool:
        """Install by uv; returns False when uv fails, whose own words are on the terminal by then."""
        _say("installing into .venv with uv")
        environment = package_index.for_uv(os.environ, package_index.pip_settings(os.environ))
        self._begin(keep=keep)
        volume = [] if sys.stderr.isatty() else ["--quiet"]
        into = [uv, "pip", "install", *volume, "--python", str(self.python)]
        steps = [[*into, *self._dependencies(dev=dev)], [*into, *self._project()]]
        if not keep:
            make = [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(self.venv)]
            steps.insert(0, make)
        return all(subprocess.run(step, env=environment, cwd=self.root, check=False).returncode == 0 for step in steps)

    def _with_pip(self, *, dev: bool, keep: bool) -> None:
        """Install by pip: the one that venv brings along, or else the one of the Python that runs."""
        _say("installing into .venv with pip; this takes a minute")
        environment = package_index.for_pip(os.environ)
        pip = self._venv_with_pip(environment, keep=keep)
        with (self.root / _LOCKS[dev]).open(encoding="utf-8") as lock:
            total = sum(1 for line in lock if line[:1].isalnum())
        self._run_pip([*pip, "install", *self._dependencies(dev=dev)], total, environment)
        self._run_pip([*pip, "install", *self._project()], 0, environment)

    def _venv_with_pip(self, environment: dict[str, str], *, keep: bool) -> list[str]:
        """Make `.venv` unless it is to be kept; returns the command that is pip for it."""
        own = [str(self.python), "-m", "pip"]
        lent = [sys.executable, "-m", "pip", "--python", str(self.python)]
        self._begin(keep=keep)
        if keep:
            for pip in (own, lent):
                if self._succeeds([*pip, "--version"], environment):
                    return pip
            self._begin(keep=False)
        make = [sys.executable, "-m", "venv"]
        if self._succeeds([sys.executable, "-c", "import ensurepip"], environment):
            if self._succeeds([*make, str(self.venv)], environment):
                return own
            self._begin(keep=False)
        if not self._succeeds([*make, "--without-pip", str(self.venv)], environment):
            self._remove()
            raise StackError(f"This Python cannot make a virtual environment: {_GET_VENV}")
        if not self._succeeds([*lent, "--version"], environment):
            self._remove()
            raise StackError(f"This Python has neither ensurepip nor a pip of version 22.3 or newer: {_GET_VENV}")
        return lent

    def _run_pip(self, command: Sequence[str], total: int, environment: dict[str, str]) -> None:
        """Run pip and show how far it got; raises StackError with its last words when it fails."""
        last: list[str] = []
        count = 0
        with subprocess.Popen(
            command, env=environment, cwd=self.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as pip:
            for line in pip.stdout or ():
                last = [*last, line.rstrip()][-15:]
                if line.startswith("Collecting "):
                    count += 1
                    _show(f"{count} of {max(total, count)}: {line.split()[1].partition('=')[0]}")
                elif line.startswith("Installing"):
                    _show("unpacking")
        _show("")
        if pip.returncode != 0:
            raise StackError(
                "pip could not install the dependencies: check the network and the package index you set for pip, "
                "then run run.py again. pip's last words:\n\n" + "\n".join(last)
            )

    def _dependencies(self, *, dev: bool) -> list[str]:
        # The lock is complete. Left to look for more, a pip of 2023 takes `pydantic[email]` for something not locked.
        return ["--no-deps", "--require-hashes", "-r", str(self.root / _LOCKS[dev])]

    def _project(self) -> list[str]:
        # In place; its build tool is one of the dependencies, so nothing is fetched for it.
        return ["--no-deps", "--no-build-isolation", "-e", str(self.root)]

    def _begin(self, *, keep: bool) -> None:
        """Mark `.venv` as unfinished, after emptying one that cannot be kept."""
        if not keep:
            self._remove()
            self.venv.mkdir()
        self._unfinished.touch()

    def _remove(self) -> None:
        if self.venv.is_symlink() or self.venv.is_file():
            self.venv.unlink()
        elif self.venv.is_dir():
            shutil.rmtree(self.venv)

    def _refuse_unwritable(self) -> None:
        for folder in (self.root, self.venv):
            if folder.exists() and not os.access(folder, os.W_OK):
                raise StackError(
                    f"Seatline cannot write in {folder}, where it installs what it needs: get write permission, "
                    "or copy the project to a folder of yours."
                )

    def _succeeds(self, command: Sequence[str], environment: dict[str, str]) -> bool:
        done = subprocess.run(command, env=environment, cwd=self.root, capture_output=True, check=False)
        return done.returncode == 0

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """Let a second run.py of this folder wait until the first has installed everything."""
        # run.py itself is the lock: it is always there, and locking needs no writing.
        with (self.root / "run.py").open("rb") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _say("another run.py is installing; waiting for it")
                fcntl.flock(stream, fcntl.LOCK_EX)
            except OSError:
                pass  # a file system without locks
            yield


def _say(text: str) -> None:
    """Say one line, apart from what the command itself will write."""
    sys.stderr.write(f"seatline: {text}\n")
    sys.stderr.flush()


def _show(text: str) -> None:
    """Show where we are, in place; nothing when nobody looks."""
    if sys.stderr.isatty():
        with suppress(OSError):
            sys.stderr.write("\r\033[K" + (f"  {text}" if text else ""))
            sys.stderr.flush()
