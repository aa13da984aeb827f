"""The real server: gunicorn with a gevent worker, over real sockets."""

import gc
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest

from api import gunicorn_conf
from api.gunicorn_conf import UNREAD_MILLISECONDS, when_ready
from api.gunicorn_worker import ACCEPTED_AT_ONCE, Worker
from api.services import CONNECTIONS_MAX
from storage.settings import Settings
from tests.integration.api.conftest import until
from tests.integration.api.running_server import PROJECT, Server, children_of, running
from tests.integration.studio import Studio


@pytest.fixture(scope="module")
def server(_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    said = tmp_path_factory.mktemp("gunicorn") / "said.txt"
    with running(said) as server:
        yield server
    assert said.read_text() == ""


def read_until(connection: socket.socket, wanted: bytes) -> bytes:
    heard = b""
    while wanted not in heard:
        more = connection.recv(65536)
        assert more, heard
        heard += more
    return heard


def test_a_booking_is_made_over_the_wire(server: Server, studio: Studio, serving: None) -> None:
    status, command = server.book(studio.a_session(), studio.a_member(), Prefer="wait=20")
    assert (status, command["booking"]["status"]) == (201, "confirmed")


@pytest.mark.parametrize("length", ["Content-Length: 1000000000", "Transfer-Encoding: chunked"])
def test_a_huge_body_is_refused_before_it_has_come(server: Server, studio: Studio, length: str) -> None:
    headers = "\n".join(f"{name}: {value}" for name, value in server.head(studio.a_member()).items())
    head = f"POST /v1/sessions/{studio.a_session()}/bookings HTTP/1.1\nHost: x\n{headers}\n{length}\n"
    with server.open(head) as connection:
        chunk = b"x" * 32_768
        if "chunked" in length:
            chunk = b"8000\r\n" + chunk + b"\r\n"
        for _ in range(3):
            connection.sendall(chunk)
        assert b" 413 " in read_until(connection, b"body_too_large")


def test_a_slow_query_keeps_nobody_else_waiting(server: Server, studio: Studio) -> None:
    member, session_id = studio.a_member(), studio.a_session()
    with ThreadPoolExecutor(1) as pool, studio.db.transaction():
        studio.db.execute("LOCK TABLE pass_types IN ACCESS EXCLUSIVE MODE")
        slow = pool.submit(server.ask, "GET", f"/v1/sessions/{session_id}")
        until(lambda: waits_for_a_lock(studio))
        assert server.ask("GET", "/v1/me", member)[0] == 200
        assert not slow.done()
    # The lock went with the transaction; on a slow machine the query's time may have been up before.
    assert slow.result(20)[0] in {200, 503}


def waits_for_a_lock(studio: Studio) -> bool:
    row = studio.db.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    ).fetchone()
    return row is not None and row[0] > 0


def test_who_waits_and_listens_holds_no_database_connection(server: Server, studio: Studio) -> None:
    """Many more clients than connections, all at once, and still a command is accepted and everybody is told."""
    listeners, waiters = studio.members(60), studio.members(60)
    held, free = studio.a_session(capacity=60), studio.a_session()
    before = connections(studio)
    with ExitStack() as open_streams, ThreadPoolExecutor(len(waiters)) as pool:
        streams = [open_streams.enter_context(server.listen(member, held)) for member in listeners]
        for stream in streams:
            read_until(stream, b"event: session")
        waiting = [pool.submit(server.book, held, member, Prefer="wait=30") for member in waiters]
        until(lambda: commands_of(studio, held) == len(waiters))
        assert connections(studio) - before <= CONNECTIONS_MAX
        status, accepted = server.book(free, listeners[0])
        assert (status, accepted["status"]) == (202, "waiting")
        assert not any(one.done() for one in waiting)
        studio.serve(held)
        assert {one.result(30)[0] for one in waiting} == {201}
        for stream in streams:
            read_until(stream, b'"spots_left":0')


def commands_of(studio: Studio, session_id: UUID) -> int:
    row = studio.db.execute("SELECT count(*) FROM commands WHERE training_session_id = %s", (session_id,)).fetchone()
    assert row is not None
    return int(row[0])


def connections(studio: Studio) -> int:
    row = studio.db.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()").fetchone()
    assert row is not None
    return int(row[0])


def test_signing_in_keeps_nobody_else_waiting_for_the_hash(server: Server, studio: Studio) -> None:
    """Several hashes at once are computed beside the loop, in native threads."""
    with ThreadPoolExecutor(8) as pool:
        body = {"email": "nobody@example.test", "password": "x"}
        signing_in = [pool.submit(server.ask, "POST", "/v1/tokens", None, body) for _ in range(8)]
        assert server.ask("GET", "/live")[0] == 200
        assert {one.result(30)[0] for one in signing_in} == {401}


@pytest.fixture(scope="module")
def hasty(_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that gives its clients a second for whatever they have to say."""
    said = tmp_path_factory.mktemp("hasty") / "said.txt"
    with running(said, "--keep-alive", "1", SEATLINE_BODY_SECONDS_MAX="1") as server:
        yield server


def is_hung_up_on(connection: socket.socket, *, saying: bytes = b"") -> bool:
    """Say so much, a byte at a time and never the end of it, until the server hangs up."""
    try:
        for byte in saying:
            connection.sendall(bytes([byte]))
            connection.settimeout(0.05)
            try:
                if connection.recv(1) == b"":
                    return True
            except TimeoutError:
                continue
        connection.settimeout(40)
        return connection.recv(1) == b""
    except (ConnectionResetError, BrokenPipeError):
        return True


@pytest.mark.parametrize("saying", [b"", b"GET /live HTTP/1.1\r\nX-Slow: " + b"a" * 400])
def test_who_says_nothing_or_never_the_whole_request_is_hung_up_on(hasty: Server, saying: bytes) -> None:
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=40) as connection:
        assert is_hung_up_on(connection, saying=saying)


@pytest.mark.parametrize("length", ["Content-Length: 60000", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("path", ["/v1/tokens", "/sign-in"])
def test_a_body_that_never_ends_is_waited_for_no_longer_than_set(hasty: Server, path: str, length: str) -> None:
    kind = "application/json" if path.startswith("/v1") else "application/x-www-form-urlencoded"
    head = f"POST {path} HTTP/1.1\nHost: x\nContent-Type: {kind}\n{length}\n"
    with hasty.open(head) as connection:
        connection.sendall(b"ffff\r\na" if "chunked" in length else b"{")
        answer = read_until(connection, b"\r\n\r\n")
        assert b" 400 " in answer.splitlines()[0], answer
        # Nor is the rest waited for: the connection is of no use to anybody any more.
        while connection.recv(65536):
            pass
    assert hasty.ask("GET", "/live")[0] == 200


def test_what_a_client_never_takes_is_given_up_by_the_system() -> None:
    class Ready:
        def __init__(self, sock: socket.socket) -> None:
            self.LISTENERS = [self]
            self.sock = sock

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        when_ready(Ready(listener))
        with socket.create_connection(listener.getsockname()), closing(listener.accept()[0]) as accepted:
            limit = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)

    assert limit == UNREAD_MILLISECONDS


def test_the_garbage_collector_does_not_go_through_what_the_app_is_made_of() -> None:
    gc.unfreeze()
    when_ready(SimpleNamespace(LISTENERS=[]))
    try:
        assert gc.get_freeze_count() > 100_000
    finally:
        gc.unfreeze()


_READ_AS_GUNICORN_DOES = """
import gc, runpy, types
settings = runpy.run_path("api/gunicorn_conf.py", run_name="__config__")
stopped = not gc.isenabled()
settings[{hook!r}](types.SimpleNamespace(LISTENERS=[]))
print(stopped, gc.isenabled())
"""


@pytest.mark.parametrize("hook", ["when_ready", "on_reload"])
def test_garbage_is_collected_again_once_the_app_is_loaded_and_after_sighup(hook: str) -> None:
    program = [sys.executable, "-c", _READ_AS_GUNICORN_DOES.format(hook=hook)]

    said = subprocess.run(program, cwd=PROJECT, check=True, capture_output=True, text=True).stdout

    assert said.split() == ["True", "True"]


@pytest.mark.usefixtures("_environment")
def test_a_worker_that_dies_is_followed_by_one_that_shares_what_is_loaded(tmp_path: Path, studio: Studio) -> None:
    with running(tmp_path / "said.txt") as server:
        (killed,) = children_of(server.process.pid)
        os.kill(killed, signal.SIGKILL)
        until(lambda: children_of(server.process.pid) not in ([], [killed]))
        (follower,) = children_of(server.process.pid)

        assert server.ask("GET", f"/v1/sessions/{studio.a_session()}")[0] == 200
        assert memory(follower, "Private") < memory(follower, "Shared")


def test_what_the_app_uses_is_loaded_after_it_was_made_to_yield() -> None:
    start = """
import runpy
from gevent import monkey
runpy.run_path("api/gunicorn_conf.py", run_name="__config__")  # as gunicorn reads it, before it loads the app

assert all(monkey.is_module_patched(name) for name in ("select", "socket", "threading", "time"))
from psycopg import waiting
assert waiting.wait is not waiting.wait_c, "a query would hold up every other client"
# The process that forks hears of its workers' ends through these.
assert not any(monkey.is_module_patched(name) for name in ("os", "signal", "queue"))
"""
    ran = subprocess.run([sys.executable, "-c", start], cwd=PROJECT, capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")


def memory(pid: int, kind: str) -> int:
    """Return how many kB of a process' memory are its own, or shared with others."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(kind))


def test_a_fault_is_logged_as_in_every_process_and_without_the_values_it_met() -> None:
    fault = """
import structlog
from api.gunicorn_conf import post_worker_init

def sign_in(password):
    raise RuntimeError("a fault")

post_worker_init(None)
try:
    sign_in("what nobody" + " may read")
except RuntimeError as error:
    structlog.get_logger().error("request failed", exc_info=error)
"""
    ran = subprocess.run([sys.executable, "-c", fault], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert ran.stdout == ""
    assert ' level=error event="request failed" ' in ran.stderr
    assert "RuntimeError: a fault" in ran.stderr
    assert "may read" not in ran.stderr.replace('" may read"', "")


def test_a_worker_takes_all_who_wait_to_connect_but_no_more_than_its_door_lets_in() -> None:
    module, _, name = gunicorn_conf.worker_class.rpartition(".")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        worker = Worker.__new__(Worker)
        server = worker.server_class(listener, spawn=1, application=None, environ={})

    assert (module, name) == (Worker.__module__, Worker.__name__)
    assert server.max_accept == ACCEPTED_AT_ONCE == Settings.requests_in_hand_max
