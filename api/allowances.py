"""How often something may be asked for: so many at once, and as many again in each period, counted in memory.

Each process counts for itself and alone, so that asking costs a look into a dictionary and no round trip. Of N
processes a member may get up to N times as much: these limits keep a server standing, they divide nothing fairly.
"""

import time
from collections.abc import Callable, Hashable
from math import ceil

from api.problem_codes import ProblemCode
from api.problems import ProblemError
from domain.ids import MemberId
from storage.settings import Settings

FORGET_AFTER = 2_000  # keys, of which some will have made good by then what they took
_MINUTE = 60.0
_ROUNDING = 1e-6

Clock = Callable[[], float]


class Allowance:
    """`most` for each key at once; what was taken is made good steadily, all of it in `seconds`.

    Of each key it keeps one number, the moment at which everything is made good. Safe for greenlets, which nothing
    here lets another one interrupt; of threads two at once may take as one.
    """

    def __init__(self, most: int, seconds: float, clock: Clock = time.monotonic) -> None:
        self._each, self._seconds, self._clock = seconds / most, seconds, clock
        self._whole_at: dict[Hashable, float] = {}
        self._forget_above = FORGET_AFTER

    def take(self, key: Hashable) -> float:
        """Take one and return 0; where none is left, take nothing and return after how many seconds there is one."""
        now = self._clock()
        whole_at = max(self._whole_at.get(key, now), now) + self._each
        wait = whole_at - now - self._seconds
        if wait > _ROUNDING:
            return wait
        self._whole_at[key] = whole_at
        if len(self._whole_at) > self._forget_above:
            self._whole_at = {key: at for key, at in self._whole_at.items() if at > now}
            self._forget_above = max(FORGET_AFTER, 2 * len(self._whole_at))
        return 0.0

    def give_back(self, key: Hashable) -> None:
        """Make good all that was taken by this key."""
        self._whole_at.pop(key, None)


class AttemptAllowances:
    """What this process lets be tried while Redis is away, which else counts for all of them."""

    def __init__(self, settings: Settings, clock: Clock = time.monotonic) -> None:
        self._seconds, self._clock = settings.sign_in_window_seconds, clock
        self._by_most: dict[int, Allowance] = {}

    def of(self, most: int) -> Allowance:
        """Return the allowance of so many in a window."""
        return self._by_most.setdefault(most, Allowance(most, self._seconds, self._clock))


class MemberAllowances:
    """What this process lets one member ask for. Each method ends the request with a problem where it is too much.

    Each generation of a member's tokens counts apart, so that whoever has stolen one that was ended since uses up
    nothing of the member's.
    """

    def __init__(self, settings: Settings, clock: Clock = time.monotonic) -> None:
        self._requests = Allowance(settings.requests_per_minute, _MINUTE, clock)
        self._commands = Allowance(settings.commands_per_minute, _MINUTE, clock)
        self._staff_commands = Allowance(settings.staff_commands_per_minute, _MINUTE, clock)

    def take_request(self, member_id: MemberId, token_generation: int) -> None:
        """Count a request of any kind."""
        _or_wait(self._requests.take((member_id, token_generation)))

    def take_command(self, member_id: MemberId, token_generation: int, *, as_staff: bool) -> None:
        """Count a command; staff give them for many members, so that they may give more."""
        _or_wait((self._staff_commands if as_staff else self._commands).take((member_id, token_generation)))


def _or_wait(seconds: float) -> None:
    if seconds:
        raise ProblemError(ProblemCode.TOO_MANY_REQUESTS, headers={"Retry-After": str(ceil(seconds))})
