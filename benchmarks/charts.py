"""The charts of a run, as SVG files that stand alone and follow light and dark."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log10

from api.scales import nice_ticks
from benchmarks.contenders import CONTENDERS
from benchmarks.results import Measurement, Results
from ops.drawing import BOTTOM, LEFT, RIGHT, TOP, WIDTH, Frame, axis, grid, scale, svg, text

HEIGHT = 300
LEGEND = 22
LETTER = 6.8  # about as wide as a letter of the legend
STYLE = """
svg { font: 13px system-ui, sans-serif; background: #ffffff; }
.grid { stroke: #dfe4ea; } .tick { fill: #5b6878; font-size: 12px; } .title { fill: #16202e; font-weight: 600; }
.line { fill: none; stroke-width: 2.5; } .s0 { stroke: #1f7a5c; } .s1 { stroke: #c4701a; } .s2 { stroke: #3d63c9; }
.s3 { stroke: #8a4fb3; } circle { stroke: none; }
.f0 { fill: #1f7a5c; } .f1 { fill: #c4701a; } .f2 { fill: #3d63c9; } .f3 { fill: #8a4fb3; }
@media (prefers-color-scheme: dark) {
  svg { background: #18202a; } .grid { stroke: #2b3643; } .tick { fill: #98a5b5; } .title { fill: #e8edf3; }
  .s0 { stroke: #4cc497; } .s1 { stroke: #f0a657; } .s2 { stroke: #7f9df2; } .s3 { stroke: #c79bea; }
  .f0 { fill: #4cc497; } .f1 { fill: #f0a657; } .f2 { fill: #7f9df2; } .f3 { fill: #c79bea; }
}
"""

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of one figure over one parameter, with a line for each contender."""

    name: str
    title: str
    scenario: str
    parameter: str
    figure: str
    logarithmic: bool = False
    only: Mapping[str, float] | None = None

    def lines(self, results: Results) -> dict[str, Points]:
        """Return the medians over the rounds, by contender, in order of the parameter."""
        found: dict[str, dict[float, list[float]]] = {}
        for one in results.measurements:
            if self._is_of(one):
                at = float(one.parameters[self.parameter])
                found.setdefault(one.contender, {}).setdefault(at, []).append(one.figures[self.figure])
        return {
            contender: [(at, statistics.median(values)) for at, values in sorted(by_value.items())]
            for contender, by_value in found.items()
            if len(by_value) > 1
        }

    def _is_of(self, one: Measurement) -> bool:
        kept = all(one.parameters.get(name) == value for name, value in (self.only or {}).items())
        return (
            one.scenario == self.scenario and self.parameter in one.parameters and kept and self.figure in one.figures
        )


CHARTS = (
    Chart(
        "rush-commits",
        "Rush: commands a second over the latency of a commit, ms",
        "rush",
        "commit_ms",
        "rate_per_second",
    ),
    Chart(
        "backlog-workers",
        "Backlog of many sessions, commits of 2 ms: commands a second over worker processes",
        "backlog of many sessions",
        "workers",
        "rate_per_second",
        only={"commit_ms": 2.0},
    ),
    *(
        Chart(
            f"growth-{axis_}",
            f"CPU of all servers for a command, ms, over {told}",
            f"growth with {axis_}",
            axis_,
            "cpu_ms_per_command",
            logarithmic=True,
        )
        for axis_, told in (
            ("sessions", "sessions in the database"),
            ("waitlist", "members in line"),
            ("bookings", "bookings in the database"),
        )
    ),
    Chart("soak-memory", "Memory of an API process, MB, over commands", "soak", "commands", "memory_api_mb"),
)


def drawn(chart: Chart, lines: Mapping[str, Points]) -> str:
    """Return the chart as the text of an SVG file."""
    xs = sorted({x for points in lines.values() for x, _ in points})
    place: Callable[[float], float] = log10 if chart.logarithmic else float
    ticks = nice_ticks(max(y for points in lines.values() for _, y in points))
    x = scale(place(xs[0]), place(xs[-1]), LEFT + 10, WIDTH - RIGHT - 20)
    frame = Frame(HEIGHT, x, scale(0, ticks[-1], HEIGHT - BOTTOM, TOP + 2 * LEGEND))
    parts = [
        text(LEFT - 40, TOP + 4, chart.title, "title"),
        *grid(frame, ticks),
        *axis(frame, [place(one) for one in xs], lambda at: f"{(10**at if chart.logarithmic else at):,.6g}"),
    ]
    along = float(LEFT)
    for number, (contender, points) in enumerate(lines.items()):
        told = CONTENDERS[contender].told if contender in CONTENDERS else contender
        path = " L".join(f"{x(place(at)):.1f},{frame.y(value):.1f}" for at, value in points)
        parts += [
            f'<circle class="f{number}" cx="{along:.1f}" cy="{TOP + LEGEND - 4}" r="5"/>',
            text(along + 10, TOP + LEGEND, told),
            f'<path class="line s{number}" d="M{path}"/>',
            *(f'<circle class="f{number}" cx="{x(place(at)):.1f}" cy="{frame.y(v):.1f}" r="3.5"/>' for at, v in points),
        ]
        along += len(told) * LETTER + 3 * LEGEND / 2
    said = "; ".join(f"{name}: {', '.join(f'{y:.3g} at {at:g}' for at, y in points)}" for name, points in lines.items())
    picture = svg(HEIGHT, [f"<style>{STYLE}</style>", *parts], f"{chart.title}. {said}.")
    return picture.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"
