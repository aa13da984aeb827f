"""Postgres and Valkey for one data folder, without the rest of the stack."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from ops.stack import given
from ops.stack.broker import BrokerServer
from ops.stack.folder import DataFolder
from ops.stack.identity import Identity
from ops.stack.postgres import PostgresServer
from ops.stack.record import ChildRecord
from storage.process_roles import Process


class EmbeddedServers:
    """The two servers, started from the programs that the Python packages bring; usable as a context manager.

    A server whose URL is given, as an argument or by `SEATLINE_DATABASE_URL` / `SEATLINE_REDIS_URL`, is not started:
    its URL is checked and handed out as it is. The data folder is locked from `claim` (or `start`) to `stop`. No
    server outlives the process that started it, however that process ends.
    """

    def __init__(
        self,
        data: Path,
        *,
        database_url: str | None = None,
        redis_url: str | None = None,
        identity: Identity | None = None,
    ) -> None:
        self.folder = DataFolder(data)
        self.record = ChildRecord(self.folder)
        self._database_url = database_url or os.environ.get("SEATLINE_DATABASE_URL") or None
        self._redis_url = redis_url or os.environ.get("SEATLINE_REDIS_URL") or None
        self.postgres = None if self._database_url else PostgresServer(self.folder, self.record, identity)
        self.broker = None if self._redis_url else BrokerServer(self.folder, self.record)

    @property
    def database_url(self) -> str:
        """The URL of the database, as libpq and psycopg read it."""
        return self._database_url or (self.postgres.url if self.postgres else "")

    @property
    def redis_url(self) -> str:
        """The URL of the broker, as redis-py and Celery read it."""
        return self._redis_url or (self.broker.url if self.broker else "")

    def role_passwords(self) -> dict[Process, str]:
        """The passwords of the processes' roles, made at the first start; none where the database is another's."""
        if self.postgres is None:
            return {}
        return {process: self.folder.secret(f"postgres_{process}_password") for process in Process}

    def claim(self) -> None:
        """Lock the data folder and end what an earlier, killed holder left running; StackError when it is in use."""
        if not self.folder.claimed:
            self.folder.claim()
            self.record.open()

    def start(self) -> None:
        """Start both servers, or check the given ones; returns when both answer. A StackError leaves none running."""
        self.claim()
        try:
            if self.postgres:
                self.postgres.start()
            else:
                given.check_database(self.database_url)
            if self.broker:
                self.broker.start()
            else:
                given.check_broker(self.redis_url)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both servers, Valkey first, and unlock the data folder."""
        try:
            for _name, server in reversed(self.running()):
                server.stop()
        finally:
            if self.folder.claimed:
                self.record.close()
                self.folder.release()

    def running(self) -> list[tuple[str, PostgresServer | BrokerServer]]:
        """The servers that this object runs, by the name to show."""
        pairs = (("Postgres", self.postgres), ("Valkey", self.broker))
        return [(name, server) for name, server in pairs if server]

    def described(self) -> str:
        """What was started, in a few words for the terminal."""
        database = f"Postgres {self.postgres.version}" if self.postgres else "your Postgres"
        return f"{database} and {self.broker.version if self.broker else 'your Redis'}"

    @property
    def warning(self) -> str:
        """What the user must know about the servers that were found; empty when all is well."""
        return self.broker.warning if self.broker else ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
