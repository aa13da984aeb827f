"""The few HTML pages for people: no scripts, one stylesheet from here, nothing from elsewhere."""

from typing import Any

from flask import Response, render_template

POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def page(template: str, *, status: int = 200, **values: Any) -> Response:
    """Return the template as a page that browsers let do nothing but show itself and send its own forms here."""
    html = render_template(template, **values)
    headers = {"Content-Security-Policy": POLICY, "X-Robots-Tag": "noindex"}
    return Response(html, status, headers, content_type="text/html; charset=utf-8")
