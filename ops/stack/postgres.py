"""A Postgres server of our own, kept in the data folder and found again there at the next start."""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

from ops.stack import processes
from ops.stack.binaries import PostgresPrograms, find_postgres
from ops.stack.child import Child, ChildSpec, launcher
from ops.stack.errors import StackError
from ops.stack.folder import DataFolder
from ops.stack.identity import Identity, choose, hand_over, reachable_home, reachable_programs
from ops.stack.ports import LOOPBACK, free_port
from ops.stack.record import ChildRecord

ROLE = DATABASE = "seatline"
NAME = "postgres"
_PASSWORD = "postgres_password"  # noqa: S105 - the name of the file that holds it
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    # TCP only: one URL serves every client, and no limit on the length of a socket's path applies.
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "cluster_name": "seatline",
}


class PostgresServer:
    """One Postgres on a loopback port, which stays the same for the life of this object, restarts included.

    The role `seatline` owns the server and the database `seatline`. Commits are on disk before they are answered
    (fsync stays on), so a killed server loses nothing that was accepted.
    """

    def __init__(self, data: DataFolder, record: ChildRecord, identity: Identity | None = None) -> None:
        self._data = data
        self._record = record
        self._identity = identity
        self._child: Child | None = None
        self._files: Path | None = None
        self._port = 0
        self.version = ""

    @property
    def url(self) -> str:
        """The database's URL, as libpq and psycopg read it."""
        return f"postgresql://{ROLE}:{self._data.secret(_PASSWORD)}@{LOOPBACK}:{self._port}/{DATABASE}"

    @property
    def pid(self) -> int | None:
        """The pid of the server's first process."""
        return self._child.pid if self._child else None

    @property
    def alive(self) -> bool:
        """Whether the server's first process runs."""
        return self._child is not None and self._child.alive

    def start(self) -> None:
        """Start the server, making its files first if there are none; returns when it accepts connections.

        Raises StackError with the server's last words when it does not come up.
        """
        programs = find_postgres()
        identity = self._identity or choose(programs.folder / NAME)
        folder = reachable_home(self._data, identity) / f"pg{programs.major}"
        programs = PostgresPrograms(reachable_programs(identity, programs.folder), programs.version)
        if not folder.exists():
            self._create(programs, identity, folder)
        hand_over(folder, identity)
        # Postgres refuses files that others may read, as after a `chmod -R` of the whole project.
        folder.chmod(0o700)
        self._files = folder
        self._port = self._port or free_port()
        self._child = Child(_spec(programs, identity, folder, self._port), self._data, self._record)
        self.restart()
        self._create_database()
        self.version = programs.version

    def restart(self) -> None:
        """Start the server (again), on the same files and port; a few times if need be.

        What a killed one left takes a moment to go. Raises StackError when it does not come up.
        """
        child, files = self._child, self._files
        if child is None or files is None:
            raise StackError("Postgres was never started.")

        def start() -> None:
            _clear_stale_lock(files)
            child.start()

        if not processes.keep_alive_until(lambda: _is_ready(files, child.pid), lambda: child.alive, start):
            child.stop()
            raise StackError(
                f"Postgres did not start on {files}. Its last words (logs/{NAME}.log):\n{self._data.log_tail(NAME)}"
            )

    def stop(self) -> None:
        """Stop the server: clients are sent away, everything is written, the lock file is gone."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def _create(self, programs: PostgresPrograms, identity: Identity, folder: Path) -> None:
        """Make the server's files; they appear under their final name only when they are whole and on disk."""
        others = [path.name for path in folder.parent.glob("pg[0-9]*") if path.is_dir() and path.suffix != ".new"]
        if others:
            raise StackError(
                f"{folder.parent} holds a database of Postgres {others[0][2:]}, but the Postgres found is "
                f"{programs.version} ({programs.folder}): install that older one, or choose another folder with --data."
            )
        draft = folder.with_name(folder.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        identity.give(draft)
        password = self._password_for(identity, folder.parent)
        try:
            made = subprocess.run(
                launcher(_initdb(programs, draft, password), identity.options),
                capture_output=True, text=True, check=False, cwd="/", env=_environment(),
            )  # fmt: skip
        finally:
            password.unlink()
        if made.returncode != 0:
            raise StackError(f"Postgres could not make its files in {draft}: {made.stderr.strip() or made.stdout}")
        draft.rename(folder)
        _sync_folder(folder.parent)

    def _password_for(self, identity: Identity, home: Path) -> Path:
        """Write the password where `initdb` can read it under its identity; the caller removes the file."""
        file = home / ".password"
        with suppress(FileNotFoundError):
            file.unlink()
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(self._data.secret(_PASSWORD) + "\n")
        identity.give(file)
        return file

    def _create_database(self) -> None:
        address = self.url.rpartition("/")[0] + "/postgres"
        with psycopg.connect(address, autocommit=True, connect_timeout=10) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _spec(programs: PostgresPrograms, identity: Identity, folder: Path, port: int) -> ChildSpec:
    settings = {**_SETTINGS, "port": str(port)}
    command = [str(programs.folder / "postgres"), "-D", str(folder)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    # SIGINT is Postgres' "fast" stop. When the supervisor is gone it is SIGQUIT: everything ends now, the shared
    # memory and the lock file are tidied away, and the log replays what had not reached the tables.
    return ChildSpec(
        NAME, command, _environment(), identity.options, Path("/"),
        stop_signal=signal.SIGINT, stop_seconds=3.0, death_signal=signal.SIGQUIT,
    )  # fmt: skip


def _initdb(programs: PostgresPrograms, folder: Path, password: Path) -> list[str]:
    # The same order of text on every machine, whatever languages it has installed.
    builtin = 17
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if programs.major >= builtin else []
    return [
        str(programs.folder / "initdb"), "-D", str(folder), "-U", ROLE, "--pwfile", str(password),
        "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--data-checksums", *locale,
    ]  # fmt: skip


def _environment() -> dict[str, str]:
    """The environment without the user's libpq settings, which would reach into the server as well."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _is_ready(folder: Path, pid: int | None) -> bool:
    """Whether the lock file says that *this* process accepts connections; the server itself keeps the file."""
    try:
        lines = (folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    status_line = 8
    return len(lines) >= status_line and lines[0] == str(pid) and lines[status_line - 1].strip() == "ready"


def _clear_stale_lock(folder: Path) -> None:
    """Make way after a killed server.

    We hold the data folder's lock, so whoever still works on this folder is an orphan of ours and is ended. A lock
    file of a process that is gone, a zombie, or not a Postgres is removed: the server would take the pid for its own.
    """
    processes.end_all(processes.working_in(folder), signal.SIGQUIT, patience=5.0)
    lock = folder / "postmaster.pid"
    try:
        holder = int(lock.read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return
    process = processes.find(holder)
    if process is not None and str(folder) in process.command:
        processes.end_all([process], signal.SIGQUIT, patience=5.0)
    lock.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
