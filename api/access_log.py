"""Gunicorn's access log, in which no address has the secret that it is a right by."""

from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from api.addresses import without_secret


class AccessLog(Logger):  # type: ignore[misc] # gunicorn has no types
    """Writes each request as gunicorn does, with addresses as `api.addresses` lets them be seen."""

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        """Return what the log's format may name."""
        atoms = super().atoms(resp, req, environ, request_time)
        return {name: without_secret(value) if isinstance(value, str) else value for name, value in atoms.items()}
