"""`seatline import`: a folder of CSV files into the database, all of it or nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from psycopg.errors import IntegrityError

from domain.facts import TrainingSession
from domain.ids import MemberId, PassId, SpaceId, TrainerId, TrainingId, TrainingSessionId
from ops.csv_file import Complaints
from ops.errors import OperatorError
from ops.import_files import MEMBERS, SCHEDULE, ImportFiles, Line, MemberLine, read_import
from storage import catalogue, intake
from storage.catalogue import NewMember, NewPass, NewTrainingSession, PassType, Studio
from storage.database import Db
from storage.identifiers import new_id
from storage.intake import KnownPass, KnownTrainingSession
from storage.named import Named

PROMOTION_GRACE = timedelta(minutes=30)
DEFAULT_TIME_ZONE = "Europe/Kyiv"
DEFAULT_NAME = "Studio"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to: how many of each were added, and how many the database had already, the same."""

    studio: Studio
    added: dict[str, int]
    unchanged: dict[str, int]
    warnings: list[str] = field(default_factory=list)


def import_folder(db: Db, folder: Path, *, name: str | None = None, time_zone: str | None = None) -> Imported:
    """Import `schedule.csv` and `members.csv` from this folder in one transaction.

    What the database knows already under the same key, and the same in every column, is left as it is. Raises
    `OperatorError` with one sentence for each cell that is wrong or differs; then nothing was imported. The first
    import makes the studio. Waits while another import runs.
    """
    if not folder.is_dir():
        raise OperatorError(f"There is no folder {folder}. Give the folder that holds {SCHEDULE} and {MEMBERS}.")
    complaints = Complaints()
    try:
        with db.transaction():
            catalogue.lock_catalogue(db)
            studio = _studio(db, name, time_zone)
            files = read_import(folder, ZoneInfo(studio.time_zone), complaints)
            known = _compare(db, files, complaints)
            complaints.refuse_if_any("Nothing was imported")
            new = _leave_out(files, known)
            _write(db, new, known)
    except IntegrityError as error:
        raise OperatorError(f"Nothing was imported: the database refuses a row ({error}).") from None
    added = {name: len(getattr(new, name)) for name in _KINDS}
    unchanged = {name: len(getattr(files, name)) - count for name, count in added.items()}
    return Imported(studio, added, unchanged, complaints.warnings)


_KINDS = ("training_sessions", "members", "passes")


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database has under the files' keys."""

    training_sessions: dict[str, KnownTrainingSession]
    members: dict[str, MemberId]
    passes: dict[str, KnownPass]


def _studio(db: Db, name: str | None, time_zone: str | None) -> Studio:
    """Return the studio, made now if there was none; the options must not contradict the one there is."""
    studio = catalogue.studio(db)
    if studio is None:
        try:
            ZoneInfo(time_zone or DEFAULT_TIME_ZONE)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise OperatorError(f"There is no time zone {time_zone!r}; give one like Europe/Kyiv.") from None
        studio = Studio(name or DEFAULT_NAME, time_zone or DEFAULT_TIME_ZONE)
        catalogue.open_studio(db, studio)
    for option, asked, has in (("--time-zone", time_zone, studio.time_zone), ("--name", name, studio.name)):
        if asked is not None and asked != has:
            raise OperatorError(f"The studio of this database has {has!r}, not {asked!r}; leave out {option}.")
    return studio


def _compare(db: Db, files: ImportFiles, complaints: Complaints) -> _Known:
    """Look up what the files name, and complain about what differs from them or does not exist."""
    sessions = intake.known_training_sessions(db, files.training_sessions)
    for key, session in sessions.items():
        _same(SCHEDULE, files.training_sessions[key], session, complaints)
    emails = {line.said.email.lower(): line for line in files.members.values()}
    members: dict[str, MemberId] = {}
    for member in intake.known_members(db, files.members, emails):
        if member.key in files.members:
            members[member.key] = member.id
            _same(MEMBERS, files.members[member.key], MemberLine(member.key, member.name, member.email), complaints)
        elif line := emails.get(member.email.lower()):
            whose = repr(member.key) if member.key else "a member without a key"
            complaints.add(MEMBERS, line.number, "email", f"{member.email!r} belongs to {whose} in the database")
    passes = intake.known_passes(db, files.passes)
    for key, known in passes.items():
        _same(MEMBERS, files.passes[key], known, complaints)
    _refuse_unknown_trainings(db, files, complaints)
    return _Known(sessions, members, passes)


def _same(file: str, line: Line[Any], known: object, complaints: Complaints) -> None:
    for one in fields(line.said):
        here, there = getattr(line.said, one.name), getattr(known, one.name)
        if here != there:
            column = _COLUMNS.get((type(line.said), one.name), one.name)
            reason = f"{line.said.key!r} has {_shown(there)} in the database, here {_shown(here)}"
            complaints.add(file, line.number, column, f"{reason}; a file adds, it changes nothing")


_COLUMNS: dict[tuple[type, str], str] = {
    (KnownPass, "name"): "pass_name",
    (KnownPass, "sessions"): "sessions_left",
    (KnownPass, "expires_at"): "expires_on",
}


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return "nothing" if value is None else repr(";".join(value) if isinstance(value, tuple) else value)


def _refuse_unknown_trainings(db: Db, files: ImportFiles, complaints: Complaints) -> None:
    scheduled = {line.said.training for line in files.training_sessions.values()}
    named = {name for line in files.passes.values() for name in line.said.trainings or ()} - scheduled
    unknown = named - catalogue.ids_of(db, Named.TRAINING, named).keys() - {""}
    for line in files.passes.values():
        for name in line.said.trainings or ():
            if name in unknown:
                reason = f"there is no training {name!r}, neither in {SCHEDULE} nor in the database"
                complaints.add(MEMBERS, line.number, "trainings", reason)


def _leave_out(files: ImportFiles, known: _Known) -> ImportFiles:
    return ImportFiles(
        {key: line for key, line in files.training_sessions.items() if key not in known.training_sessions},
        {key: line for key, line in files.members.items() if key not in known.members},
        {key: line for key, line in files.passes.items() if key not in known.passes},
    )


def _write(db: Db, new: ImportFiles, known: _Known) -> None:
    sessions = [line.said for line in new.training_sessions.values()]
    passes = [line.said for line in new.passes.values()]
    named = {one.training for one in sessions} | {name for one in passes for name in one.trainings or ()}
    trainings = catalogue.ids_made_of(db, Named.TRAINING, named)
    trainers = catalogue.ids_made_of(db, Named.TRAINER, {one.trainer for one in sessions})
    spaces = catalogue.ids_made_of(db, Named.SPACE, {one.space for one in sessions})
    catalogue.add_training_sessions(
        db,
        (
            NewTrainingSession(
                _opened(
                    one,
                    TrainingId(trainings[one.training]),
                    TrainerId(trainers[one.trainer]),
                    SpaceId(spaces[one.space]),
                ),
                one.key,
            )
            for one in sessions
        ),
    )
    members = dict(known.members)
    people = []
    for line in new.members.values():
        members[line.said.key] = MemberId(new_id())
        people.append(NewMember(members[line.said.key], line.said.name, line.said.email, line.said.key))
    catalogue.add_members(db, people)
    catalogue.add_passes(db, list(_granted(passes, members, {name: TrainingId(trainings[name]) for name in trainings})))


def _opened(
    one: KnownTrainingSession, training_id: TrainingId, trainer_id: TrainerId, space_id: SpaceId
) -> TrainingSession:
    cancellation_deadline = timedelta(minutes=one.cancellation_deadline_minutes)
    return TrainingSession(
        id=TrainingSessionId(new_id()),
        training_id=training_id,
        trainer_id=trainer_id,
        space_id=space_id,
        starts_at=one.starts_at,
        lasts_minutes=one.minutes,
        capacity=one.capacity,
        booking_deadline=timedelta(minutes=one.booking_deadline_minutes),
        cancellation_deadline=cancellation_deadline,
        promotion_deadline=cancellation_deadline,
        promotion_grace=PROMOTION_GRACE,
    )


def _granted(
    passes: Iterable[KnownPass], members: dict[str, MemberId], trainings: dict[str, TrainingId]
) -> Iterable[NewPass]:
    for one in passes:
        pays_for = None if one.trainings is None else tuple(sorted(trainings[name] for name in one.trainings))
        yield NewPass(
            id=PassId(new_id()),
            member_id=members[one.member_key or ""],
            type=PassType(one.name, pays_for),
            sessions=one.sessions,
            expires_at=one.expires_at,
            key=one.key,
        )
