"""The data folder: who may use it, what is kept in it besides the databases."""

import fcntl
import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from io import BufferedWriter
from pathlib import Path
from typing import Any

from ops.stack.errors import StackError

# Where a running stack says how to reach it; other commands read it.
STACK_FILE = "stack.json"
LOG_LIMIT = 10 * 1024 * 1024


def _random_secret() -> str:
    return secrets.token_urlsafe(32)


class DataFolder:
    """One folder that holds everything the local stack keeps; used by one process at a time.

    Passwords, the secret key and `stack.json` are readable by their owner only. The lock is an `flock`, so it goes
    away with the process that holds it, however that ended.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self._lock: int | None = None

    @property
    def claimed(self) -> bool:
        """Whether this object holds the folder's lock."""
        return self._lock is not None

    def claim(self) -> None:
        """Make the folder if it is missing and lock it.

        Raises StackError when the folder cannot be written, belongs to another user, or is in use by another process.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StackError(
                f"Seatline cannot write in {self.path} ({error.strerror}): "
                "get write permission for it, or choose another folder with --data."
            ) from error
        try:
            self._refuse_foreign_owner()
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 20, 0).decode(errors="replace").strip() or "unknown"
            os.close(lock)
            raise StackError(
                f"The data folder {self.path} is in use by another Seatline (process {holder}): "
                "stop that one, or choose another folder with --data."
            ) from None
        except StackError:
            os.close(lock)
            raise
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        self._lock = lock

    def release(self) -> None:
        """Unlock the folder; nothing happens when it is not locked."""
        if self._lock is not None:
            # Emptied first: a pid that holds nothing any more must not be named to the next who asks.
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = None

    def secret(self, name: str, make: Callable[[], str] = _random_secret) -> str:
        """Return the secret kept under this name; made on first use, by default at random and safe inside a URL."""
        file = self.path / name
        with suppress(FileNotFoundError):
            if kept := file.read_text(encoding="ascii").strip():
                return kept
        made = make()
        self.write_private(name, made + "\n")
        return made

    def write_private(self, name: str, text: str) -> Path:
        """Write a file that only its owner may read; a crash leaves the old one or the new one, never half of one."""
        file = self.path / name
        draft = file.with_name(f".{file.name}.new")
        with suppress(FileNotFoundError):
            draft.unlink()
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
        return file

    def write_json(self, name: str, content: Any) -> None:
        """Write a JSON file that only its owner may read, whole or not at all."""
        self.write_private(name, json.dumps(content, indent=1) + "\n")

    def read_json(self, name: str) -> Any:
        """Return what a JSON file of the folder holds, or None when it is missing or cannot be read."""
        try:
            return json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def remove(self, name: str) -> None:
        """Remove a file of the folder; one that is missing is no error."""
        with suppress(FileNotFoundError):
            (self.path / name).unlink()

    def open_log(self, name: str) -> BufferedWriter:
        """Open `logs/<name>.log` for appending; a log over 10 MB begins anew."""
        file = self._log(name)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        if file.exists() and file.stat().st_size > LOG_LIMIT:
            os.truncate(file, 0)
        return file.open("ab")

    def log_tail(self, name: str, lines: int = 12) -> str:
        """Return the last lines of a log, for an error that has to say more than "it did not start"."""
        try:
            text = self._log(name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def _log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    def _refuse_foreign_owner(self) -> None:
        owner = self.path.stat().st_uid
        if owner != os.geteuid():
            raise StackError(
                f"The data folder {self.path} belongs to another user (uid {owner}): "
                "start Seatline as that user, or choose another folder with --data."
            )
