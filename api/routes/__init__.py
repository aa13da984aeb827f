"""One file for each resource; `ROUTES` is all of them."""

from api.routes import bookings, commands, events, health, me, sessions, tokens

ROUTES = (
    tokens.routes,
    sessions.routes,
    bookings.routes,
    commands.routes,
    me.routes,
    events.routes,
    health.routes,
)
