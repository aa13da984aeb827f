"""Snapshots: what a message looks like, kept as readable text beside the tests.

`SEATLINE_TEST_UPDATE_SNAPSHOTS=1 pytest tests/messages` writes them anew; look at the difference before it is kept.
"""

import os
from pathlib import Path

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = os.environ.get("SEATLINE_TEST_UPDATE_SNAPSHOTS") == "1"


def assert_snapshot(folder: str, name: str, text: str) -> None:
    """Compare the text with its snapshot, or write it when snapshots are to be updated."""
    path = SNAPSHOTS / folder / f"{name}.txt"
    if UPDATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert path.exists(), f"{path} is missing; write it with SEATLINE_TEST_UPDATE_SNAPSHOTS=1"
    assert text == path.read_text(), f"{path} shows another message"


def kept_snapshots(folder: str) -> set[str]:
    """Return the names of the snapshots that are kept in this folder: of a channel, or of a language."""
    return {path.stem for path in (SNAPSHOTS / folder).iterdir()}
