"""Live events: one stream for each client, resumable."""

from collections.abc import Iterator
from datetime import UTC, datetime

from apiflask import APIBlueprint
from flask import Response

from api.auth import caller
from api.happenings import instant_of, microseconds
from api.models.events import EventsHeaders, EventsQuery
from api.openapi import Access, operation
from api.polling import read_changes
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import Services, services
from api.streams import Stream

HEARTBEAT_SECONDS = 15.0
RETRY_MILLISECONDS = 2000

_STREAM = {
    "description": "The stream. It ends when the token expires.",
    "content": {
        "text/event-stream": {
            "schema": {"type": "string"},
            "example": 'id: 1767225600000000\nevent: booking\ndata: {"id":"…","status":"confirmed"}\n\n',
        }
    },
}

routes = APIBlueprint("events", __name__, tag="Live events")


@routes.get("/v1/events")
@operation(
    access=Access.MEMBER,
    problems=[
        ProblemCode.SESSION_NOT_FOUND,
        ProblemCode.INVALID_INPUT,
        ProblemCode.NOT_READY,
        ProblemCode.DATABASE_UNAVAILABLE,
    ],
    answers={200: _STREAM},
)
@routes.input(EventsQuery, location="query")
@routes.input(EventsHeaders, location="headers")
def get_events(query_data: EventsQuery, headers_data: EventsHeaders) -> Response:
    """Hear what happens.

    Server-Sent Events: `command` (my commands), `booking` (my bookings), `notification` (what I am told; its words
    are at /v1/me/notifications), `inbox` (how much of that is unread) and `session` (the sessions asked for), each
    with the present state as JSON, never with a change that must be added up; the same state may come twice. The
    stream begins with the present state of the inbox and the sessions. With `Last-Event-ID` it goes on with
    everything that has changed since. A comment comes every 15 seconds while nothing happens.
    """
    made, me = services(), caller()
    # Subscribed before the database is read, so that nothing falls between the two.
    watched = frozenset(query_data.session_id)
    stream = made.hub.open_stream(me.member_id, watched, token_generation=me.token_generation)
    try:
        read_to = _catch_up(made, stream, headers_data.last_event_id)
    except BaseException:
        made.hub.close_stream(stream)
        raise
    first = f"retry: {RETRY_MILLISECONDS}\nid: {microseconds(read_to)}\n\n".encode()
    response = Response(_frames(stream, first, me.expires_at), content_type="text/event-stream; charset=utf-8")
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(lambda: made.hub.close_stream(stream))
    return response


def _catch_up(made: Services, stream: Stream, last_event_id: str | None) -> datetime:
    """Put what the client has missed, and the inbox and the sessions as they stand.

    Return the instant up to which that goes.
    """
    since = None if last_event_id is None else instant_of(int(last_event_id))
    me = [stream.member_id]
    members = [] if since is None else me
    reading = made.ask(lambda db: read_changes(db, since, members=members, inboxes=me, sessions=stream.session_ids))
    missing = stream.session_ids - {one.id for one in reading.happenings if one.kind == "session"}
    if missing:
        sentence = f"There is no session {min(missing, key=str)}; look it up in the schedule again."
        raise ProblemError(ProblemCode.SESSION_NOT_FOUND, errors={"session_id": sentence})
    for happening in reading.happenings:
        stream.put(happening)
    return reading.read_to


def _frames(stream: Stream, first: bytes, expires_at: datetime) -> Iterator[bytes]:
    """Yield what is sent, waiting in between; ends when the token expires or the client cannot keep up."""
    yield first
    while True:
        seconds_left = (expires_at - datetime.now(UTC)).total_seconds()
        if seconds_left <= 0:
            yield b": the token has expired, sign in again\n\n"
            return
        happenings = stream.take(min(HEARTBEAT_SECONDS, seconds_left))
        if stream.has_ended:
            yield b": your sign-in has ended\n\n"
            return
        if stream.is_too_slow:
            yield b": too much is waiting to be read, come again with Last-Event-ID\n\n"
            return
        yield b"".join(happening.frame for happening in happenings) or b": nothing new\n\n"
