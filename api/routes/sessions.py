"""The schedule, one session, and which passes pay for it."""

from uuid import UUID

from apiflask import APIBlueprint

from api import cursors
from api.auth import caller, maybe_caller
from api.models.me import PassesForSession, PassForSession
from api.models.sessions import Session, SessionDetail, SessionsPage, SessionsQuery
from api.openapi import Access, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import page_size, services
from api.strangers import kept_for_strangers
from domain.ids import TrainerId, TrainingId, TrainingSessionId
from storage.database import Db
from storage.queries.bookings import find_live_booking
from storage.queries.passes import list_passes
from storage.queries.schedule import Filters, ScheduledSession, find_session, list_sessions, pass_types_for

PASS_TYPES_MAX = 100

routes = APIBlueprint("sessions", __name__, tag="Sessions")


@routes.get("/v1/sessions")
@operation(
    access=Access.OPTIONAL,
    problems=[ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE],
)
@kept_for_strangers
@routes.input(SessionsQuery, location="query")
@routes.output(SessionsPage)
def get_sessions(query_data: SessionsQuery) -> SessionsPage:
    """List the schedule.

    Sessions in order of their start, a page at a time. Needs no token; without one the answer may be a second old.
    """
    limit = page_size(query_data.limit)
    filters = Filters(
        starts_from=query_data.from_,
        starts_before=query_data.to,
        trainer_id=None if query_data.trainer_id is None else TrainerId(query_data.trainer_id),
        training_id=None if query_data.training_id is None else TrainingId(query_data.training_id),
    )
    after = cursors.read_place(query_data.cursor)
    found = services().ask(lambda db: list_sessions(db, filters, after=after, limit=limit + 1))
    page, next_cursor = cursors.page_of(found, limit, _cursor_of)
    return SessionsPage(items=[Session.of(one) for one in page], next_cursor=next_cursor)


@routes.get("/v1/sessions/<uuid:session_id>")
@operation(
    access=Access.OPTIONAL,
    problems=[ProblemCode.SESSION_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE],
)
@routes.output(SessionDetail)
def get_session(session_id: UUID) -> SessionDetail:
    """Show a session.

    Everything there is to know before booking. With a token also my own booking.
    """
    mine = maybe_caller()

    def question(db: Db) -> SessionDetail:
        session = _session(db, session_id)
        booking = find_live_booking(db, session.training_session.id, mine.member_id) if mine else None
        kinds = pass_types_for(db, session.training_session.training_id, limit=PASS_TYPES_MAX)
        return SessionDetail.of_all(session, kinds, booking)

    return services().ask(question)


@routes.get("/v1/sessions/<uuid:session_id>/passes")
@operation(
    access=Access.MEMBER,
    problems=[ProblemCode.SESSION_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE],
)
@routes.output(PassesForSession)
def get_session_passes(session_id: UUID) -> PassesForSession:
    """List my passes for a session.

    Each with whether it can pay for this session now, or every reason why not; those that can come first.
    """
    member_id, limit = caller().member_id, services().settings.page_size_max

    def question(db: Db) -> list[PassForSession]:
        session = _session(db, session_id)
        return [PassForSession.of(mine, session) for mine in list_passes(db, member_id, after=None, limit=limit)]

    passes = services().ask(question)
    return PassesForSession(items=sorted(passes, key=lambda one: not one.usable))


def _cursor_of(last: ScheduledSession) -> str:
    return cursors.place_cursor(last.training_session.starts_at, last.training_session.id)


def _session(db: Db, session_id: UUID) -> ScheduledSession:
    session = find_session(db, TrainingSessionId(session_id))
    if session is None:
        raise ProblemError(ProblemCode.SESSION_NOT_FOUND)
    return session
