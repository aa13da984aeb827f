"""What the frame around each page shows of the inbox."""

from collections.abc import Callable

from api.pages.blueprint import pages
from api.pages.interface import v1
from api.routes.notifications import get_unread
from storage.queries.notifications import UNREAD_COUNTED_MAX


@pages.app_context_processor
def inbox_of_visitor() -> dict[str, Callable[[], str]]:
    """Let the frame ask how much is unread; it does so for members only, once a page."""
    return {"unread_shown": unread_shown}


def unread_shown() -> str:
    """Return how many of the visitor's notifications are unread, as a badge shows it: nothing for none, `99+`."""
    unread = v1(get_unread)().unread
    if unread >= UNREAD_COUNTED_MAX:
        return f"{UNREAD_COUNTED_MAX - 1}+"
    return str(unread) if unread else ""
