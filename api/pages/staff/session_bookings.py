"""Booking for a member, accepting an offered place for them, and taking somebody off a session."""

from uuid import UUID

from flask import Response, request

from api.models.common import Input, NoFields
from api.models.staff_commands import BookForMemberBody, CandidatesQuery, RemoveBody
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.queries import checked
from api.pages.rendering import framed_page
from api.pages.staff.acting import Give, Step, carry_out, confirm_page, look_at
from api.pages.staff.frame import staff_only
from api.pages.visitors import checked_form, new_key
from api.routes.roster import get_candidates, get_staff_booking
from api.routes.sessions import get_session
from api.routes.staff_commands import accept_for_member, book_for_member, remove_booking
from domain.roles import Role


class OfferedBooking(Input):
    """Which booking's offer is accepted."""

    booking_id: UUID


_NOT_ASKED_YET = "-"  # in place of the reason, which is asked for last


@pages.get("/staff/sessions/<uuid:session_id>/book")
@staff_only(Role.ADMIN)
def ask_whom_to_book(session_id: UUID) -> Response:
    """Look for a member, and show those found with their passes."""
    session = v1(get_session)(session_id)
    text = request.args.get("q", "").strip()
    found = v1(get_candidates)(session_id, checked(CandidatesQuery, {"q": text})) if text else None
    return framed_page(
        "staff/book.html",
        session=session,
        text=text,
        found=found,
        tz=session.time_zone,
        keys=[new_key() for _ in (found.items if found else [])],
    )


@pages.post("/staff/sessions/<uuid:session_id>/book")
@staff_only(Role.ADMIN)
def do_book_for_member(session_id: UUID) -> Response:
    """Book for the member with the pass chosen."""
    fields = checked_form()
    body = checked(BookForMemberBody, {name: fields.get(name, "") for name in ("member_id", "pass_id", "why")})
    return carry_out(
        session_id, fields, lambda _, headers: v1(book_for_member)(session_id, json_data=body, headers_data=headers)
    )


@pages.get("/staff/bookings/<uuid:booking_id>/remove")
@staff_only(Role.ADMIN)
def ask_to_remove(booking_id: UUID) -> Response:
    """Ask whether somebody is to be taken off, and whether with refund."""
    booking = v1(get_staff_booking)(booking_id)
    step = Step("remove", name=booking.member.name, pays_back=booking.status == "confirmed")
    seen = look_at(_giving_remove(booking_id, RemoveBody(why=_NOT_ASKED_YET)))
    return confirm_page(booking.session, step, asks=False, booking=booking, seen=seen)


@pages.post("/staff/bookings/<uuid:booking_id>/remove")
@staff_only(Role.ADMIN)
def do_take_off(booking_id: UUID) -> Response:
    """Take the member off the session."""
    fields = checked_form()
    booking = v1(get_staff_booking)(booking_id)
    body = checked(RemoveBody, {"why": fields.get("why", ""), "refund": fields.get("refund") != "no"})
    return carry_out(booking.session.id, fields, _giving_remove(booking_id, body))


@pages.post("/staff/sessions/<uuid:session_id>/accept")
@staff_only(Role.ADMIN)
def do_accept_for_member(session_id: UUID) -> Response:
    """Accept an offered place for its member."""
    fields = checked_form()
    booking_id = checked(OfferedBooking, {"booking_id": fields.get("booking_id", "")}).booking_id
    return carry_out(
        session_id,
        fields,
        lambda _, headers: v1(accept_for_member)(booking_id, json_data=NoFields(), headers_data=headers),
    )


def _giving_remove(booking_id: UUID, body: RemoveBody) -> Give:
    return lambda dry_run, headers: v1(remove_booking)(
        booking_id, json_data=body, query_data=dry_run, headers_data=headers
    )
