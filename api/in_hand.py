"""How many requests a process has in hand: beyond a limit whoever comes is turned away before they are read.

A process that takes in more than it gets done answers everybody ever later, and in the end nobody in time. Turning one
away costs so little that with twice as many as it gets done nearly all of the time is left for those who are let in
(docs/performance.md).
"""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from structlog import get_logger

from api.backlog import come_again_seconds
from api.headers import cross_origin_headers, usual_headers
from api.problem_codes import ProblemCode
from api.problems import PROBLEM_JSON, problem_members
from storage.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ALWAYS_ANSWERED = ("/live", "/ready", "/metrics")
"""What a process that is busy must go on saying, or it would be taken for a dead one and restarted."""

SAY_EVERY_SECONDS = 10.0

_BUSY = f"{HTTPStatus.SERVICE_UNAVAILABLE.value} {HTTPStatus.SERVICE_UNAVAILABLE.phrase}"

# The page is the same for everybody, brings its own style, and asks for nothing, which would be turned away too.
_PAGE_POLICY = ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")

log = get_logger()


class InHand:
    """The requests of one process that have begun and are not answered; who waits for something else counts not."""

    def __init__(self, requests_max: int) -> None:
        self._requests, self._requests_max = 0, requests_max
        self._turned_away, self._say_at = 0, 0.0

    @property
    def is_full(self) -> bool:
        """Whether no more may be begun."""
        return self._requests >= self._requests_max

    @contextmanager
    def one(self) -> Iterator[None]:
        """Have a request in hand."""
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1

    @contextmanager
    def laid_aside(self) -> Iterator[None]:
        """Let the request wait for an outcome, or for its client: that keeps nobody else from being answered."""
        self._requests -= 1
        try:
            yield
        finally:
            self._requests += 1

    def turn_away(self) -> None:
        """Count one who is turned away, and say now and then how many were."""
        self._turned_away += 1
        now = time.monotonic()
        if now >= self._say_at:
            log.warning("too many requests in hand", turned_away=self._turned_away, requests_max=self._requests_max)
            self._turned_away, self._say_at = 0, now + SAY_EVERY_SECONDS


class Door:
    """The WSGI application behind a door, which is shut while the process has enough in hand."""

    def __init__(self, application: "WSGIApplication", in_hand: InHand, settings: Settings) -> None:
        self._application, self._in_hand, self._settings = application, in_hand, settings
        self._problem = json.dumps(problem_members(ProblemCode.SERVER_BUSY)).encode()
        self._page = (Path(__file__).parent / "busy.html").read_bytes()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Let the request in, or turn it away with 503; what it wants and who sends it is not looked at then."""
        if self._in_hand.is_full and environ["PATH_INFO"] not in ALWAYS_ANSWERED:
            self._in_hand.turn_away()
            return self._turned_away(environ, start_response)
        with self._in_hand.one():
            return self._application(environ, start_response)

    def _turned_away(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer like everything else, without what costs time: for scripts a problem, for browsers a page."""
        is_page = "text/html" in environ.get("HTTP_ACCEPT", "") and not environ["PATH_INFO"].startswith("/v1/")
        body = self._page if is_page else self._problem
        headers = dict(usual_headers(self._settings)) | dict([_PAGE_POLICY] if is_page else [])
        headers |= {
            "Content-Type": "text/html; charset=utf-8" if is_page else PROBLEM_JSON,
            "Content-Length": str(len(body)),
            "Retry-After": str(come_again_seconds()),
            **dict(cross_origin_headers(self._settings, environ.get("HTTP_ORIGIN"))),
        }
        start_response(_BUSY, [*headers.items()])
        return [body]
