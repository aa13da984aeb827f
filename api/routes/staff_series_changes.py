"""Changing or ending the rest of a series, by a command to each of its sessions."""

from collections.abc import Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

from apiflask import APIBlueprint

from api.auth import caller
from api.language import N_, gettext
from api.models.planning import PlanConflict
from api.models.series_changes import CHANGEABLE, RestBody, SeriesChangeBody, SeriesChanged
from api.openapi import BODY_PROBLEMS, Access, operation
from api.planning import refuse_unknown
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.routes.staff_series import series_of
from api.series import CONFLICTS_MAX, day_before
from api.services import services
from domain.ids import SpaceId, TrainerId
from domain.staff_changes import ChangeKind, StaffChange, Subject
from storage.database import Db
from storage.planning import conflicts_of_moves
from storage.queries.schedule import find_studio
from storage.queries.series import SeriesRow
from storage.series_changes import ComingSession, change_series, coming_sessions
from workers import inbox
from workers.series_changes import RestOfSeries, commands_to_cancel, commands_to_change

_PROBLEMS = [*BODY_PROBLEMS, ProblemCode.SERIES_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE]

routes = APIBlueprint("staff_series_changes", __name__, tag="Staff: planning")


@routes.post("/v1/staff/series/<uuid:series_id>/changes/previews")
@operation(access=Access.ADMIN, problems=_PROBLEMS)
@routes.input(SeriesChangeBody, example={"from_on": "2031-04-01", "capacity": 12})
@routes.output(SeriesChanged)
def preview_series_change(series_id: UUID, json_data: SeriesChangeBody) -> SeriesChanged:
    """Look what a change to the rest of a series would ask.

    Of how many sessions, and what is in their way; nothing is asked of them yet.
    """
    series, zone = series_of(series_id), _zone()
    rest = _rest(series, json_data)
    return services().ask(lambda db: _changed(db, series_id, json_data, rest, zone))


@routes.post("/v1/staff/series/<uuid:series_id>/changes")
@operation(access=Access.ADMIN, problems=_PROBLEMS)
@routes.input(SeriesChangeBody, example={"from_on": "2031-04-01", "capacity": 12, "why": "a larger room"})
@routes.output(SeriesChanged, status_code=202, description="Each session is asked to change")
def post_series_change(series_id: UUID, json_data: SeriesChangeBody) -> SeriesChanged:
    """Change the rest of a series.

    From a day on each session that is still to begin is given commands of its own, so members keep their places and are
    told. Those that are cancelled are left alone, and unless asked for those that were changed on their own. One that
    another session is in the way of is refused in its own line and stays as it is.
    """
    series, zone = series_of(series_id), _zone()
    rest = _rest(series, json_data)
    answer = services().ask(lambda db: _changed(db, series_id, json_data, rest, zone))
    after = {name: getattr(json_data, name) for name in CHANGEABLE if getattr(json_data, name) is not None}
    values = {name: value for name, value in after.items() if name != "time"}
    if json_data.time is not None:
        values["times"] = [json_data.time]
    change = _note(ChangeKind.SERIES_CHANGED, series_id, json_data, after)
    actor_id = caller().member_id
    logged = services().ask(
        lambda db: change_series(
            db,
            actor_id,
            series_id,
            commands=lambda: commands_to_change(_meant(db, series_id, json_data)[0], rest, zone),
            values=values,
            change=change,
        )
    )
    inbox.call_workers(services().redis, logged)
    return answer


@routes.post("/v1/staff/series/<uuid:series_id>/end")
@operation(access=Access.ADMIN, problems=_PROBLEMS)
@routes.input(RestBody, example={"from_on": "2031-06-30", "why": "summer"})
@routes.output(SeriesChanged, status_code=202, description="Each session is asked to be cancelled")
def end_series(series_id: UUID, json_data: RestBody) -> SeriesChanged:
    """End a series.

    From a day on each session that is still to begin is cancelled: bookings are refunded and everybody is told. Those
    that were changed on their own are left alone unless asked for.
    """
    series_of(series_id)
    last = day_before(json_data.from_on)
    change = _note(ChangeKind.SERIES_ENDED, series_id, json_data, {"ends_on": last})
    actor_id = caller().member_id
    meant, alone = services().ask(lambda db: _meant(db, series_id, json_data))
    logged = services().ask(
        lambda db: change_series(
            db,
            actor_id,
            series_id,
            commands=lambda: commands_to_cancel(_meant(db, series_id, json_data)[0], json_data.why),
            values={"ends_on": last, "count": None},
            change=change,
        )
    )
    inbox.call_workers(services().redis, logged)
    return SeriesChanged(sessions=len(meant), left_alone=alone, conflicts=[])


def _zone() -> ZoneInfo:
    studio = services().ask(find_studio)
    return ZoneInfo("UTC" if studio is None else studio.time_zone)


def _rest(series: SeriesRow, body: SeriesChangeBody) -> RestOfSeries:
    """Return the change; what is unknown or retired, or a time where the series has several, is a bad field."""
    services().ask(lambda db: refuse_unknown(db, trainer_id=body.trainer_id, space_id=body.space_id))
    if body.time is not None and len(series.times) > 1:
        said = gettext(N_("This series has several times a day; change its sessions on their own, or end it."))
        raise ProblemError(ProblemCode.INVALID_INPUT, errors={"time": said})
    return RestOfSeries(
        body.capacity,
        None if body.trainer_id is None else TrainerId(body.trainer_id),
        None if body.space_id is None else SpaceId(body.space_id),
        body.lasts_minutes,
        body.time,
    )


def _meant(db: Db, series_id: UUID, body: RestBody) -> tuple[list[ComingSession], int]:
    """Return the sessions that are meant, and how many are left alone."""
    found = coming_sessions(db, series_id, body.from_on)
    meant = [one for one in found if body.overridden or not one.overridden]
    return meant, len(found) - len(meant)


def _changed(db: Db, series_id: UUID, body: SeriesChangeBody, rest: RestOfSeries, zone: ZoneInfo) -> SeriesChanged:
    meant, alone = _meant(db, series_id, body)
    commands = commands_to_change(meant, rest, zone)
    conflicts = conflicts_of_moves(db, series_id, commands)
    return SeriesChanged(
        sessions=len({session_id for session_id, _ in commands}),
        left_alone=alone,
        conflicts=[PlanConflict.of(one) for one in conflicts[:CONFLICTS_MAX]],
    )


def _note(kind: ChangeKind, series_id: UUID, body: RestBody, after: Mapping[str, object]) -> StaffChange:
    plain = {name: value if isinstance(value, int) else str(value) for name, value in after.items()}
    return StaffChange(kind, Subject.SERIES, series_id, body.why, after={"from_on": str(body.from_on), **plain})
