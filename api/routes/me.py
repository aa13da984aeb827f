"""Me: who I am, my bookings and passes."""

from apiflask import APIBlueprint

from api import cursors
from api.auth import caller, no_such_member
from api.models.me import (
    Booking,
    BookingsPage,
    BookingsQuery,
    Me,
    PageQuery,
    PassesPage,
    PassWithLedger,
)
from api.openapi import Access, operation
from api.problem_codes import ProblemCode
from api.services import page_size, services
from domain.ids import MemberId, PassId
from storage.database import Db
from storage.queries.bookings import MyBooking, list_bookings
from storage.queries.members import find_member
from storage.queries.passes import LedgerLine, MyPass, list_passes, newest_ledger_lines

LEDGER_LINES_MAX = 20

routes = APIBlueprint("me", __name__, tag="Me")


@routes.get("/v1/me")
@operation(access=Access.MEMBER, problems=[ProblemCode.DATABASE_UNAVAILABLE])
@routes.output(Me)
def get_me() -> Me:
    """Show who I am."""
    member_id = caller().member_id
    member = services().ask(lambda db: find_member(db, member_id))
    if member is None:
        raise no_such_member()
    return Me.of(member)


@routes.get("/v1/me/bookings")
@operation(access=Access.MEMBER, problems=[ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(BookingsQuery, location="query")
@routes.output(BookingsPage)
def get_bookings(query_data: BookingsQuery) -> BookingsPage:
    """List my bookings.

    Cancelled ones are among them. Go on with the same `when` that the cursor came from.
    """
    return bookings_of(caller().member_id, query_data)


@routes.get("/v1/me/passes")
@operation(access=Access.MEMBER, problems=[ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(PageQuery, location="query")
@routes.output(PassesPage)
def get_passes(query_data: PageQuery) -> PassesPage:
    """List my passes.

    Each with the newest lines of its ledger: what was taken from it and given back, and for which session.
    """
    return passes_of(caller().member_id, query_data)


def bookings_of(member_id: MemberId, query: BookingsQuery) -> BookingsPage:
    """Return a page of this member's bookings."""
    limit, after = page_size(query.limit), cursors.read_place(query.cursor)
    found = services().ask(lambda db: list_bookings(db, member_id, query.when, after=after, limit=limit + 1))
    page, next_cursor = cursors.page_of(found, limit, _cursor_of)
    return BookingsPage(items=[Booking.with_session(one) for one in page], next_cursor=next_cursor)


def passes_of(member_id: MemberId, query: PageQuery) -> PassesPage:
    """Return a page of this member's passes."""
    limit, after = page_size(query.limit), cursors.read_uuid(query.cursor)

    def question(db: Db) -> tuple[list[MyPass], dict[PassId, list[LedgerLine]]]:
        passes = list_passes(db, member_id, after=after, limit=limit + 1)
        ids = [one.facts.id for one in passes[:limit]]
        return passes, newest_ledger_lines(db, ids, limit=LEDGER_LINES_MAX)

    found, ledger = services().ask(question)
    page, next_cursor = cursors.page_of(found, limit, lambda one: cursors.id_cursor(one.facts.id))
    return PassesPage(
        items=[PassWithLedger.of(one, ledger.get(one.facts.id, [])) for one in page],
        next_cursor=next_cursor,
    )


def _cursor_of(last: MyBooking) -> str:
    return cursors.place_cursor(last.session.training_session.starts_at, last.booking.id)
