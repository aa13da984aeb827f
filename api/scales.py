"""Round numbers for the axes of charts."""

from math import ceil, floor, log10


def nice_ticks(highest: float, *, about: int = 5) -> list[float]:
    """Return round numbers from 0 to at least `highest`, about so many."""
    rough = max(highest, 1e-9) / about
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    return [step * number for number in range(ceil(highest / step - 1e-9) + 1)] or [0.0]
