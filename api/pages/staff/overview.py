"""Where staff begin: the areas they may enter."""

from flask import Response

from api.pages.blueprint import pages
from api.pages.rendering import framed_page
from api.pages.staff.frame import staff_only
from domain.roles import Role


@pages.get("/staff")
@staff_only(Role.TRAINER)
def show_overview() -> Response:
    """Show the areas."""
    return framed_page("staff/overview.html")
