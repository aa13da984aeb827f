"""Headers of every answer: what browsers may do with it, and which other origins may read it."""

from apiflask import APIFlask
from flask import Response, request

from storage.settings import Settings

_DEFAULTS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    # What is answered is private or changes with the next booking: no cache may keep it.
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)
# For a year browsers use nothing but https with this host; what other hosts of its domain do is not ours to say.
_ENCRYPTED = ("Strict-Transport-Security", "max-age=31536000")
_METHODS = "GET, POST, PATCH, DELETE"
_REQUEST_HEADERS = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Prefer"
_ANSWER_HEADERS = "Location, Preference-Applied, Retry-After"
_PREFLIGHT_SECONDS = "600"


def register(app: APIFlask, settings: Settings) -> None:
    """Answer preflights of the allowed origins, and set the headers on every answer."""
    usual = usual_headers(settings)

    @app.before_request
    def preflight() -> Response | None:
        asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        if not (asks and _is_allowed(settings, request.headers.get("Origin"))):
            return None
        allowed = {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": _REQUEST_HEADERS,
            "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
        }
        return Response(status=204, headers=allowed)

    @app.after_request
    def set_headers(response: Response) -> Response:
        headers = response.headers
        there = {name.lower() for name, _ in headers}
        for name, value in usual:
            if name.lower() not in there:
                headers.add(name, value)
        for name, value in cross_origin_headers(settings, request.headers.get("Origin")):
            headers.add(name, value)
        return response


def usual_headers(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return what every answer has that says nothing else."""
    return (*_DEFAULTS, _ENCRYPTED) if settings.is_encrypted else _DEFAULTS


def cross_origin_headers(settings: Settings, origin: str | None) -> list[tuple[str, str]]:
    """Return what lets the scripts of an allowed origin read an answer; nothing for any other."""
    headers = [("Vary", "Origin")] if settings.cors_origins else []
    if origin and _is_allowed(settings, origin):
        headers += [("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", _ANSWER_HEADERS)]
    return headers


def _is_allowed(settings: Settings, origin: str | None) -> bool:
    # A token travels in a header, and credentials (the cookie) are allowed to no origin: "*" gives nobody a right more.
    return origin is not None and (origin in settings.cors_origins or "*" in settings.cors_origins)
