"""The stage of a rush: sessions, members and passes of its own, told from all others by the run's name."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.facts import TrainingSession
from domain.ids import MemberId, PassId, SpaceId, TrainerId, TrainingId, TrainingSessionId
from ops.importing import DEFAULT_NAME, DEFAULT_TIME_ZONE, PROMOTION_GRACE
from storage import catalogue
from storage.catalogue import NewMember, NewPass, NewTrainingSession, PassType, Studio
from storage.database import Db
from storage.identifiers import new_id
from storage.named import Named

MEMBERS_PER_PLACE = 3  # so many members for each place: most of them have to wait
BEGINS_IN = timedelta(days=7)
DEADLINE = timedelta(hours=1)
PLENTY = 10  # sessions on an ordinary pass
USED_UP_EVERY = 20  # one member in so many has a pass with nothing left
STRETCHED_EVERY = 10  # one in so many asks for two sessions with a pass that pays for one


@dataclass(frozen=True, slots=True)
class Player:
    """A member of the rush, the pass they pay with, and the sessions they ask for, in order."""

    member_id: MemberId
    pass_id: PassId
    wants: tuple[TrainingSessionId, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a run plays with."""

    name: str
    capacity: int
    training_session_ids: tuple[TrainingSessionId, ...]
    players: tuple[Player, ...]


def set_up(db: Db, *, members: int, sessions: int) -> Scene:
    """Make the stage in one transaction; it stays in the database afterwards, as evidence.

    Some members have a pass with nothing left, and some try to pay two sessions with one: the rules must say no, or
    skip them in line.
    """
    name = f"Rush {datetime.now(UTC):%Y-%m-%d %H:%M:%S} {new_id().hex[-6:]}"
    capacity = max(1, members // sessions // MEMBERS_PER_PLACE)
    with db.transaction():
        catalogue.lock_catalogue(db)
        if catalogue.studio(db) is None:
            catalogue.open_studio(db, Studio(DEFAULT_NAME, DEFAULT_TIME_ZONE))
        opened = list(_sessions(db, name, capacity, sessions))
        catalogue.add_training_sessions(db, (NewTrainingSession(one) for one in opened))
        ids = tuple(one.id for one in opened)
        players = tuple(_player(number, ids) for number in range(members))
        slug = name.lower().replace(" ", "-").replace(":", "")
        catalogue.add_members(
            db,
            (
                NewMember(one.member_id, f"{name} member {number}", f"{slug}-{number}@example.test")
                for number, one in enumerate(players, start=1)
            ),
        )
        catalogue.add_passes(db, list(_passes(players)))
    return Scene(name, capacity, ids, players)


def _sessions(db: Db, name: str, capacity: int, count: int) -> Iterator[TrainingSession]:
    training = TrainingId(catalogue.ids_made_of(db, Named.TRAINING, [name])[name])
    trainer = TrainerId(catalogue.ids_made_of(db, Named.TRAINER, [name])[name])
    space = SpaceId(catalogue.ids_made_of(db, Named.SPACE, [name])[name])
    first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + BEGINS_IN
    for number in range(count):
        yield TrainingSession(
            id=TrainingSessionId(new_id()),
            training_id=training,
            trainer_id=trainer,
            space_id=space,
            starts_at=first + timedelta(hours=number),
            lasts_minutes=60,
            capacity=capacity,
            booking_deadline=DEADLINE,
            cancellation_deadline=DEADLINE,
            promotion_deadline=DEADLINE,
            promotion_grace=PROMOTION_GRACE,
        )


def _player(number: int, ids: tuple[TrainingSessionId, ...]) -> Player:
    home = number % len(ids)
    wants: tuple[TrainingSessionId, ...] = (ids[home],)
    if _is_stretched(number) and len(ids) > 1:
        wants = (ids[home], ids[(home + 1) % len(ids)])
    return Player(MemberId(new_id()), PassId(new_id()), wants)


def _passes(players: tuple[Player, ...]) -> Iterator[NewPass]:
    for number, one in enumerate(players):
        sessions = PLENTY
        if _is_stretched(number):
            sessions = 1
        elif number % USED_UP_EVERY == USED_UP_EVERY - 1:
            sessions = 0
        yield NewPass(one.pass_id, one.member_id, PassType(f"{sessions} sessions", None), sessions)


def _is_stretched(number: int) -> bool:
    return number % STRETCHED_EVERY == STRETCHED_EVERY // 2
