"""Charts of the last hour as shapes that a template draws: coordinates here, words and colours there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from api.models.operations import Moment
from api.scales import nice_ticks

WIDTH, HEIGHT = 400, 170
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 26
SPAN = timedelta(hours=1)
TICK_MINUTES = 15
GAP = timedelta(seconds=40)  # a line is broken where nothing is known for longer
LEAST_HIGHEST = 1.0  # a flat line lies at the bottom, not at the top

Values = Callable[[Moment], float]


@dataclass(frozen=True, slots=True)
class Tick:
    """A round value and where it lies."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over the last hour: for each the path as SVG has it, in the order of the values that were asked for.

    `now` and `most` are the last and the highest value of the first line.
    """

    lines: tuple[str, ...]
    upwards: tuple[Tick, ...]
    along: tuple[Tick, ...]
    now: float
    most: float
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def over_the_hour(moments: Sequence[Moment], until: datetime, time_zone: str, *values: Values) -> Chart:
    """Return the chart of these values, with the clock of the studio's zone below it."""
    ticks = nice_ticks(
        max((value(moment) for moment in moments for value in values), default=0.0) or LEAST_HIGHEST, about=3
    )

    def x(at: datetime) -> float:
        return round(WIDTH - RIGHT - (until - at) / SPAN * (WIDTH - RIGHT - LEFT), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - value / ticks[-1] * (HEIGHT - BOTTOM - TOP), 1)

    return Chart(
        lines=tuple(_path([(moment.at, x(moment.at), y(value(moment))) for moment in moments]) for value in values),
        upwards=tuple(Tick(y(tick), f"{tick:g}") for tick in ticks),
        along=tuple(Tick(x(at), f"{at.astimezone(ZoneInfo(time_zone)):%H:%M}") for at in _quarters(until)),
        now=values[0](moments[-1]) if moments else 0.0,
        most=max((values[0](moment) for moment in moments), default=0.0),
    )


def _path(points: Sequence[tuple[datetime, float, float]]) -> str:
    """Return the path through the points, begun anew after each gap."""
    if not points:
        return ""
    begun = [True, *(later[0] - earlier[0] > GAP for earlier, later in pairwise(points))]
    return " ".join(f"{'M' if new else 'L'}{x},{y}" for new, (_, x, y) in zip(begun, points, strict=True))


def _quarters(until: datetime) -> list[datetime]:
    """Return the quarters of an hour within the last hour, but none too near to its ends to have a label."""
    last = until.replace(minute=until.minute // TICK_MINUTES * TICK_MINUTES, second=0, microsecond=0)
    margin = timedelta(minutes=2)
    quarters = (last - timedelta(minutes=TICK_MINUTES * number) for number in range(5))
    return [at for at in quarters if until - SPAN + margin <= at <= until - margin]
