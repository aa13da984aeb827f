"""A real server: gunicorn with one gevent worker, over real sockets."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import UUID

from storage.settings import settings
from tests.integration.api.conftest import token_of, until
from tests.integration.studio import Member

PROJECT = Path(__file__).parents[3]


@dataclass
class Server:
    """One gunicorn with one worker."""

    port: int
    process: subprocess.Popen[bytes]

    def ask(self, method: str, path: str, member: Member | None = None, body: Any = None, **headers: str) -> Any:
        """Return status and JSON of one request over a connection of its own."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=40)) as http:
            text = None if body is None else json.dumps(body)
            http.request(method, path, text, {**self.head(member), **headers})
            answer = http.getresponse()
            return answer.status, json.loads(answer.read())

    def book(self, session_id: UUID, member: Member, **headers: str) -> Any:
        path = f"/v1/sessions/{session_id}/bookings"
        return self.ask("POST", path, member, {"pass_id": str(member.pass_id)}, **headers)

    def open(self, head: str) -> socket.socket:
        """Return a connection over which this head was sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=40)
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n")
        return connection

    def listen(self, member: Member, session_id: UUID) -> socket.socket:
        """Return the connection of an event stream."""
        token = token_of(settings(), member.id)
        return self.open(f"GET /v1/events?session_id={session_id} HTTP/1.1\nHost: x\nAuthorization: {token}\n")

    @staticmethod
    def head(member: Member | None) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        if member is not None:
            headers["Authorization"] = token_of(settings(), member.id)
        return headers


@contextmanager
def running(said: Path, *options: str, **variables: str) -> Iterator[Server]:
    """Run a server with these options and environment; what it has to say is in this file then."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "SEATLINE_BIND": f"127.0.0.1:{port}", "SEATLINE_API_WORKERS": "1", **variables}
    command = [sys.executable, "-m", "gunicorn", "-c", "api/gunicorn_conf.py", *options]
    with said.open("wb") as out:
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=out, stderr=out)
    server = Server(port, process)

    def answers() -> bool:
        assert process.poll() is None, said.read_text()
        try:
            return bool(server.ask("GET", "/live")[0] == 200)
        except OSError:
            return False

    until(answers)
    yield server
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    finally:
        process.kill()


def children_of(pid: int) -> list[int]:
    """Return the processes that this one has started and that run."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
