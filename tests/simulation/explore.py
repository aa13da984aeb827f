"""Try everything that can follow from a state, each state once, and count the ways through."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.simulation.lane_model import Mutant, State, steps, swept

LENGTH_MAX = 60


@dataclass(frozen=True, slots=True)
class Explored:
    """What was found: how many ways there are from the start to an end, and what broke.

    `broken` is None, or what is wrong with the way that leads there, step by step.
    """

    interleavings: int = 0
    broken: tuple[str, tuple[str, ...]] | None = None


def explore(start: State, mutant: Mutant | None = None) -> Explored:
    """Try all interleavings from `start`; stop at the first that breaks what the protocol promises."""
    start = _plain(start)
    came_by: dict[State, tuple[State, str] | None] = {start: None}
    follow: dict[State, list[State]] = {}
    pending = [start]
    while pending:
        state = pending.pop()
        found = [(name, _plain(after)) for name, after in _all_steps(state, mutant)]
        if wrong := _wrong(state, [name for name, _ in found]):
            return Explored(broken=(wrong, _way(came_by, state)))
        follow[state] = [after for _, after in found]
        for name, after in found:
            if after not in came_by:
                came_by[after] = (state, name)
                pending.append(after)
    return Explored(_ways(follow, start))


def _all_steps(state: State, mutant: Mutant | None) -> Iterator[tuple[str, State]]:
    found = list(steps(state, mutant))
    yield from found
    after = swept(state, mutant)
    if after is not None:
        if state.sweeps:
            yield "sweep", replace(after, sweeps=state.sweeps - 1)
        elif not found and not state.calm:
            # Nobody does anything any more, so it comes in any case.
            yield "sweep", after


def _wrong(state: State, to_come: list[str]) -> str | None:
    """Return what is wrong with a state from which these steps lead on."""
    if state.applied_twice:
        return "a command was applied twice"
    if "sweep" in to_come and state.armed in state.tokens:
        return "the sweep doubles a token that waits"
    if state.waiting and not to_come:
        return "a command waits for the sweep, and nothing had gone wrong" if state.calm else "a command waits for ever"
    return None


def _plain(state: State) -> State:
    """Return the state with its stamps numbered from 1: only their order matters."""
    stamps = {*state.tokens, *(worker.stamp for worker in state.workers if worker.stamp)}
    if state.armed is not None:
        stamps.add(state.armed)
    rank = {stamp: number for number, stamp in enumerate(sorted(stamps), start=1)}
    return replace(
        state,
        tokens=tuple(rank[stamp] for stamp in state.tokens),
        armed=None if state.armed is None else rank[state.armed],
        workers=tuple(replace(worker, stamp=rank.get(worker.stamp, 0)) for worker in state.workers),
        clock=len(rank) + 1,
    )


def _ways(follow: dict[State, list[State]], start: State) -> int:
    """Count the ways of up to `LENGTH_MAX` steps from the start to an end.

    There are longer ones without end: two workers may hand a note to and fro for as long as each of them leaves the
    lane in the very moment between the other's two tries. Each round needs that moment again.
    """
    ends = {state for state, after in follow.items() if not after}
    found, reached = 0, {start: 1}
    for _ in range(LENGTH_MAX):
        following: dict[State, int] = {}
        for state, ways in reached.items():
            for after in follow[state]:
                following[after] = following.get(after, 0) + ways
        found += sum(following.pop(state) for state in ends & following.keys())
        reached = following
    return found


def _way(came_by: dict[State, tuple[State, str] | None], state: State) -> tuple[str, ...]:
    names: list[str] = []
    while (came := came_by[state]) is not None:
        state, name = came
        names.append(name)
    return tuple(reversed(names))
