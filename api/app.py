"""The web application: `create_app` puts routes, errors, headers and documentation together."""

from collections.abc import Callable
from typing import Any

from apiflask import APIFlask

from api import compression, docs_page, errors, headers, openapi
from api.adapter import ModelJson
from api.browser import COOKIE, FORM_TOKEN_HEADER
from api.in_hand import Door
from api.pages import rendering, site
from api.requests import JsonRequest
from api.routes import ROUTES
from api.services import EXTENSION, Services
from storage.settings import Settings
from storage.settings import settings as process_settings

API_VERSION = "1.0"


_DESCRIPTION = """
Books places in training sessions, fairly and exactly.

Booking and cancelling are *commands*: each is accepted at once, decided in order with all others of its session, and
ends in exactly one outcome. Ask for the outcome at `/v1/commands/{id}`, wait for it with the header
`Prefer: wait=10`, or hear of it on `/v1/events`.

Every problem is `application/problem+json` with a stable `code` and a sentence that says what to do. An address that
does not exist, an id that is no UUID among them, is answered 404 `not_found`; a method that an address does not know
405 `method_not_allowed`. Instants are RFC 3339 in UTC.

Why something was refused, and what notifications say, is told in the language of `Accept-Language` if it is English or
German, else in English. Codes never change.
"""


class _App(APIFlask):
    """The application, none of whose functions is a coroutine."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function itself, which Flask else looks at with each request to find out."""
        return func


def create_app(settings: Settings | None = None) -> APIFlask:
    """Return the application; connections are opened when the first request needs them.

    Raises `SettingsError` where no settings are given and the environment lacks one.
    """
    settings = settings or process_settings()
    app = _App("api", title="Seatline", version=API_VERSION, docs_path=None, json_errors=False)
    app.request_class = JsonRequest
    app.config.update(
        MAX_CONTENT_LENGTH=settings.body_bytes_max,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_AUTH_ERROR_RESPONSE=False,
        AUTO_404_RESPONSE=False,
        AUTO_200_RESPONSE=False,
        SERVERS=[{"url": "/"}],
        DESCRIPTION=_DESCRIPTION.strip(),
        SECURITY_SCHEMES={
            openapi.SECURITY_SCHEME: {
                "type": "http",
                "scheme": "bearer",
                "description": "An access token from POST /v1/tokens. Scripts of the studio's own pages need none: "
                f"where no Authorization header comes, the browser's sign-in cookie (`{COOKIE}`, with https "
                f"`__Host-{COOKIE}`) lets its member in, and "
                f"with POST, PATCH and DELETE the header `{FORM_TOKEN_HEADER}` must prove that such a page sent it.",
            }
        },
    )
    app.json = ModelJson(app)
    services = app.extensions[EXTENSION] = Services(settings)
    app.spec_callback = openapi.finish  # type: ignore[assignment] # it is given the JSON form, never YAML
    compression.register(app)
    errors.register(app)
    headers.register(app, settings)
    for routes in ROUTES:
        app.register_blueprint(routes)
    rendering.register(app)
    site.register(app)
    docs_page.register(app)
    app.wsgi_app = Door(app.wsgi_app, services.in_hand, settings)  # type: ignore[method-assign] # as Flask's docs say
    return app
