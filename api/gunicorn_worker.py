"""Gunicorn's gevent worker, which takes all new connections that wait before it goes on with those it has.

Gunicorn's own takes one at a time, to share them evenly among its workers. A worker that has too much to do then leaves
them waiting in the system's queue, where nobody can tell them that it is too much: on a machine with twice as many
requests as it got done, some for half a minute.
"""

from collections.abc import Callable
from functools import partial
from socket import socket
from typing import Any

from gevent.server import StreamServer  # type: ignore[import-untyped]
from gunicorn.workers.ggevent import GeventWorker  # type: ignore[import-untyped]

ACCEPTED_AT_ONCE = 500  # no more than the door lets in, so that the other workers have some of a crowd


class Worker(GeventWorker):  # type: ignore[misc] # neither library has types
    """The worker class to name in gunicorn's settings."""

    @property
    def server_class(self) -> Callable[..., StreamServer]:
        """Return what makes the server of a listener; gunicorn gives it more than it needs."""
        return self._server

    def _server(self, listener: socket, *, spawn: Any, ssl_context: Any = None, **_: Any) -> StreamServer:
        encrypted = {} if ssl_context is None else {"ssl_context": ssl_context}
        server = StreamServer(listener, handle=partial(self.handle, listener), spawn=spawn, **encrypted)
        server.max_accept = ACCEPTED_AT_ONCE
        return server
