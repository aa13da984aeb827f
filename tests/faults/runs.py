"""A small run in which all went well, made by hand, for tests that then damage it."""

from dataclasses import replace
from uuid import UUID

from ops.auditing import Verdict
from ops.chaos.books import Balance, Books, CommandRow, DeliveryRow, Places
from ops.chaos.check import Damage, check
from ops.chaos.history import Asked, Call

SESSION, OTHER_SESSION = UUID(int=1), UUID(int=2)
ANNA, BORYS = UUID(int=11), UUID(int=12)


def answered(sent: float, at: float, id_: str, status: str = "waiting") -> Call:
    """Return a call that was answered with this command."""
    http = {"waiting": 202, "applied": 201, "refused": 409, "failed": 500}[status]
    return Call(sent, at, http, command_id=id_, command_status=status)


class Run:
    """Three commands of one session: `first` was told at once, `second` only when asked again, `third` waited for."""

    def __init__(self) -> None:
        self.history = [
            Asked("key-1", ANNA, SESSION, calls=[answered(1.0, 1.1, "first")]),
            Asked("key-2", BORYS, SESSION, calls=[Call(1.2, trouble="cut"), answered(1.5, 1.6, "second", "refused")]),
            Asked("key-3", ANNA, SESSION, "first", calls=[answered(1.7, 2.0, "third", "applied")]),
        ]
        self.books = Books(
            commands=[
                CommandRow("first", 4, SESSION, ANNA, "key-1", "applied", 1, None, 100.0, 100.5),
                CommandRow("second", 5, SESSION, BORYS, "key-2", "refused", 2, None, 100.1, 100.5),
                CommandRow("own", 6, SESSION, None, None, "applied", 3, None, 100.2, 100.5),
                CommandRow("third", 9, SESSION, ANNA, "key-3", "applied", 4, None, 100.3, 101.0),
            ],
            places=[Places(SESSION, 2, 2)],
            balances=[Balance(UUID(int=21), 10, 9, -1)],
            deliveries=[DeliveryRow(1, "sent", 1, 1, 1), DeliveryRow(2, "dropped", 0, 0, 0)],
        )
        self.verdict = Verdict()

    def change(self, id_: str, **changes: object) -> None:
        """Have the log say something else of a command."""
        rows = self.books.commands
        self.books.commands = [replace(row, **changes) if row.id == id_ else row for row in rows]  # type: ignore[arg-type]

    def forget(self, id_: str) -> None:
        """Take a command out of the log."""
        self.books.commands = [row for row in self.books.commands if row.id != id_]

    def damages(self) -> list[Damage]:
        """Return what the checker finds."""
        return check(self.history, self.books, self.verdict)
