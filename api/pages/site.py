"""All pages: importing this module puts each of them on the blueprint. A new page is a module, named here."""

from api.pages import (
    account,
    bookings,
    calendar,
    choose_language,
    devices,
    frame,
    inbox,
    pass_requests,
    passes,
    passwords,
    preferences,
    schedule,
    session,
)
from api.pages.blueprint import register
from api.pages.staff import catalogue as staff_catalogue
from api.pages.staff import (
    changes,
    check_in,
    guests,
    invitations,
    member,
    members,
    operations,
    overview,
    pass_types,
    plan,
    roster,
    series,
    series_changes,
    session_bookings,
    session_changes,
    standing,
)
from api.pages.staff import pass_requests as staff_pass_requests
from api.pages.staff import passes as staff_passes

PAGES = (
    account,
    passwords,
    schedule,
    session,
    bookings,
    passes,
    pass_requests,
    inbox,
    preferences,
    calendar,
    choose_language,
    devices,
    frame,
    overview,
    roster,
    check_in,
    guests,
    session_bookings,
    session_changes,
    changes,
    members,
    invitations,
    member,
    standing,
    operations,
    pass_types,
    staff_passes,
    staff_pass_requests,
    staff_catalogue,
    plan,
    series,
    series_changes,
)

__all__ = ["PAGES", "register"]
