"""Finds ports nobody listens on, and says whether one is taken."""

import random
import socket
from contextlib import closing

from ops.stack.errors import StackError

LOOPBACK = "127.0.0.1"
# Below the ranges from which Linux (32768 up) and macOS (49152 up) pick the near end of outgoing connections: a server
# that is down for a moment must not find its port given away, or clients that dial it connected to themselves.
_OWN_RANGE = range(15_000, 32_000)


def is_free(port: int) -> bool:
    """Whether a server may listen on this loopback port now; raises PermissionError for a port the user may not use."""
    with closing(socket.socket()) as probe:
        probe.settimeout(1.0)
        # Asked first because macOS lets two sockets bind one port when one of them names the address.
        if probe.connect_ex((LOOPBACK, port)) == 0:
            return False
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except PermissionError:
            raise
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a loopback port that nobody uses; another process may still take it before you do."""
    for port in random.sample(_OWN_RANGE, 200):
        if is_free(port):
            return port
    raise StackError(
        f"No free port between {_OWN_RANGE.start} and {_OWN_RANGE.stop - 1}: end some servers on this machine."
    )
