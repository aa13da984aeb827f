"""`seatline replay`: send a file's commands through the API as their members, and wait for every outcome."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api.auth import make_token
from domain.ids import BookingId, MemberId
from domain.outcomes import CommandStatus
from ops.errors import OperatorError
from ops.http_client import Answer, HttpClient, Sender
from ops.replay_file import Kind, Order, Pair, Plan
from storage.settings import Settings

WAIT_SECONDS = 20  # how long the API may hold an answer back for the outcome


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one order: its command, or the error that ended it; `seconds` until the outcome was known."""

    order: Order
    command_id: str = ""
    status: str = ""
    reasons: tuple[str, ...] = ()
    seconds: float = 0.0
    error: str = ""


@dataclass(slots=True)
class Replayed:
    """What became of all orders."""

    count: int
    done: list[Done] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether each order became one command of its own, and each has an outcome that is not a fault."""
        ids = {one.command_id for one in self.done if one.status in {CommandStatus.APPLIED, CommandStatus.REFUSED}}
        return len(ids) == len(self.done) == self.count

    def counts(self) -> Counter[tuple[str, str, str]]:
        """Count what became of the orders, by kind, outcome and reasons; an order without one counts as `error`."""
        return Counter(
            (str(one.order.kind), "error" if one.error else one.status, " ".join(one.reasons)) for one in self.done
        )

    def errors(self) -> list[Done]:
        """Return the orders that have no outcome."""
        return [one for one in self.done if one.error]


async def replay_commands(
    plan: Plan, settings: Settings, *, url: str | None, concurrency: int, advance: Callable[[], None]
) -> Replayed:
    """Send all orders: within a session one after the other's outcome, up to `concurrency` sessions at once.

    Each order's idempotency key comes from the file's content and its number, so a replay that was cut off is
    taken up by starting it again. An order that cannot be sent ends its session's replay, not the others'.
    """
    replayed = Replayed(plan.count)
    gate = asyncio.Semaphore(concurrency)
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with HttpClient(url or settings.api_url, connections=concurrency) as client:

        async def one_session(orders: Sequence[Order]) -> None:
            async with gate:
                lane = _Lane(client, settings, dict(plan.live), plan.token_generations)
                for order in orders:
                    done = await lane.send(order)
                    replayed.done.append(done)
                    advance()
                    if done.error:
                        return

        # The longest first: none of them shall run alone at the end.
        by_length = sorted(plan.orders.values(), key=len, reverse=True)
        await asyncio.gather(*(one_session(orders) for orders in by_length))
    replayed.seconds = loop.time() - began
    return replayed


@dataclass(slots=True)
class _Lane:
    """One session's replay: which booking each member's cancellation would speak of."""

    client: HttpClient
    settings: Settings
    bookings: dict[Pair, BookingId]
    generations: Mapping[MemberId, int]

    async def send(self, order: Order) -> Done:
        try:
            answer = await self._outcome(order)
        except OperatorError as error:
            return Done(order, error=str(error))
        command = answer.command or {}
        pair = (order.training_session_id, order.member_id)
        if order.kind is Kind.BOOK and (command["status"] == CommandStatus.APPLIED or pair not in self.bookings):
            # A refused booking is remembered only while there is no other: its cancellation must be refused too.
            self.bookings[pair] = BookingId(command["id"])
        return Done(
            order,
            command_id=str(command["id"]),
            status=str(command["status"]),
            reasons=reasons_of(command),
            seconds=answer.seconds,
        )

    async def _outcome(self, order: Order) -> Answer:
        token = self._token(order.member_id)
        sender = Sender(token, order.idempotency_key, WAIT_SECONDS)
        if order.pass_id is not None:
            answer = await self.client.book(sender, order.training_session_id, order.pass_id)
        else:
            booking_id = order.booking_id or self.bookings[order.training_session_id, order.member_id]
            answer = await self.client.cancel(sender, booking_id)
        return await self.client.settled(token, answer)

    def _token(self, member_id: MemberId) -> str:
        return make_token(self.settings, member_id, self.generations.get(member_id, 0))


def reasons_of(command: dict[str, Any]) -> tuple[str, ...]:
    """Return the codes of a command's reasons, whether they come alone or with their sentences."""
    reasons = command.get("reasons") or []
    return tuple(str(one["code"] if isinstance(one, dict) else one) for one in reasons)
