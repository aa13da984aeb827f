"""Compressed answers, for clients that read them: pages, files and JSON shrink to a tenth."""

from apiflask import APIFlask
from flask import Response
from flask_compress import Compress

# An event stream is none of these: what it says must leave at once.
_TYPES = ["text/html", "text/css", "text/javascript", "image/svg+xml", "text/calendar", "application/json"]
_FROM_BYTES = 1400  # what is smaller travels in one packet anyway


def register(app: APIFlask) -> None:
    """Compress what the app answers; first of all that is registered, since it must be the last to touch an answer."""
    app.config.update(
        COMPRESS_MIMETYPES=_TYPES,
        COMPRESS_MIN_SIZE=_FROM_BYTES,
        COMPRESS_ALGORITHM=["zstd", "br", "gzip"],
        COMPRESS_STREAMS=False,
    )
    Compress(app)

    @app.after_request
    def read_file(response: Response) -> Response:
        """Read our own small files whole: Flask streams files, and a compressed stream would leave them open."""
        if response.direct_passthrough:
            response.direct_passthrough = False
            response.make_sequence()
        return response
