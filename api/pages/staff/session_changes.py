"""Changing a session: its number of places, its time, its being called off. Each is shown before it is confirmed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, request

from api.language import gettext
from api.models.sessions import Session
from api.models.staff_commands import CancelSessionBody, CapacityBody, RescheduleBody
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.queries import checked, names
from api.pages.staff.acting import Give, Step, carry_out, confirm_page, look_at, whole_number
from api.pages.staff.frame import staff_only
from api.pages.visitors import checked_form
from api.problem_kinds import ProblemCode
from api.problems import ProblemError
from api.routes.catalogue import get_spaces, get_trainers
from api.routes.sessions import get_session
from api.routes.staff_commands import cancel_session, change_capacity, reschedule
from domain.roles import Role

MOVE_FIELDS = ("day", "time", "minutes", "trainer_id", "space_id")
_NOT_ASKED_YET = "-"  # in place of the reason, which is asked for last


@pages.get("/staff/sessions/<uuid:session_id>/capacity")
@staff_only(Role.ADMIN)
def ask_capacity(session_id: UUID) -> Response:
    """Ask for the number of places; with one in the address, ask to confirm it."""
    session = v1(get_session)(session_id)
    wanted = request.args.get("capacity")
    if wanted is None:
        return confirm_page(session, Step("capacity"), asks=True, wanted=session.capacity)
    body = _capacity_from({"capacity": wanted, "why": _NOT_ASKED_YET})
    step = Step("capacity", {"capacity": str(body.capacity)})
    seen = look_at(_giving_change_capacity(session_id, body))
    return confirm_page(session, step, asks=False, wanted=body.capacity, seen=seen)


@pages.post("/staff/sessions/<uuid:session_id>/capacity")
@staff_only(Role.ADMIN)
def do_change_capacity(session_id: UUID) -> Response:
    """Change the number of places."""
    fields = checked_form()
    body = _capacity_from(fields)
    return carry_out(session_id, fields, _giving_change_capacity(session_id, body))


@pages.get("/staff/sessions/<uuid:session_id>/move")
@staff_only(Role.ADMIN)
def ask_to_move(session_id: UUID) -> Response:
    """Ask for the new time and place; with them in the address, ask to confirm."""
    session = v1(get_session)(session_id)
    trainers, spaces = names(get_trainers), names(get_spaces)
    fields = {name: request.args[name] for name in MOVE_FIELDS if name in request.args}
    if not fields:
        return confirm_page(session, Step("move"), asks=True, trainers=trainers, spaces=spaces)
    body = _move_from({**fields, "why": _NOT_ASKED_YET}, session)
    return confirm_page(
        session,
        Step("move", fields),
        asks=False,
        seen=look_at(_giving_reschedule(session_id, body)),
        starts_at=body.starts_at,
        minutes=body.lasts_minutes,
        trainer=next((one.name for one in trainers if one.id == body.trainer_id), ""),
        space=next((one.name for one in spaces if one.id == body.space_id), ""),
    )


@pages.post("/staff/sessions/<uuid:session_id>/move")
@staff_only(Role.ADMIN)
def do_move(session_id: UUID) -> Response:
    """Move the session."""
    fields = checked_form()
    body = _move_from(fields, v1(get_session)(session_id))
    return carry_out(session_id, fields, _giving_reschedule(session_id, body))


@pages.get("/staff/sessions/<uuid:session_id>/cancel")
@staff_only(Role.ADMIN)
def ask_to_cancel_session(session_id: UUID) -> Response:
    """Ask whether the session is to be cancelled."""
    seen = look_at(_giving_cancel_session(session_id, CancelSessionBody(why=_NOT_ASKED_YET)))
    return confirm_page(v1(get_session)(session_id), Step("cancel"), asks=False, seen=seen)


@pages.post("/staff/sessions/<uuid:session_id>/cancel")
@staff_only(Role.ADMIN)
def do_cancel_session(session_id: UUID) -> Response:
    """Cancel the session."""
    fields = checked_form()
    body = checked(CancelSessionBody, {"why": fields.get("why", "")})
    return carry_out(session_id, fields, _giving_cancel_session(session_id, body))


def _giving_change_capacity(session_id: UUID, body: CapacityBody) -> Give:
    return lambda dry_run, headers: v1(change_capacity)(
        session_id, json_data=body, query_data=dry_run, headers_data=headers
    )


def _giving_reschedule(session_id: UUID, body: RescheduleBody) -> Give:
    return lambda dry_run, headers: v1(reschedule)(session_id, json_data=body, query_data=dry_run, headers_data=headers)


def _giving_cancel_session(session_id: UUID, body: CancelSessionBody) -> Give:
    return lambda dry_run, headers: v1(cancel_session)(
        session_id, json_data=body, query_data=dry_run, headers_data=headers
    )


def _capacity_from(fields: Mapping[str, str]) -> CapacityBody:
    values = {"capacity": whole_number(fields.get("capacity")), "why": fields.get("why", "")}
    return checked(CapacityBody, values)


def _move_from(fields: Mapping[str, str], session: Session) -> RescheduleBody:
    """Return what a form asks for; its day and time are those of the studio's clock."""
    values = {
        "starts_at": _instant(fields, ZoneInfo(session.time_zone)).isoformat(),
        "lasts_minutes": whole_number(fields.get("minutes")),
        "trainer_id": fields.get("trainer_id"),
        "space_id": fields.get("space_id"),
        "why": fields.get("why", ""),
    }
    return checked(RescheduleBody, values)


def _instant(fields: Mapping[str, str], zone: ZoneInfo) -> datetime:
    """Return the instant that a day and a time name; of an hour that the clock shows twice, the first."""
    try:
        shown = datetime.fromisoformat(f"{fields.get('day', '')}T{fields.get('time', '')}").replace(tzinfo=None)
        instant = shown.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        sentence = gettext("Write a day of the calendar and a time of day.")
        raise ProblemError(ProblemCode.INVALID_INPUT, errors={"day": sentence}) from None
    if instant.astimezone(zone).replace(tzinfo=None) != shown:
        sentence = gettext("The clock goes forward over this time that night; choose another.")
        raise ProblemError(ProblemCode.INVALID_INPUT, errors={"time": sentence})
    return instant
