"""The readable form of the OpenAPI document at `/docs`: one page of plain HTML, without scripts."""

import re
from typing import Any, cast

from apiflask import APIFlask
from flask import Response, render_template
from markupsafe import Markup, escape

from api.problem_kinds import PROBLEMS

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def register(app: APIFlask) -> None:
    """Serve the page."""

    @app.get("/docs")
    @app.doc(hide=True)
    def docs() -> Response:
        spec = cast("dict[str, Any]", app._get_spec("json"))  # noqa: SLF001 - the cached document; `spec` makes it anew
        page = render_template(
            "docs.html", spec=spec, operations=_by_tag(spec), problems=PROBLEMS, describe=describe_schema, prose=prose
        )
        return Response(page, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _POLICY})


def _by_tag(spec: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for path, operations in spec["paths"].items():
        for method, about in operations.items():
            entry = {**about, "path": path, "method": method.upper()}
            grouped.setdefault(about.get("tags", ["Other"])[0], []).append(entry)
    return grouped


def prose(text: str) -> Markup:
    """Return a description as HTML paragraphs; `code` and *stress* are all the Markdown that is used."""
    html = str(escape(text.strip()))
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", html)
    html = re.sub(r"(?<!\w)\*([^*]+)\*(?!\w)", r"<em>\1</em>", html)
    return Markup("".join(f"<p>{paragraph}</p>" for paragraph in html.split("\n\n")))  # noqa: S704 - escaped above


def describe_schema(schema: dict[str, Any]) -> tuple[str, str | None]:
    """Return a schema in a few words, and the name of the model it refers to, if it does."""
    if reference := schema.get("$ref"):
        name = reference.rpartition("/")[2]
        return name, name
    if options := schema.get("anyOf"):
        described = [describe_schema(option) for option in options]
        return " or ".join(words for words, _ in described), next((name for _, name in described if name), None)
    if "const" in schema or "enum" in schema:
        return " | ".join(repr(value) for value in schema.get("enum", [schema.get("const")])), None
    if schema.get("type") == "array":
        words, name = describe_schema(schema["items"])
        return f"list of {words}", name
    return str(schema.get("format") or schema.get("type", "anything")), None
