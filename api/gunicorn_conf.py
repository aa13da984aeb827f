"""Gunicorn's settings: two gevent workers, in which a client that waits or listens costs no thread.

Run it with `gunicorn -c api/gunicorn_conf.py`. `SEATLINE_BIND` says where to listen, `SEATLINE_API_WORKERS` with how
many workers, `SEATLINE_ACCESS_LOG=-` writes a line for each request.

The application is loaded once and each worker forked from it: they share most of its memory, and one that dies is
there again at once. So a new version, or changed settings, take a restart: SIGHUP brings only new workers.
"""

import gc
import os
import resource
import socket
import warnings
from typing import Any

from gevent import monkey  # type: ignore[import-untyped]

# Patching in two steps, and ssl that gunicorn has loaded before; nothing has used it by then.
warnings.filterwarnings("ignore", message="Monkey-patching ssl|Patching more than once")
if __name__ == "__config__":  # as gunicorn names it; whoever imports it to look at a setting stays as they are
    # Before the application is loaded, in the process that forks. That one itself goes on with the system's own
    # processes, signals and the queue it hears of them through; its workers patch these, too.
    monkey.patch_all(os=False, signal=False, queue=False)

    # Loading makes only what stays, through which the collector would go time and again: a tenth of the start.
    gc.disable()

from workers.logs import set_up_logs  # noqa: E402

preload_app = True
wsgi_app = "api.app:create_app()"
bind = os.environ.get("SEATLINE_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("SEATLINE_API_WORKERS", "2"))
worker_class = "api.gunicorn_worker.Worker"
worker_connections = 10_000
# A connection that says nothing, or its request's head byte by byte, is closed after so many seconds.
keepalive = 30
# Open event streams never end by themselves; they are cut off after a second, and come again elsewhere.
graceful_timeout = 1
logger_class = "api.access_log.AccessLog"
accesslog = os.environ.get("SEATLINE_ACCESS_LOG") or None
loglevel = "warning"
control_socket_disable = True

UNREAD_MILLISECONDS = 60_000


def on_starting(_server: Any) -> None:
    """Let every worker have as many open connections as the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def when_ready(server: Any) -> None:
    """Let the system close what a client does not take for a minute: an event stream that nobody reads, above all.

    Keep what the app is made of out of the garbage collector, which else goes through all of it in some request, and
    writes to memory that is shared until then.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    for listener in server.LISTENERS:
        if listener.sock.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
            # Each connection has it from its listener.
            listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MILLISECONDS)


def on_reload(_server: Any) -> None:
    """Collect garbage again: SIGHUP has these settings read anew, which stops it."""
    gc.enable()


def post_worker_init(_worker: Any) -> None:
    """Log as every process does, and without the values that a fault met, which structlog's own way would show."""
    set_up_logs()
