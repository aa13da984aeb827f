"""What a page is asked for in its address or form, as the checked input of the operation behind it; and whole lists."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError

from api.errors import input_problem
from api.language import gettext
from api.models.common import Named
from api.models.me import PageQuery
from api.models.sessions import NamesPage
from api.pages.interface import v1

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


class _Page(Protocol[T]):
    @property
    def items(self) -> list[T]: ...

    @property
    def next_cursor(self) -> str | None: ...


ON_A_PAGE = 20
"""How many entries a page shows before it says "More"."""


def query_of(model: type[M], *names: str) -> M:
    """Return these arguments of the address as the operation's query, a page's worth; others are passed over.

    What makes no sense ends the request with the problem `invalid_input`.
    """
    arguments = {name: value for name, value in request.args.to_dict().items() if name in names}
    return checked(model, {**arguments, "limit": ON_A_PAGE})


def checked(model: type[M], values: Mapping[str, Any]) -> M:
    """Return the values as an operation's input; bad ones end the request with the problem `invalid_input`."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise input_problem(error, "form") from None


def saved_words(said: Mapping[str, str]) -> str | None:
    """Return the words for what the address says was saved."""
    text = said.get(request.args.get("saved", ""))
    return text and gettext(text)


def every(page_from: Callable[[str | None], _Page[T]]) -> Iterator[T]:
    """Yield the items of all pages of a list; a page is read when the one before it is used up."""
    page = page_from(None)
    yield from page.items
    while page.next_cursor is not None:
        page = page_from(page.next_cursor)
        yield from page.items


def names(operation: Callable[[PageQuery], NamesPage]) -> list[Named]:
    """Return the whole list of trainers, of trainings, or of spaces."""
    return list(every(lambda cursor: v1(operation)(PageQuery(cursor=cursor, limit=None))))
