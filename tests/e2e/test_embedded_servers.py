"""The two embedded servers for real, without the rest of the stack: both roads of root, given URLs, leftovers."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest
import redis

from ops.stack import identity, processes
from ops.stack.errors import StackError
from ops.stack.ports import free_port
from ops.stack.servers import EmbeddedServers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to see that no process is left")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run Postgres under another name")


@pytest.fixture(autouse=True)
def _no_given_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The subject is our own servers, also where the suite runs against given ones."""
    monkeypatch.delenv("SEATLINE_DATABASE_URL", raising=False)
    monkeypatch.delenv("SEATLINE_REDIS_URL", raising=False)


def count(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
        return int(row[0]) if row else -1


def keep_row(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (at timestamptz DEFAULT now())")
        connection.execute("INSERT INTO kept DEFAULT VALUES")


def test_the_servers_keep_what_was_written_and_only_their_owner_reads_the_passwords(tmp_path: Path) -> None:
    data = tmp_path / "with space" / "data"
    for round_number in (1, 2):
        with EmbeddedServers(data) as servers:
            keep_row(servers.database_url)
            assert count(servers.database_url) == round_number
            with psycopg.connect(servers.database_url) as connection:
                wanted = {"fsync": "on", "TimeZone": "UTC", "max_connections": "200", "listen_addresses": "127.0.0.1"}
                for name, value in wanted.items():
                    assert connection.execute(f"SHOW {name}").fetchone() == (value,)
            with redis.Redis.from_url(servers.redis_url, decode_responses=True) as client:
                client.rpush("line", round_number)
                assert client.llen("line") == round_number
                assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    secrets = [data / name for name in ("postgres_password", "valkey_password", "valkey.conf")]
    assert {file.stat().st_mode & 0o777 for file in secrets} == {0o600}


def test_without_the_password_neither_server_lets_anybody_in(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path / "data") as servers:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(servers.database_url.replace("seatline:", "seatline:x"))
        with (
            redis.Redis.from_url(servers.redis_url.replace("://:", "://:x")) as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()


def test_a_second_start_in_the_same_folder_is_refused_with_folder_and_holder(tmp_path: Path) -> None:
    first, second = EmbeddedServers(tmp_path), EmbeddedServers(tmp_path)
    first.claim()
    try:
        with pytest.raises(StackError, match=rf"{tmp_path} is in use by another Seatline \(process {os.getpid()}\)"):
            second.start()
    finally:
        first.stop()


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StackError, match=r"cannot write in .*choose another folder with --data"):
        EmbeddedServers(tmp_path / "file" / "data").claim()


@as_root
def test_a_folder_of_another_user_is_told_in_a_sentence(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12345)
    with pytest.raises(StackError, match="belongs to another user"):
        EmbeddedServers(tmp_path).claim()


@as_root
def test_root_may_change_between_the_two_roads_and_keeps_the_data() -> None:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        roads = [identity.unprivileged(), identity.namespace(), identity.unprivileged()]
        if not identity.works(identity.namespace(), Path("/bin/true")):
            roads = roads[::2]
        for number, road in enumerate(roads, 1):
            with EmbeddedServers(folder / "data", identity=road) as servers:
                keep_row(servers.database_url)
                assert count(servers.database_url) == number
    finally:
        shutil.rmtree(folder)


def test_given_urls_replace_the_servers(tmp_path: Path) -> None:
    with (
        EmbeddedServers(tmp_path / "real") as real,
        EmbeddedServers(tmp_path / "data", database_url=real.database_url, redis_url=real.redis_url) as servers,
    ):
        assert (servers.database_url, servers.redis_url) == (real.database_url, real.redis_url)
        assert servers.running() == []
        assert not list((tmp_path / "data").glob("pg*"))


@pytest.mark.parametrize("given", ["SEATLINE_DATABASE_URL", "SEATLINE_REDIS_URL"])
def test_a_given_server_that_does_not_answer_is_named_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    port = free_port()
    scheme = "redis" if "REDIS" in given else "postgresql"
    monkeypatch.setenv(given, f"{scheme}://someone:hush@127.0.0.1:{port}/0")
    servers = EmbeddedServers(tmp_path / "data")
    with pytest.raises(StackError, match=f"does not answer.*{port}.*Check {given}") as refusal:
        servers.start()
    assert "hush" not in str(refusal.value)
    assert not servers.folder.claimed


@pytest.mark.parametrize(
    ("given", "url"),
    [("SEATLINE_DATABASE_URL", "host=here hush"), ("SEATLINE_REDIS_URL", "redis://:hush/x@here:6379")],
)
def test_a_given_url_that_cannot_be_read_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, url: str
) -> None:
    monkeypatch.setenv(given, url)
    with pytest.raises(StackError, match=f"{given} cannot be read: write it as") as refusal:
        EmbeddedServers(tmp_path / "data").start()
    assert "hush" not in str(refusal.value)


def test_a_stale_lock_file_and_half_made_files_do_not_stop_a_start(tmp_path: Path) -> None:
    half = tmp_path / "pg18.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with EmbeddedServers(tmp_path) as servers:
        keep_row(servers.database_url)
        made = next(tmp_path.glob("pg[0-9]*"))
    # The pid of a process that lives and is no Postgres: what a recycled pid looks like.
    (made / "postmaster.pid").write_text(f"{os.getppid()}\n{made}\n0\n1\n\n127.0.0.1\n0 0\nready\n")
    with EmbeddedServers(tmp_path) as servers:
        assert count(servers.database_url) == 1


def test_leftovers_are_ended_but_a_process_that_took_over_their_pid_is_not(tmp_path: Path) -> None:
    leftover = subprocess.Popen(["sleep", "600"], start_new_session=True)
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    with leftover, stranger:
        entries = []
        for process, started in ((leftover, None), (stranger, "1")):
            found = processes.find(process.pid)
            assert found
            entry = {"pid": process.pid, "name": "x", "started": started or found.started, "command": "sleep 600"}
            entries.append({**entry, "death_signal": int(signal.SIGKILL)})
        (tmp_path / "children.json").write_text(json.dumps(entries))
        servers = EmbeddedServers(tmp_path)
        servers.claim()
        servers.stop()
        try:
            assert leftover.wait(10) == -signal.SIGKILL
            assert stranger.poll() is None
        finally:
            stranger.kill()
