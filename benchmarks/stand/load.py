"""What a client process is told to do, and what it tells of it: plain values that travel as JSON."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Job:
    """One thing a client does: book a place in a session, or read a path.

    With `wait_seconds` the request waits for the outcome; without, it is answered when the command is accepted, and the
    outcome is asked for afterwards if `follows`. A place or a place in line that came of it is given back if `cancels`.
    """

    path: str
    token: str = ""
    pass_id: str = ""
    key: str = ""
    wait_seconds: int = 0
    follows: bool = True
    cancels: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """The jobs of one client process and how many of them it does at once.

    With `per_second` they are begun at that rate, however many are still unanswered, and whoever is turned away (503)
    is counted, and no error.
    """

    host: str
    port: int
    clients: int
    jobs: list[Job]
    seed: int = 0
    give_up_seconds: float = 600.0
    per_second: float = 0.0


@dataclass(slots=True)
class Told:
    """What the clients saw. Latencies are in seconds, instants in seconds of the machine's monotonic clock.

    `accept` has those of requests that did not wait, `outcome` those of requests that were answered with the outcome
    they waited for, `read` those of reads, `turned_away` those of refusals for too much load. `trace` has for each
    command its id, when it was sent and when it was first answered.
    """

    began: float = 0.0
    ended: float = 0.0
    accept: list[float] = field(default_factory=list)
    outcome: list[float] = field(default_factory=list)
    read: list[float] = field(default_factory=list)
    turned_away: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    trace: list[tuple[str, float, float]] = field(default_factory=list)
    retries: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """From the first request to the last answer."""
        return self.ended - self.began
