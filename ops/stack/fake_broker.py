"""The last resort where no Valkey or Redis runs: an in-memory imitation behind a TCP port.

Run as `python -m ops.stack.fake_broker PORT`; the password comes by the environment. It forgets everything when it
stops, which loses nothing that was accepted: the sweeper finds the waiting commands in Postgres.
"""

import os
import sys

from fakeredis import TcpFakeServer

from ops.stack.broker import PASSWORD_VARIABLE
from ops.stack.ports import LOOPBACK


def main() -> None:
    """Serve until killed."""
    server = TcpFakeServer((LOOPBACK, int(sys.argv[1])), server_type="redis")
    # Without this each small reply waits for the acknowledgement of the one before: 94 ms a task instead of 12.
    server.RequestHandlerClass.disable_nagle_algorithm = True  # type: ignore[attr-defined]
    server.fake_server.config[b"requirepass"] = os.environ[PASSWORD_VARIABLE].encode()
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
