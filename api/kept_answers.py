"""Answers that a process keeps for a moment."""

from dataclasses import dataclass, field
from time import monotonic

KEPT_SECONDS = 1.0
KEPT_MAX = 32  # answers a process keeps; of a whole week some 80 kB each


@dataclass
class KeptAnswers:
    """What one process has answered lately, by address."""

    _answers: dict[str, tuple[float, bytes]] = field(default_factory=dict)

    def find(self, address: str) -> bytes | None:
        """Return what was answered there within the last second, if anything was."""
        kept = self._answers.get(address)
        return None if kept is None or kept[0] < monotonic() else kept[1]

    def keep(self, address: str, body: bytes, *, asked_at: float) -> None:
        """Keep an answer for a second since it was asked for; what is kept longest goes first."""
        self._answers.pop(address, None)
        while len(self._answers) >= KEPT_MAX:
            self._answers.pop(next(iter(self._answers)), None)
        self._answers[address] = (asked_at + KEPT_SECONDS, body)
