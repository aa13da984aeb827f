"""Hold what clients saw against what the database says. Every sentence it returns is something that must not be."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from http import HTTPStatus
from uuid import UUID

from ops.auditing import Verdict
from ops.chaos.books import Books, CommandRow
from ops.chaos.history import Asked

MAY_COME_WITHOUT_COMMAND = frozenset({HTTPStatus.SERVICE_UNAVAILABLE})
"""Statuses by which the API says that it accepted nothing as far as it knows: ask again."""


class Kind(StrEnum):
    """What can be wrong after a run."""

    LOST = auto()
    """A client was told that a command is accepted, and the log does not have it."""
    UNSETTLED = auto()
    """A command of the log has no outcome."""
    FAILED = auto()
    """A command was settled as failed: a fault of the servers became a member's."""
    UNANSWERED = auto()
    """A client asked until its patience ended, long after the last fault, and was never answered."""
    UNEXPECTED = auto()
    """An answer that no fault explains."""
    DOUBLED = auto()
    """One key stands for two commands, or one position."""
    STRAY = auto()
    """The log has a command of a member that no client sent."""
    CONTRADICTED = auto()
    """A client was told another outcome than the log has."""
    REORDERED = auto()
    """A command comes before one that had been answered before it was sent."""
    OVERSOLD = auto()
    """A session has more people than places."""
    OVERDRAWN = auto()
    """A pass is negative, or not what its ledger makes it."""
    REPLAYED_OTHERWISE = auto()
    """The audit, which lives the journal again, finds something else."""
    UNTOLD = auto()
    """A notice was not delivered."""
    TOLD_TWICE = auto()
    """A notice went out more often than its lost leases explain."""


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is wrong."""

    kind: Kind
    sentence: str


def check(history: Sequence[Asked], books: Books, verdict: Verdict) -> list[Damage]:
    """Return all that is wrong; nothing when every promise was kept."""
    by_id = {row.id: row for row in books.commands}
    return [
        *_about_answers(history, by_id),
        *_about_keys(history, books.commands),
        *_about_outcomes(books.commands),
        *_about_order(history, by_id),
        *_about_places_and_passes(books),
        *_about_deliveries(books),
        *_about_the_audit(verdict),
    ]


def _about_answers(history: Sequence[Asked], by_id: dict[str, CommandRow]) -> Iterator[Damage]:
    for asked in history:
        if asked.answered is None:
            yield Damage(Kind.UNANSWERED, f"{asked.key} was sent {len(asked.calls)} times and never answered")
        for call in asked.calls:
            if call.status is not None and not call.accepts and call.status not in MAY_COME_WITHOUT_COMMAND:
                yield Damage(Kind.UNEXPECTED, f"{asked.key} was answered {call.status} {call.code}")
        told = sorted({call.command_id for call in asked.acceptances()})
        if len(told) > 1:
            yield Damage(Kind.DOUBLED, f"{asked.key} was answered with {len(told)} commands: {', '.join(told)}")
        for id_ in told:
            if id_ not in by_id:
                yield Damage(Kind.LOST, f"{asked.key} was accepted as command {id_}, which is not in the log")
        for call in asked.acceptances():
            row = by_id.get(call.command_id)
            if row is not None and call.command_status not in {"waiting", row.status}:
                sentence = f"{asked.key} was told to be {call.command_status}, command {row.id} is {row.status}"
                yield Damage(Kind.CONTRADICTED, sentence)


def _about_keys(history: Sequence[Asked], rows: Sequence[CommandRow]) -> Iterator[Damage]:
    sent = {(asked.member_id, asked.key): asked for asked in history}
    found: dict[tuple[UUID, str], CommandRow] = {}
    for row in rows:
        if row.actor_id is None or row.key is None:
            continue
        key = (row.actor_id, row.key)
        if key in found:
            yield Damage(Kind.DOUBLED, f"{row.key} stands for the commands {found[key].id} and {row.id}")
        found[key] = row
        asked = sent.get(key)
        if asked is None or asked.training_session_id != row.training_session_id:
            yield Damage(Kind.STRAY, f"command {row.id} was accepted under {row.key}, and nobody sent that")
    for asked in history:
        row_of_key = found.get((asked.member_id, asked.key))
        for id_ in {call.command_id for call in asked.acceptances()}:
            if row_of_key is not None and row_of_key.id != id_:
                yield Damage(Kind.DOUBLED, f"{asked.key} is command {row_of_key.id}, its client was told {id_}")


def _about_outcomes(rows: Sequence[CommandRow]) -> Iterator[Damage]:
    places: Counter[tuple[UUID, int]] = Counter()
    for row in rows:
        if row.position is None or row.status == "waiting":
            yield Damage(Kind.UNSETTLED, f"command {row.id} (seq {row.seq}) is {row.status}")
        else:
            places[row.training_session_id, row.position] += 1
        if row.status == "failed":
            yield Damage(Kind.FAILED, f"command {row.id} (seq {row.seq}) failed: {row.error}")
    for (session_id, position), count in places.items():
        if count > 1:
            yield Damage(Kind.DOUBLED, f"session {session_id} has {count} commands in position {position}")


def _about_order(history: Sequence[Asked], by_id: dict[str, CommandRow]) -> Iterator[Damage]:
    """Go through each session's moments in real time: who is sent must come after all who had been answered."""
    moments: dict[UUID, list[tuple[float, bool, CommandRow]]] = defaultdict(list)
    for asked in history:
        for id_ in {call.command_id for call in asked.acceptances()}:
            row = by_id.get(id_)
            if row is not None and asked.answered is not None:
                # At one instant sending comes first: only what was answered strictly before counts.
                moments[row.training_session_id] += [(asked.sent, False, row), (asked.answered, True, row)]
    for told in moments.values():
        latest_seq = latest_position = 0
        for _, is_answer, row in sorted(told, key=lambda moment: moment[:2]):
            if is_answer:
                latest_seq, latest_position = max(latest_seq, row.seq), max(latest_position, row.position or 0)
            elif row.seq < latest_seq or (row.position is not None and row.position < latest_position):
                sentence = (
                    f"command {row.id} has seq {row.seq} and position {row.position}; before it was sent one with "
                    f"seq {latest_seq} and one with position {latest_position} had been answered"
                )
                yield Damage(Kind.REORDERED, sentence)


def _about_places_and_passes(books: Books) -> Iterator[Damage]:
    for one in books.places:
        if one.taken > one.capacity:
            yield Damage(Kind.OVERSOLD, f"session {one.training_session_id}: {one.taken} of {one.capacity} places")
    for balance in books.balances:
        if balance.left < 0 or balance.left != balance.granted + balance.moved:
            sentence = (
                f"pass {balance.pass_id}: {balance.left} left of {balance.granted}, {balance.moved} in its ledger"
            )
            yield Damage(Kind.OVERDRAWN, sentence)


def _about_deliveries(books: Books) -> Iterator[Damage]:
    if books.untold:
        yield Damage(Kind.UNTOLD, f"{books.untold} notices are not relayed")
    for one in books.deliveries:
        if one.status not in {"sent", "dropped"} or (one.status == "sent" and not (one.recorded and one.went_out)):
            sentence = f"delivery {one.id} is {one.status}, {one.recorded} times recorded, {one.went_out} times sent"
            yield Damage(Kind.UNTOLD, sentence)
        if one.recorded > 1 or one.went_out > max(one.claims, 1):
            yield Damage(
                Kind.TOLD_TWICE, f"delivery {one.id} was claimed {one.claims} times, sent {one.went_out} times"
            )


def _about_the_audit(verdict: Verdict) -> Iterator[Damage]:
    for one in verdict.differences:
        where = f"session {one.training_session_id}, position {one.position}: {one.what}"
        yield Damage(Kind.REPLAYED_OTHERWISE, f"{where} is {one.found}, not {one.expected}")
