"""Booking for a member, accepting an offered place for them, and taking somebody off a session."""

from collections.abc import Callable
from uuid import UUID

from flask import Response, request

from api.models.common import Input, NoFields
from api.models.staff_commands import BookForMemberBody, Candidates, CandidatesQuery, RemoveBody
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.rendering import framed_page
from api.pages.staff.acting import Give, Step, carry_out, first_form, giving, look_at, step_page
from api.pages.staff.forms import Form, attempt
from api.pages.staff.frame import staff_only
from api.pages.visitors import checked_form, new_key
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.routes.roster import get_candidates, get_staff_booking
from api.routes.sessions import get_session
from api.routes.staff_commands import accept_for_member, book_for_member, remove_booking
from domain.roles import Role

NOTHING_ASKED = Form()


class OfferedBooking(Input):
    """Which booking's offer is accepted."""

    booking_id: UUID


@pages.get("/staff/sessions/<uuid:session_id>/book")
@staff_only(Role.ADMIN)
def ask_whom_to_book(session_id: UUID) -> Response:
    """Look for a member, and show those found with their passes."""
    return _book_page(session_id, request.args.get("q", "").strip(), NOTHING_ASKED)


@pages.post("/staff/sessions/<uuid:session_id>/book")
@staff_only(Role.ADMIN)
def do_book_for_member(session_id: UUID) -> Response:
    """Book for the member with the pass chosen."""
    fields = checked_form()
    values = {name: fields.get(name, "") for name in ("member_id", "pass_id", "why")}
    came = carry_out(session_id, fields, BookForMemberBody, values, _giving_book(session_id))
    return _book_page(session_id, fields.get("q", ""), came) if isinstance(came, Form) else came


def _book_page(session_id: UUID, text: str, form: Form) -> Response:
    """Return the page with whoever is found; a form that was refused stands again at its member."""
    session = v1(get_session)(session_id)
    search, found = Form({"q": text}), None
    if text:
        came = attempt(
            CandidatesQuery, {"q": text}, lambda query: v1(get_candidates)(session_id, query), filled={"q": text}
        )
        search, found = (came, None) if isinstance(came, Form) else (search, came)
    return framed_page(
        "staff/book.html",
        status=max(form.status, search.status),
        session=session,
        search=search,
        found=found,
        form=form,
        tz=session.time_zone,
        forms=_forms_of(found, form),
    )


def _forms_of(found: Candidates | None, form: Form) -> list[Form]:
    """Return the form of each member found: the one that was refused as it was filled in, the others anew."""
    members = [] if found is None else [str(one.member.id) for one in found.items]
    return [form if form.values.get("member_id") == one else Form({"key": new_key()}) for one in members]


@pages.get("/staff/bookings/<uuid:booking_id>/remove")
@staff_only(Role.ADMIN)
def ask_to_remove(booking_id: UUID) -> Response:
    """Ask whether somebody is to be taken off, and whether with refund."""
    return _confirm_removal(booking_id, first_form())


@pages.post("/staff/bookings/<uuid:booking_id>/remove")
@staff_only(Role.ADMIN)
def do_take_off(booking_id: UUID) -> Response:
    """Take the member off the session."""
    fields, session = checked_form(), v1(get_staff_booking)(booking_id).session
    values = {"why": fields.get("why", ""), "refund": fields.get("refund") != "no"}
    came = carry_out(session.id, fields, RemoveBody, values, giving(remove_booking, booking_id))
    return _confirm_removal(booking_id, came) if isinstance(came, Form) else came


def _confirm_removal(booking_id: UUID, form: Form) -> Response:
    booking = v1(get_staff_booking)(booking_id)
    step = Step("remove", name=booking.member.name, pays_back=booking.status == "confirmed")
    seen = look_at(RemoveBody, {}, giving(remove_booking, booking_id))
    return step_page(booking.session, step, form, asks=False, booking=booking, seen=seen)


@pages.post("/staff/sessions/<uuid:session_id>/accept")
@staff_only(Role.ADMIN)
def do_accept_for_member(session_id: UUID) -> Response:
    """Accept an offered place for its member."""
    fields = checked_form()
    values = {"booking_id": fields.get("booking_id", "")}
    came = carry_out(session_id, fields, OfferedBooking, values, _giving_acceptance)
    if isinstance(came, Form):
        # There is nothing to fill in, so somebody made the form.
        raise ProblemError(ProblemCode.INVALID_INPUT, errors=came.errors)
    return came


def _giving_book(session_id: UUID) -> Callable[[BookForMemberBody], Give]:
    return lambda body: lambda _, headers: v1(book_for_member)(session_id, json_data=body, headers_data=headers)


def _giving_acceptance(body: OfferedBooking) -> Give:
    return lambda _, headers: v1(accept_for_member)(body.booking_id, json_data=NoFields(), headers_data=headers)
