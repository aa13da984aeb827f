"""The one door for commands: write it into the log, then see to it that a worker looks.

Only the first step decides whether the command is accepted. Publishing may fail or never happen; the sweep finds
every command that waits without a token.
"""

from collections.abc import Iterable

from redis import Redis

from domain.ids import BookingId, TrainingSessionId
from storage import command_log
from storage.command_log import Accepted, LoggedCommand, NewCommand
from storage.database import Db
from workers import publish
from workers.hints import hint

PUBLISHED_AT_ONCE = 100  # commands; Redis does nothing else meanwhile


def accept(db: Db, redis: Redis, new: NewCommand) -> Accepted:
    """Accept a command.

    Returns the logged command, the first one if the key was used before for the same thing; `KeyReused` if for
    another; `Refused` with `session_not_found` if there is no such session. Raises psycopg's `OperationalError`
    when the database cannot be reached: then ask again with the same id or key, it is accepted once.
    """
    logged = command_log.accept(db, new)
    if isinstance(logged, LoggedCommand) and not logged.is_repeat:
        call_workers(redis, [logged])
    return logged


def call_workers(redis: Redis, logged: Iterable[LoggedCommand]) -> None:
    """Publish the commands' messages and, unless one waits, their sessions' tokens. Failing leaves it to the sweep."""
    handed_in = [(one.training_session_id, one.id) for one in logged]
    with hint("call workers"):
        for begin in range(0, len(handed_in), PUBLISHED_AT_ONCE):
            publish.commands(redis, handed_in[begin : begin + PUBLISHED_AT_ONCE])


def training_session_of_booking(db: Db, booking_id: BookingId) -> TrainingSessionId | None:
    """Return the session whose queue a command about this booking belongs to; None for no such booking."""
    return command_log.training_session_of_booking(db, booking_id)
