"""Changing a session: its places, its time, its being cleared or called off. Each is shown before it is confirmed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, request

from api.language import gettext
from api.models.sessions import Session
from api.models.staff_commands import CancelSessionBody, CapacityBody, ClearBookingsBody, RescheduleBody
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.queries import names
from api.pages.staff.acting import Step, carry_out, first_form, giving, look_at, step_page
from api.pages.staff.forms import Form, number, refused
from api.pages.staff.frame import staff_only
from api.pages.visitors import checked_form
from api.routes.catalogue import get_spaces, get_trainers
from api.routes.sessions import get_session
from api.routes.staff_commands import cancel_session, change_capacity, clear_bookings, reschedule
from domain.roles import Role
from domain.wall_clock import Shown, instant_of

MOVE_FIELDS = ("day", "time", "minutes", "trainer_id", "space_id")


@pages.get("/staff/sessions/<uuid:session_id>/capacity")
@staff_only(Role.ADMIN)
def ask_capacity(session_id: UUID) -> Response:
    """Ask for the number of places; with one in the address, ask to confirm it."""
    session = v1(get_session)(session_id)
    if "capacity" not in request.args:
        return step_page(session, Step("capacity"), Form({"capacity": session.capacity}), asks=True)
    return _confirm_capacity(session, request.args, first_form())


@pages.post("/staff/sessions/<uuid:session_id>/capacity")
@staff_only(Role.ADMIN)
def do_change_capacity(session_id: UUID) -> Response:
    """Change the number of places."""
    fields = checked_form()
    values = {"capacity": number(fields.get("capacity", "")), "why": fields.get("why", "")}
    came = carry_out(session_id, fields, CapacityBody, values, giving(change_capacity, session_id))
    return _confirm_capacity(v1(get_session)(session_id), fields, came) if isinstance(came, Form) else came


def _confirm_capacity(session: Session, fields: Mapping[str, str], form: Form) -> Response:
    wanted = number(fields.get("capacity", ""))
    seen = look_at(CapacityBody, {"capacity": wanted}, giving(change_capacity, session.id))
    if isinstance(seen, Form):
        return step_page(session, Step("capacity"), seen, asks=True)
    step = Step("capacity", {"capacity": str(wanted)})
    return step_page(session, step, form, asks=False, wanted=wanted, seen=seen)


@pages.get("/staff/sessions/<uuid:session_id>/move")
@staff_only(Role.ADMIN)
def ask_to_move(session_id: UUID) -> Response:
    """Ask for the new time and place; with them in the address, ask to confirm."""
    session = v1(get_session)(session_id)
    fields = {name: request.args[name] for name in MOVE_FIELDS if name in request.args}
    if fields:
        return _confirm_move(session, fields, first_form())
    now = {
        "day": session.starts_at_local.date(),
        "time": f"{session.starts_at_local:%H:%M}",
        "minutes": session.lasts_minutes,
        "trainer_id": session.trainer.id,
        "space_id": session.space.id,
    }
    return _ask_move(session, Form(now))


@pages.post("/staff/sessions/<uuid:session_id>/move")
@staff_only(Role.ADMIN)
def do_move(session_id: UUID) -> Response:
    """Move the session."""
    fields, session = checked_form(), v1(get_session)(session_id)
    values = _move_values(fields, session)
    if isinstance(values, Form):
        return _ask_move(session, values)
    came = carry_out(session_id, fields, RescheduleBody, values, giving(reschedule, session_id))
    return _confirm_move(session, fields, came) if isinstance(came, Form) else came


def _confirm_move(session: Session, fields: Mapping[str, str], form: Form) -> Response:
    values = _move_values(fields, session)
    seen = values if isinstance(values, Form) else look_at(RescheduleBody, values, giving(reschedule, session.id))
    if isinstance(values, Form) or isinstance(seen, Form):
        errors = seen.errors if isinstance(seen, Form) else {}
        # The form asks for what the operation calls otherwise.
        called = {"starts_at": "day", "lasts_minutes": "minutes"}
        return _ask_move(session, refused(fields, {called.get(name, name): said for name, said in errors.items()}))
    return step_page(
        session,
        Step("move", {name: fields[name] for name in MOVE_FIELDS}),
        form,
        asks=False,
        seen=seen,
        starts_at=datetime.fromisoformat(values["starts_at"]),
        minutes=values["lasts_minutes"],
        trainer=_name_of(get_trainers, values["trainer_id"]),
        space=_name_of(get_spaces, values["space_id"]),
    )


def _ask_move(session: Session, form: Form) -> Response:
    lists = {"trainers": get_trainers, "spaces": get_spaces}
    choices = {name: [(one.id, one.name) for one in names(listing)] for name, listing in lists.items()}
    return step_page(session, Step("move"), form, asks=True, choices=choices)


def _name_of(listing: Any, id_: str | None) -> str:
    return next((one.name for one in names(listing) if str(one.id) == id_), "")


@pages.get("/staff/sessions/<uuid:session_id>/clear")
@staff_only(Role.ADMIN)
def ask_to_clear(session_id: UUID) -> Response:
    """Ask whether everybody is to be taken off, and whether with refund."""
    return _confirm_clearing(session_id, first_form())


@pages.post("/staff/sessions/<uuid:session_id>/clear")
@staff_only(Role.ADMIN)
def do_clear(session_id: UUID) -> Response:
    """Take everybody off the session."""
    fields = checked_form()
    values = {"why": fields.get("why", ""), "refund": fields.get("refund") != "no"}
    came = carry_out(session_id, fields, ClearBookingsBody, values, giving(clear_bookings, session_id))
    return _confirm_clearing(session_id, came) if isinstance(came, Form) else came


def _confirm_clearing(session_id: UUID, form: Form) -> Response:
    seen = look_at(ClearBookingsBody, {}, giving(clear_bookings, session_id))
    assert not isinstance(seen, Form)  # noqa: S101 - nothing was filled in that could be wrong
    step = Step("clear", pays_back=seen.refunded.count > 0)
    return step_page(v1(get_session)(session_id), step, form, asks=False, seen=seen)


@pages.get("/staff/sessions/<uuid:session_id>/cancel")
@staff_only(Role.ADMIN)
def ask_to_cancel_session(session_id: UUID) -> Response:
    """Ask whether the session is to be cancelled."""
    return _confirm_cancel(session_id, first_form())


@pages.post("/staff/sessions/<uuid:session_id>/cancel")
@staff_only(Role.ADMIN)
def do_cancel_session(session_id: UUID) -> Response:
    """Cancel the session."""
    fields = checked_form()
    values = {"why": fields.get("why", "")}
    came = carry_out(session_id, fields, CancelSessionBody, values, giving(cancel_session, session_id))
    return _confirm_cancel(session_id, came) if isinstance(came, Form) else came


def _confirm_cancel(session_id: UUID, form: Form) -> Response:
    seen = look_at(CancelSessionBody, {}, giving(cancel_session, session_id))
    return step_page(v1(get_session)(session_id), Step("cancel"), form, asks=False, seen=seen)


def _move_values(fields: Mapping[str, str], session: Session) -> dict[str, Any] | Form:
    """Return what a form asks for, its day and time being those of the studio's clock; the form if they are none."""
    try:
        local = datetime.fromisoformat(f"{fields.get('day', '')}T{fields.get('time', '')}").replace(tzinfo=None)
        starts_at, shown = instant_of(local, ZoneInfo(session.time_zone))
    except (ValueError, OverflowError):
        return refused(fields, {"day": gettext("Write a day of the calendar and a time of day.")})
    if shown is Shown.NEVER:
        said = gettext("The clock goes forward over this time that night; choose another.")
        return refused(fields, {"time": said})
    return {
        "starts_at": starts_at.isoformat(),
        "lasts_minutes": number(fields.get("minutes", "")),
        "trainer_id": fields.get("trainer_id"),
        "space_id": fields.get("space_id"),
        "why": fields.get("why", ""),
    }
