"""My bookings in my own calendar: a booking as a file, and the address of the feed, which is shown once."""

from uuid import UUID

from flask import Response

from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.preferences import preferences_page
from api.pages.rendering import see_other
from api.pages.visitors import checked_form, members_only
from api.routes.calendar import delete_calendar_feed, get_booking_calendar, make_calendar_feed


@pages.get("/bookings/<uuid:booking_id>/calendar")
@members_only
def download_booking(booking_id: UUID) -> Response:
    """Hand out a booking for the member's calendar."""
    return v1(get_booking_calendar)(booking_id)


@pages.get("/preferences/calendar-feed")
def back_to_preferences() -> Response:
    """Lead whoever opens the form's own address to the page that the form is on."""
    return see_other("/preferences")


@pages.post("/preferences/calendar-feed")
@members_only
def do_make_feed() -> Response:
    """Make an address, or a new one, and show it here and now.

    It is not redirected to: the secret would stand in an address of ours, and in the browser's history.
    """
    checked_form()
    return preferences_page(feed_url=v1(make_calendar_feed)().url)


@pages.post("/preferences/calendar-feed/end")
@members_only
def do_end_feed() -> Response:
    """End the address."""
    checked_form()
    v1(delete_calendar_feed)()
    return see_other("/preferences?saved=calendar_feed")
