"""Draw charts as SVG text. Colours are classes of the page's style, so a chart follows light and dark by itself."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil, floor, log10

from api.scales import nice_ticks
from ops.drawing import BOTTOM, LEFT, RIGHT, TOP, WIDTH, Frame, axis, grid, scale, svg, text
from ops.latencies import summed_up
from ops.rush.measured import Moment

BINS_PER_DECADE = 12
BAR_GAP = 1.0
LABEL_APART = 74.0  # pixels below which two labels would touch

_SECONDS_A_MINUTE = 60


def filling(moments: Sequence[Moment], places: int) -> str:
    """Return the chart of taken places and of people in line over time; `places` is how many there are in all."""
    if not moments:
        return ""
    height = 320
    last = max(moments[-1].seconds, 0.001)
    highest = max(places, *(moment.booked for moment in moments), *(moment.in_line for moment in moments))
    ticks_y, ticks_x = nice_ticks(highest), nice_ticks(last)
    frame = Frame(height, scale(0, last, LEFT, WIDTH - RIGHT), scale(0, ticks_y[-1], height - BOTTOM, TOP))
    booked = _steps(frame, [(moment.seconds, moment.booked) for moment in moments])
    in_line = _steps(frame, [(moment.seconds, moment.in_line) for moment in moments])
    right = frame.x(last)
    parts = [
        *grid(frame, ticks_y),
        *axis(frame, [tick for tick in ticks_x if tick <= last], _seconds_label),
        f'<path class="area booked" d="M{LEFT},{frame.bottom} L{booked} L{right:.1f},{frame.bottom} Z"/>',
        f'<path class="line booked" d="M{booked}"/>',
        f'<path class="line in-line" d="M{in_line}"/>',
        f'<line class="limit" x1="{LEFT}" x2="{right:.1f}" y1="{frame.y(places):.1f}" y2="{frame.y(places):.1f}"/>',
        text(right, frame.y(places) - 6, f"{places:,} places", "limit-label", anchor="end"),
    ]
    told = f"Places taken and people in line over {last:.1f} seconds; at the end {moments[-1].booked:,} places taken"
    return svg(height, parts, f"{told} of {places:,}, {moments[-1].in_line:,} people in line.")


def latencies(seconds: Sequence[float], name: str, *, span: tuple[float, float]) -> str:
    """Return a histogram over a logarithmic axis from `span[0]` to `span[1]` seconds, with median and p99 marked."""
    height = 190
    low, high = (log10(end) for end in span)
    x = scale(low, high, LEFT, WIDTH - RIGHT)
    bins = histogram(seconds, span=span)
    tallest = max((share for _, _, share in bins), default=0.0)
    ticks = nice_ticks(tallest * 100 or 1.0)
    frame = Frame(height, x, scale(0, ticks[-1], height - BOTTOM, TOP + 14))
    decades = [10.0**power for power in range(ceil(low), floor(high) + 1)]
    parts = [*grid(frame, ticks, unit="%"), *axis(frame, [log10(one) for one in decades], _power_label)]
    for start, end, share in bins:
        left, right, top = x(log10(start)), x(log10(end)), frame.y(share * 100)
        parts.append(
            f'<rect class="bar" x="{left:.1f}" y="{top:.1f}" width="{max(right - left - BAR_GAP, 1):.1f}" '
            f'height="{frame.bottom - top:.1f}">'
            f"<title>{_duration(start)} to {_duration(end)}: {share:.1%}</title></rect>"
        )
    parts += _marks(frame, seconds)
    return svg(height, parts, f"Distribution of {name} latencies over {len(seconds):,} measurements.")


def latency_span(all_seconds: Iterable[Sequence[float]]) -> tuple[float, float]:
    """Return the whole decades that hold all of these values, at least from 1 ms to 100 ms."""
    values = [value for seconds in all_seconds for value in seconds if value > 0]
    low = floor(log10(min(values, default=0.001)))
    high = ceil(log10(max(values, default=0.1)))
    return 10.0 ** min(low, -3), 10.0 ** max(high, -1)


def histogram(seconds: Sequence[float], *, span: tuple[float, float]) -> list[tuple[float, float, float]]:
    """Return start, end and share of each bin that holds something; values beyond the span go to its ends."""
    low = log10(span[0])
    count = round((log10(span[1]) - low) * BINS_PER_DECADE)
    filled = [0] * count
    for value in seconds:
        place = floor((log10(value) - low) * BINS_PER_DECADE) if value > 0 else 0
        filled[min(max(place, 0), count - 1)] += 1
    edges = [10 ** (low + number / BINS_PER_DECADE) for number in range(count + 1)]
    return [
        (start, end, held / len(seconds)) for (start, end), held in zip(pairwise(edges), filled, strict=True) if held
    ]


def _steps(frame: Frame, points: Sequence[tuple[float, int]]) -> str:
    """Return the path of a value that stays as it is until it changes."""
    path = [f"{frame.x(points[0][0]):.1f},{frame.y(points[0][1]):.1f}"]
    for (_, before), (at, now) in pairwise(points):
        path += [f"{frame.x(at):.1f},{frame.y(before):.1f}", f"{frame.x(at):.1f},{frame.y(now):.1f}"]
    return " ".join(path)


def _marks(frame: Frame, seconds: Sequence[float]) -> Iterable[str]:
    """Mark the median and the 99th percentile; their labels part ways where the two come close."""
    if not seconds:
        return
    short = summed_up(seconds)
    places = [frame.x(log10(max(value, 1e-6))) for value in (short.p50, short.p99)]
    close = places[1] - places[0] < 2 * LABEL_APART
    anchors = ("end", "start") if close else ("middle", "middle")
    for name, value, x, anchor in zip(("p50", "p99"), (short.p50, short.p99), places, anchors, strict=True):
        yield f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP + 4}" y2="{frame.bottom}"/>'
        yield text(x, TOP, f"{name} {_duration(value)}", "mark-label", anchor=anchor)


def _seconds_label(seconds: float) -> str:
    if seconds >= _SECONDS_A_MINUTE:
        return f"{seconds / _SECONDS_A_MINUTE:g} min"
    return f"{seconds:g} s"


def _power_label(power: float) -> str:
    return _duration(10.0**power)


def _duration(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.3g} s"
    return f"{seconds * 1000:.3g} ms"
