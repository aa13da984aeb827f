"""`seatline seed`: a believable demo studio, with its first bookings asked for like anybody's."""

import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from api.auth import hash_password
from domain.commands import Actor, BookSeat
from domain.facts import TrainingSession
from domain.ids import CommandId, MemberId, PassId, SpaceId, TrainerId, TrainingId, TrainingSessionId
from ops import seed_plan as plan
from ops.importing import PROMOTION_GRACE
from storage import catalogue
from storage.catalogue import NewMember, NewPass, NewTrainingSession, PassType, Studio
from storage.command_log import NewCommand
from storage.database import Db, connect
from storage.identifiers import new_id
from storage.named import Named
from storage.settings import settings
from workers import inbox
from workers.resources import redis_client

WEEKS = 2
BEGINS_IN_HOURS_MIN = 4  # sessions that begin sooner are left out: nobody could cancel them any more
WORDS = (
    "amber",
    "birch",
    "cedar",
    "cliff",
    "clover",
    "coral",
    "delta",
    "ember",
    "falcon",
    "fern",
    "fjord",
    "harbor",
    "hazel",
    "island",
    "juniper",
    "lagoon",
    "lantern",
    "maple",
    "meadow",
    "north",
    "opal",
    "orchid",
    "otter",
    "pebble",
    "pine",
    "quartz",
    "raven",
    "reed",
    "river",
    "saffron",
    "sierra",
    "summit",
    "thistle",
    "willow",
)


@dataclass(frozen=True, slots=True)
class _Demo:
    """What was put into the database and is needed to ask for bookings."""

    training_sessions: Sequence[TrainingSession]
    trainings: dict[str, UUID]
    members: dict[str, MemberId]
    passes: Sequence[NewPass]


def is_empty() -> bool:
    """Whether the database has no studio yet."""
    with connect(settings().database_url) as db:
        return catalogue.studio(db) is None


def seed_demo() -> list[str]:
    """Make the demo studio and return lines that name its sign-ins; does nothing and returns none if there is a studio.

    Everything but the first bookings is one transaction. These are ordinary commands: they are applied once a worker
    runs. The passwords are made now and told only here, and in `demo-sign-ins.txt` in the data folder if there is one.
    """
    password = "-".join(secrets.choice(WORDS) for _ in range(4)) + f"-{secrets.randbelow(90) + 10}"
    with connect(settings().database_url) as db:
        with db.transaction():
            catalogue.lock_catalogue(db)
            if catalogue.studio(db) is not None:
                return []
            demo = _fill(db, datetime.now(UTC), hash_password(password))
        _ask_for_places(db, demo)
    lines = _sign_ins(password)
    _keep(lines)
    return lines


def _fill(db: Db, now: datetime, password_hash: str) -> _Demo:
    zone = ZoneInfo(plan.TIME_ZONE)
    catalogue.open_studio(db, Studio(plan.STUDIO_NAME, plan.TIME_ZONE))
    trainings = catalogue.ids_made_of(db, Named.TRAINING, plan.TRAININGS)
    for name, description in plan.TRAININGS.items():
        catalogue.describe_training(db, trainings[name], description)
    trainers = catalogue.ids_made_of(db, Named.TRAINER, plan.TRAINERS)
    spaces = catalogue.ids_made_of(db, Named.SPACE, plan.SPACES)
    sessions = [
        _session(slot, starts_at, (trainings[slot.training], trainers[slot.trainer], spaces[slot.space]))
        for slot in plan.TIMETABLE
        for starts_at in _starts(slot, now, zone)
    ]
    catalogue.add_training_sessions(db, (NewTrainingSession(one) for one in sessions))
    members = {person.email: MemberId(new_id()) for person in plan.PEOPLE}
    catalogue.add_members(
        db,
        [
            NewMember(
                members[one.email], one.name, one.email, role=one.role,
                password_hash=password_hash if one.signs_in else None,
            )
            for one in plan.PEOPLE
        ],
    )  # fmt: skip
    passes = [_pass(grant, now, members, trainings) for grant in _grants()]
    catalogue.add_passes(db, passes)
    return _Demo(sorted(sessions, key=lambda one: one.starts_at), trainings, members, passes)


def _starts(slot: plan.Slot, now: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    today = now.astimezone(zone).date()
    for ahead in range(7 * WEEKS):
        day = today + timedelta(days=ahead)
        starts_at = datetime.combine(day, slot.at, zone).astimezone(UTC)
        if day.weekday() in slot.days and starts_at >= now + timedelta(hours=BEGINS_IN_HOURS_MIN):
            yield starts_at


def _session(slot: plan.Slot, starts_at: datetime, ids: tuple[UUID, UUID, UUID]) -> TrainingSession:
    training_id, trainer_id, space_id = ids
    cancellation_deadline = timedelta(minutes=slot.cancellation_deadline_minutes)
    return TrainingSession(
        id=TrainingSessionId(new_id()),
        training_id=TrainingId(training_id),
        trainer_id=TrainerId(trainer_id),
        space_id=SpaceId(space_id),
        starts_at=starts_at,
        lasts_minutes=slot.minutes,
        capacity=slot.capacity,
        booking_deadline=timedelta(minutes=slot.booking_deadline_minutes),
        cancellation_deadline=cancellation_deadline,
        promotion_deadline=cancellation_deadline,
        promotion_grace=PROMOTION_GRACE,
    )


def _grants() -> Iterator[plan.Grant]:
    yield from plan.GRANTS
    for person in plan.PEOPLE:
        if person.role == "member" and not person.signs_in:
            yield plan.Grant(person.email, plan.REGULARS_GRANT, plan.REGULARS_SESSIONS, days=plan.REGULARS_DAYS)


def _pass(grant: plan.Grant, now: datetime, members: dict[str, MemberId], trainings: dict[str, UUID]) -> NewPass:
    zone = ZoneInfo(plan.TIME_ZONE)
    expires_at = None
    if grant.days is not None:
        day = now.astimezone(zone).date() + timedelta(days=grant.days)
        expires_at = datetime.combine(day, time(), zone).astimezone(UTC)
    pays_for = None if grant.trainings is None else tuple(sorted(TrainingId(trainings[one]) for one in grant.trainings))
    return NewPass(
        id=PassId(new_id()),
        member_id=members[grant.email],
        type=PassType(grant.name, pays_for),
        sessions=grant.sessions,
        expires_at=expires_at,
        active=grant.active,
    )


def _ask_for_places(db: Db, demo: _Demo) -> None:
    """Book like members do: one session full with a line behind it, one with a single place left, some half full."""
    regulars = [one.email for one in plan.PEOPLE if one.role == "member" and not one.signs_in]
    full, *others = (one for one in demo.training_sessions if one.training_id == demo.trainings["HIIT"])
    smallest = min([full, *others], key=lambda one: one.capacity)
    nearly, *rest = (one for one in demo.training_sessions if one.training_id == demo.trainings["Strength basics"])
    _book(db, demo, smallest, [*regulars, "sofiia@example.com"])
    _book(db, demo, nearly, ["nadiia@example.com", *regulars[: nearly.capacity - 2]])
    for number, one in enumerate(rest[:4]):
        _book(db, demo, one, regulars[number : number + 3])
    _book(db, demo, others[0] if others[0] is not smallest else full, ["andrii@example.com", *regulars[2:7]])


def _book(db: Db, demo: _Demo, training_session: TrainingSession, emails: Iterable[str]) -> None:
    redis = redis_client()
    for email in emails:
        member_id = demo.members[email]
        pass_ = next(one for one in demo.passes if one.member_id == member_id)
        wish = NewCommand(CommandId(new_id()), training_session.id, Actor(member_id), BookSeat(pass_.id))
        inbox.accept(db, redis, wish)


def _sign_ins(password: str) -> list[str]:
    who = {"owner": "the owner", "trainer": "a trainer", "member": "a member"}
    people = [one for one in plan.PEOPLE if one.signs_in]
    width = max(len(one.email) for one in people)
    lines = [f"{one.email:<{width}}  {one.name}, {who[one.role]}" for one in people]
    return [f"Demo studio: {plan.STUDIO_NAME}. Sign in with one of these and the password {password}", *lines]


def _keep(lines: Sequence[str]) -> None:
    folder = settings().data
    if not folder.is_dir():
        return
    # Readable by its owner alone from the first moment.
    file = os.open(folder / "demo-sign-ins.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as text:
        text.write("\n".join(lines) + "\n")
