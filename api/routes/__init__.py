"""One file for each resource; `ROUTES` is all of them."""

from api.routes import (
    account,
    bookings,
    catalogue,
    commands,
    events,
    health,
    mail,
    me,
    my_booking,
    notifications,
    preferences,
    push,
    sessions,
    staff,
    tokens,
    unsubscribe,
)

ROUTES = (
    tokens.routes,
    sessions.routes,
    catalogue.routes,
    bookings.routes,
    commands.routes,
    me.routes,
    my_booking.routes,
    account.routes,
    notifications.routes,
    preferences.routes,
    push.routes,
    events.routes,
    staff.routes,
    unsubscribe.routes,
    mail.routes,
    health.routes,
)
