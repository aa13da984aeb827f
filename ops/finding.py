"""What the doctor finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is well, what was found, and what to do if it is not."""

    name: str
    well: bool
    found: str
    advice: str = ""
