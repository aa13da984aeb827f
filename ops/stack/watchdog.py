"""Ends the stack's programs when their supervisor dies without having ended them itself.

Run as `python -m ops.stack.watchdog DATA PID`, with the data folder and the supervisor's pid. It reads the supervisor's
record from a pipe, one JSON list a line, the last line counts. The pipe closes when the supervisor ends, however it
ended; what is still on the list then has nobody to look after it.
"""

import json
import signal
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread

from ops.stack.folder import STACK_FILE, DataFolder
from ops.stack.record import Entry, end_group


def main() -> None:
    """Wait for the pipe to close, then end what is left."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    entries: list[Entry] = []
    for line in sys.stdin:
        with suppress(ValueError, TypeError):
            entries = [Entry(**fields) for fields in json.loads(line)]
    enders = [Thread(target=end_group, args=(entry,)) for entry in entries]
    for ender in enders:
        ender.start()
    for ender in enders:
        ender.join()
    _withdraw(DataFolder(Path(sys.argv[1])), int(sys.argv[2]))


def _withdraw(data: DataFolder, supervisor: int) -> None:
    """Remove the dead supervisor's address from the data folder, but not that of one started since."""
    about = data.read_json(STACK_FILE)
    if isinstance(about, dict) and about.get("pid") == supervisor:
        data.remove(STACK_FILE)


if __name__ == "__main__":
    main()
