"""One file for each resource; `ROUTES` is all of them."""

from api.routes import (
    bookings,
    commands,
    events,
    health,
    mail,
    me,
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
    bookings.routes,
    commands.routes,
    me.routes,
    notifications.routes,
    preferences.routes,
    push.routes,
    events.routes,
    staff.routes,
    unsubscribe.routes,
    mail.routes,
    health.routes,
)
