"""My inbox: what I was told, newest first, and marking it as read."""

import re

from flask import Response

from api.models.me import PageQuery
from api.models.notifications import ReadBody
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.queries import checked, query_of
from api.pages.rendering import framed_page, see_other
from api.pages.visitors import checked_form, members_only
from api.routes.me import get_me
from api.routes.notifications import get_notifications, read

_NUMBER = re.compile("[0-9]{1,19}")


@pages.get("/inbox")
@members_only
def show_inbox() -> Response:
    """List what the member was told."""
    query = query_of(PageQuery, "cursor")
    found = v1(get_notifications)(query)
    return framed_page("inbox.html", page=found, cursor=query.cursor, time_zone=v1(get_me)().time_zone)


@pages.post("/inbox/read")
@members_only
def do_read() -> Response:
    """Mark everything as read up to the newest that the form's page showed; what came since stays unread."""
    up_to = checked_form().get("up_to", "")
    v1(read)(checked(ReadBody, {"up_to": int(up_to) if _NUMBER.fullmatch(up_to) else up_to}))
    return see_other("/inbox")
