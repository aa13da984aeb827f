"""Jinja templates, compiled once a process: text without markup, and the HTML layout of mails.

Text templates do not escape, since nothing in them is markup; `*.html` escapes everything that is put into it. A macro
would pass unescaped from one to the other, so the HTML layout imports none: it is given finished texts. Its CSS is
inlined when it is loaded, markers and all, instead of once for every mail.
"""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, select_autoescape

from storage.told import ToldNotice
from workers.messages.errors import MessageError
from workers.messages.plain import shortened

TEMPLATES = Path(__file__).parent / "templates"

FAULTS = (TemplateError, LookupError, ValueError, TypeError, AttributeError, OverflowError)
"""What a template, or a value that is not what it should be, can raise."""


def render(template: str, values: Mapping[str, object], notice: ToldNotice) -> str:
    """Return the template filled with these values.

    A value that is missing or of the wrong kind, like any other fault of a template, raises `MessageError`.
    """
    try:
        return _environment().get_template(template).render(values)
    except FAULTS as error:
        raise unwritten(notice, template, error) from error


def unwritten(notice: ToldNotice, template: str, error: Exception) -> MessageError:
    """Return the error that says which notice cannot be written from which template, and why."""
    return MessageError(
        f"notice {notice.id} ({notice.kind}) cannot be written from {template}: {type(error).__name__}: {error}"
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=_InliningLoader(TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters["short"] = shortened
    return environment


class _InliningLoader(FileSystemLoader):
    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, path, is_current = super().get_source(environment, template)
        if template.endswith(".html"):
            # Needed for mails alone, and the API sends none; what goes wrong in it is a ValueError.
            from css_inline import CSSInliner  # noqa: PLC0415

            source = CSSInliner(load_remote_stylesheets=False).inline(source)
        return source, path, is_current
