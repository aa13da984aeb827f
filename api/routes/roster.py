"""Who is on a session, for its trainer and the studio's office."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import Response

from api.models.roster import Roster, StaffBooking
from api.models.staff_commands import Candidate, Candidates, CandidatesQuery
from api.openapi import Access, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.roster_files import csv_of
from api.services import services
from domain.ids import BookingId, TrainingSessionId
from storage.database import Db
from storage.queries.candidates import find_candidates
from storage.queries.roster import find_on_roster, find_roster
from storage.queries.schedule import find_session

LISTED_MAX = 1000
EXPORTED_MAX = 20_000  # in each list of a file
CANDIDATES_MAX = 10
PASSES_MAX = 20

routes = APIBlueprint("roster", __name__, tag="Staff")


@routes.get("/v1/staff/sessions/<uuid:session_id>/roster")
@operation(access=Access.TRAINER, problems=[ProblemCode.SESSION_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE])
@routes.output(Roster)
def get_roster(session_id: UUID) -> Roster:
    """Show a session's roster.

    Who has a place, the line in order, and who was passed over and why; all of one instant. For trainers, admins and
    owners.
    """
    found = services().ask(lambda db: find_roster(db, TrainingSessionId(session_id), limit=LISTED_MAX))
    if found is None:
        raise ProblemError(ProblemCode.SESSION_NOT_FOUND)
    return Roster.of(found)


@routes.get("/v1/staff/bookings/<uuid:booking_id>")
@operation(access=Access.TRAINER, problems=[ProblemCode.BOOKING_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE])
@routes.output(StaffBooking)
def get_staff_booking(booking_id: UUID) -> StaffBooking:
    """Show a booking of anybody.

    With whose it is and its session. For trainers, admins and owners.
    """
    found = services().ask(lambda db: find_on_roster(db, BookingId(booking_id)))
    if found is None:
        raise ProblemError(ProblemCode.BOOKING_NOT_FOUND)
    return StaffBooking.of_found(found)


@routes.get("/v1/staff/sessions/<uuid:session_id>/candidates")
@operation(
    access=Access.ADMIN,
    problems=[ProblemCode.SESSION_NOT_FOUND, ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE],
)
@routes.input(CandidatesQuery, location="query")
@routes.output(Candidates)
def get_candidates(session_id: UUID, query_data: CandidatesQuery) -> Candidates:
    """Find whom to book for.

    Members by a part of their name or e-mail address, each with their passes and whether these can pay for the
    session. For admins and owners.
    """

    def question(db: Db) -> Candidates:
        session = find_session(db, TrainingSessionId(session_id))
        if session is None:
            raise ProblemError(ProblemCode.SESSION_NOT_FOUND)
        found = find_candidates(
            db, TrainingSessionId(session_id), query_data.q, limit=CANDIDATES_MAX + 1, passes_limit=PASSES_MAX
        )
        items = [Candidate.of(one, session) for one in found[:CANDIDATES_MAX]]
        return Candidates(items=items, more=len(found) > CANDIDATES_MAX)

    return services().ask(question)


@routes.get("/v1/staff/sessions/<uuid:session_id>/roster.csv")
@operation(
    access=Access.TRAINER,
    problems=[ProblemCode.SESSION_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE],
    answers={200: {"description": "A table", "content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def get_roster_file(session_id: UUID) -> Response:
    """Take a roster along.

    As CSV for spreadsheets, in UTF-8, with a heading and the studio's times. For trainers, admins and owners.
    """
    found = services().ask(lambda db: find_roster(db, TrainingSessionId(session_id), limit=EXPORTED_MAX))
    if found is None:
        raise ProblemError(ProblemCode.SESSION_NOT_FOUND)
    roster = Roster.of(found)
    headers = {
        "Content-Disposition": f'attachment; filename="roster-{roster.session.starts_at_local:%Y-%m-%d-%H%M}.csv"',
        "Cache-Control": "private, no-store",
    }
    return Response(csv_of(roster), headers=headers, content_type="text/csv; charset=utf-8")
