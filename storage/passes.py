"""Grant and extend passes: what the studio does with a pass, told to its member in the same transaction."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.facts import Pass
from domain.ids import MemberId, PassId, TrainingId
from domain.journal import plain_instant
from domain.notices import Notice, NoticeKind
from storage import catalogue
from storage.catalogue import NewPass, PassType
from storage.command_log import LoggedCommand, accept_reconsiderations
from storage.database import Db
from storage.identifiers import new_id
from storage.named import Named
from storage.notices import WrittenNotice, write_notices, written_notices
from storage.reminders import EXPIRES_SOON

SESSIONS_MAX = 10_000  # granted or added at once
DAYS_MAX = 3_650  # a pass granted, or made longer, by more than ten years is a slip of the finger
TYPES_NAMED_MAX = 20  # in a refusal


class PassError(Exception):
    """The pass cannot be granted or extended like this; the sentence says why and what to do. Nothing was changed."""


class NoSuchPassError(PassError):
    """There is no pass, member or pass type of this id."""


@dataclass(frozen=True, slots=True)
class ChangedPass:
    """A pass as it was granted or extended, with the notice of it, and the commands that its change caused.

    The commands ask sessions to look again at a waiter who was skipped for this pass.
    """

    pass_: Pass
    name: str
    sessions_granted: int | None
    notice: WrittenNotice
    caused: tuple[LoggedCommand, ...] = ()


@dataclass(frozen=True, slots=True)
class _Locked:
    """A pass whose row this transaction holds."""

    pass_: Pass
    name: str
    sessions_granted: int | None


def grant_pass(
    db: Db,
    *,
    member_id: MemberId,
    type_name: str,
    sessions: int | None,
    days: int | None,
    trainings: Collection[str] = (),
    new_type: bool = False,
) -> ChangedPass:
    """Give the member a pass of the type with this name, and write the notice of it, in one transaction.

    `sessions` None is unlimited. The pass expires at the end of the studio's day that is `days` after today; None is
    never. `trainings` names what the pass pays for: needed where several types have the name. With `new_type` a type
    that does not exist is added, for every training if none is named. Raises `PassError`.
    """
    _check(sessions=sessions, days=days)
    with db.transaction():
        type_ = _type(db, type_name, trainings, new_type=new_type)
        return grant_of_type(db, member_id=member_id, type_=type_, sessions=sessions, days=days)


def grant_of_type(
    db: Db, *, member_id: MemberId, type_: PassType, sessions: int | None, days: int | None
) -> ChangedPass:
    """Give the member a pass of this type as `grant_pass` does, inside the caller's transaction."""
    _check(sessions=sessions, days=days)
    zone, now = _zone_and_clock(db)
    # FOR SHARE, so that a member who is being removed at this moment is gone, or is removed with this pass.
    known = db.execute("SELECT FROM members WHERE id = %s AND removed_at IS NULL FOR SHARE", (member_id,))
    if known.fetchone() is None:
        raise NoSuchPassError(f"There is no member {member_id}. Is it the right database?")
    expires_at = None if days is None else _end_of_day(now, days, zone)
    new = NewPass(PassId(new_id()), member_id, type_, sessions, expires_at)
    catalogue.add_passes(db, [new])
    pays_for = None if type_.trainings is None else frozenset(type_.trainings)
    pass_ = Pass(new.id, member_id, active=True, sessions_left=sessions, expires_at=expires_at, trainings=pays_for)
    if _expires_soon(pass_, now):
        db.execute("UPDATE passes SET expiry_told = true WHERE id = %s", (new.id,))
    return ChangedPass(pass_, type_.name, sessions, _tell(db, NoticeKind.PASS_GRANTED, pass_))


def extend_pass(db: Db, pass_id: PassId, *, sessions: int | None, days: int | None) -> ChangedPass:
    """Add sessions, days or both to a pass, and write the notice of it, in one transaction.

    Days count from the present expiry, of a pass that has expired from today, to the end of a day of the studio; a
    pass that never expires stays so. Sessions where somebody waits who was skipped for this pass are asked to look
    again: call a worker for each command in `caused` after the commit, or leave it to the sweep. Raises
    `PassError`.
    """
    if sessions is None and days is None:
        raise PassError("Nothing would be added. Say how many sessions, how many days, or both.")
    _check(sessions=sessions, days=days)
    with db.transaction():
        zone, now = _zone_and_clock(db)
        locked = _lock(db, pass_id)
        _refuse_what_adds_nothing(locked.pass_, now, sessions=sessions, days=days)
        extended = _extended(locked.pass_, zone, now, sessions=sessions or 0, days=days or 0)
        granted = None if locked.sessions_granted is None else locked.sessions_granted + (sessions or 0)
        db.execute(
            # What is left follows what is granted, by a trigger: who grants is not who charges.
            "UPDATE passes SET sessions_granted = %s, expires_at = %s, expiry_told = %s WHERE id = %s",
            (granted, extended.expires_at, _expires_soon(extended, now), pass_id),
        )
        days_added = None if extended.expires_at is None else days
        notice = _tell(db, NoticeKind.PASS_EXTENDED, extended, sessions_added=sessions, days_added=days_added)
        caused = accept_reconsiderations(db, [pass_id])
        return ChangedPass(extended, locked.name, granted, notice, tuple(caused))


def switch_pass(db: Db, pass_id: PassId, *, active: bool) -> ChangedPass:
    """Let a pass pay or not, and write the notice of it, inside the caller's transaction. Raises `NoSuchPassError`.

    When it pays again, sessions where somebody waits who was skipped for it are asked to look again.
    """
    locked = _lock(db, pass_id)
    db.execute("UPDATE passes SET active = %s WHERE id = %s", (active, pass_id))
    switched = replace(locked.pass_, active=active)
    notice = _tell(db, NoticeKind.PASS_ACTIVATED if active else NoticeKind.PASS_DEACTIVATED, switched)
    caused = accept_reconsiderations(db, [pass_id]) if active else []
    return ChangedPass(switched, locked.name, locked.sessions_granted, notice, tuple(caused))


def _check(*, sessions: int | None, days: int | None) -> None:
    for number, most, what in ((sessions, SESSIONS_MAX, "sessions"), (days, DAYS_MAX, "days")):
        if number is not None and not 1 <= number <= most:
            raise PassError(f"The number of {what} must be from 1 to {most}, not {number}.")


def _zone_and_clock(db: Db) -> tuple[ZoneInfo, datetime]:
    row = db.execute("SELECT time_zone, clock_timestamp() FROM studio").fetchone()
    if row is None:
        raise PassError("There is no studio yet. Import one, or seed a demo.")
    return ZoneInfo(row[0]), row[1]


def _type(db: Db, name: str, trainings: Collection[str], *, new_type: bool) -> PassType:
    """Return the one type that is meant, making it if asked to."""
    # FOR SHARE, so that a type which staff change at this moment is granted as it is afterwards.
    rows = db.execute("SELECT training_ids FROM pass_types WHERE name = %s FOR SHARE", (name,))
    known = [PassType(name, None if ids is None else tuple(sorted(ids))) for (ids,) in rows]
    wanted = PassType(name, _training_ids(db, trainings))
    meant = [one for one in known if not trainings or one == wanted]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise PassError(f"{len(meant)} pass types are called {name!r}. Name the trainings the pass pays for.")
    if new_type:
        _check_name(name)
        return wanted
    if known:
        raise PassError(f"No pass type {name!r} is for these trainings. Ask for a new type, or name others.")
    names = db.execute("SELECT DISTINCT name FROM pass_types ORDER BY name LIMIT %s", (TYPES_NAMED_MAX,))
    listed = ", ".join(repr(name) for (name,) in names) or "none"
    raise PassError(f"There is no pass type {name!r}; there are: {listed}. Choose one, or ask for a new type.")


def _training_ids(db: Db, names: Collection[str]) -> tuple[TrainingId, ...] | None:
    if not names:
        return None
    ids = catalogue.ids_of(db, Named.TRAINING, names)
    if missing := [name for name in names if name not in ids]:
        raise PassError(f"There is no training {missing[0]!r}. Name it as the schedule does.")
    return tuple(sorted(TrainingId(id_) for id_ in ids.values()))


def _check_name(name: str) -> None:
    if not name.strip() or not name.isprintable():
        raise PassError("A pass type needs a name, without line breaks or other control characters.")


def _lock(db: Db, pass_id: PassId) -> _Locked:
    row = db.execute(
        """
        SELECT passes.id, passes.member_id, active, sessions_left, expires_at, passes.training_ids, pass_types.name,
               sessions_granted
          FROM passes JOIN pass_types ON pass_types.id = passes.pass_type_id
         WHERE passes.id = %s FOR NO KEY UPDATE OF passes
        """,
        (pass_id,),
    ).fetchone()
    if row is None:
        raise NoSuchPassError(f"There is no pass {pass_id}. Look at the member's passes again.")
    id_, member_id, active, left, expires_at, trainings, name, granted = row
    pays_for = None if trainings is None else frozenset(trainings)
    return _Locked(Pass(id_, member_id, active, left, expires_at, pays_for), name, granted)


def _refuse_what_adds_nothing(pass_: Pass, now: datetime, *, sessions: int | None, days: int | None) -> None:
    if not pass_.active:
        raise PassError("The pass is not active, and extending it would not change that. Grant a new one.")
    if sessions is not None and pass_.sessions_left is None:
        raise PassError("The pass is unlimited and takes no more sessions. Add days only.")
    if sessions is None and pass_.expires_at is None:
        raise PassError("The pass never expires, so days add nothing to it. Add sessions.")
    if days is None and pass_.expires_at is not None and pass_.expires_at <= now:
        raise PassError(f"The pass expired at {plain_instant(pass_.expires_at)}. Add days, too.")


def _extended(pass_: Pass, zone: ZoneInfo, now: datetime, *, sessions: int, days: int) -> Pass:
    left = None if pass_.sessions_left is None else pass_.sessions_left + sessions
    expires_at = pass_.expires_at
    if expires_at is not None and days:
        # The last instant at which the pass is good: its day is the one that the days are added to.
        good_until = expires_at - timedelta(microseconds=1) if expires_at > now else now
        expires_at = _end_of_day(good_until, days, zone)
    return replace(pass_, sessions_left=left, expires_at=expires_at)


def _end_of_day(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return the instant at which the day of the zone is over that is so many days after that of `at`, in UTC."""
    day = at.astimezone(zone).date() + timedelta(days=days + 1)
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _expires_soon(pass_: Pass, now: datetime) -> bool:
    """Whether the pass needs no notice that it expires soon, because the one of its change says when it does."""
    return pass_.expires_at is not None and pass_.expires_at <= now + EXPIRES_SOON


def _tell(
    db: Db, kind: NoticeKind, pass_: Pass, *, sessions_added: int | None = None, days_added: int | None = None
) -> WrittenNotice:
    details: dict[str, object] = {
        "sessions_left": pass_.sessions_left,
        "expires_at": None if pass_.expires_at is None else plain_instant(pass_.expires_at),
        "sessions_added": sessions_added,
        "days_added": days_added,
    }
    notice = Notice(kind, pass_.member_id, None, details, pass_.id)
    (written,) = written_notices(write_notices(db, [(new_id(), notice)], starts_at=[None]))
    return written
