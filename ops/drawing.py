"""The parts that charts are drawn of, as SVG text. Colours are classes of the style around it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 960
LEFT, RIGHT, TOP, BOTTOM = 56, 24, 16, 36


@dataclass(frozen=True, slots=True)
class Frame:
    """The area of a chart and its scales: from values to pixels."""

    height: int
    x: Callable[[float], float]
    y: Callable[[float], float]

    @property
    def bottom(self) -> float:
        """Where the horizontal axis lies."""
        return self.height - BOTTOM


def scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """Return what maps values from `low` to `high` to pixels from `start` to `end`."""
    width = high - low or 1.0
    return lambda value: start + (value - low) / width * (end - start)


def grid(frame: Frame, ticks: Sequence[float], unit: str = "") -> Iterable[str]:
    """Yield the horizontal lines, each with its value at the left."""
    for tick in ticks:
        y = frame.y(tick)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield text(LEFT - 10, y + 4, f"{tick:,g}{unit}", anchor="end")


def axis(frame: Frame, ticks: Sequence[float], label: Callable[[float], str]) -> Iterable[str]:
    """Yield the values below the chart."""
    for tick in ticks:
        yield text(frame.x(tick), frame.bottom + 22, label(tick), anchor="middle")


def text(x: float, y: float, text: str, style: str = "tick", *, anchor: str = "start") -> str:
    """Return a text whose `anchor` (start, middle or end) stands at this point."""
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def svg(height: int, parts: Iterable[str], told: str) -> str:
    """Return the whole picture; `told` says in words what it shows."""
    inside = "\n".join(parts)
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(told, quote=True)}">\n{inside}\n</svg>'
