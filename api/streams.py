"""One open event stream: what it must still be told. A slow client hears the latest states, not every one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Condition
from uuid import UUID

from api.happenings import Happening, Key
from domain.ids import MemberId

PENDING_MAX = 500
"""Different things a client may lag behind with; one that lags more is dropped, comes again and is caught up."""


@dataclass(eq=False)
class Stream:
    """A member's stream that also watches some sessions. `put` and `take` may be called from different threads."""

    member_id: MemberId
    session_ids: frozenset[UUID]
    token_generation: int = 0
    is_too_slow: bool = False
    has_ended: bool = False
    _pending: dict[Key, Happening] = field(default_factory=dict)
    _changed: Condition = field(default_factory=Condition)

    def put(self, happening: Happening) -> None:
        """Have the client told; an unsent earlier state of the same thing is replaced, an unsent later one stays."""
        with self._changed:
            unsent = self._pending.get(happening.key)
            if unsent is not None and unsent.order > happening.order:
                return
            if unsent is None and len(self._pending) >= PENDING_MAX:
                self.is_too_slow = True
                self._pending.clear()
            if not self.is_too_slow:
                self._pending[happening.key] = happening
            self._changed.notify()

    def end(self) -> None:
        """Have the stream end: its member may not come any more, or not with what it was opened with."""
        with self._changed:
            self.has_ended = True
            self._changed.notify()

    def take(self, timeout: float) -> Sequence[Happening]:
        """Return what there is to tell, waiting up to `timeout` seconds for something; nothing when time is up."""
        with self._changed:
            if not self._pending and not self.is_too_slow and not self.has_ended:
                self._changed.wait(timeout)
            pending, self._pending = list(self._pending.values()), {}
            return pending
