"""What a change to the rest of a series asks of each of its sessions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from domain.commands import CancelSession, ChangeCapacity, Command, RescheduleSession
from domain.ids import SpaceId, TrainerId, TrainingSessionId
from domain.wall_clock import instant_of
from storage.series_changes import ComingSession


@dataclass(frozen=True, slots=True)
class RestOfSeries:
    """What shall be otherwise; None stays as it is. `at` is a time on the studio's clocks."""

    capacity: int | None = None
    trainer_id: TrainerId | None = None
    space_id: SpaceId | None = None
    lasts_minutes: int | None = None
    at: time | None = None

    def move(self, one: ComingSession, zone: ZoneInfo) -> RescheduleSession:
        """Return where and when the session is to be."""
        starts_at = one.starts_at
        if self.at is not None:
            starts_at, _ = instant_of(datetime.combine(one.occurrence, self.at), zone)
        return RescheduleSession(
            starts_at,
            self.lasts_minutes or one.lasts_minutes,
            self.trainer_id or one.trainer_id,
            self.space_id or one.space_id,
        )


def commands_to_change(
    sessions: Iterable[ComingSession], change: RestOfSeries, zone: ZoneInfo
) -> list[tuple[TrainingSessionId, Command]]:
    """Return the commands that bring about what differs, none for a session that is so already."""
    commands: list[tuple[TrainingSessionId, Command]] = []
    for one in sessions:
        if change.capacity not in {None, one.capacity}:
            commands.append((one.id, ChangeCapacity(change.capacity or one.capacity)))
        move = change.move(one, zone)
        if move != RescheduleSession(one.starts_at, one.lasts_minutes, one.trainer_id, one.space_id):
            commands.append((one.id, move))
    return commands


def commands_to_cancel(sessions: Iterable[ComingSession], why: str) -> list[tuple[TrainingSessionId, Command]]:
    """Return the commands that call the sessions off."""
    return [(one.id, CancelSession(why)) for one in sessions]
