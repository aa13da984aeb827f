"""`seatline export`: rosters and passes as CSV files, both of one instant, each written whole or not at all."""

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from api.formulas import harmless
from ops.errors import OperatorError
from storage.database import Db
from storage.intake import exporting

ROSTERS_COLUMNS = ("session_key", "member_key", "status", "waitlist_position", "promoted")
PASSES_COLUMNS = ("pass_key", "member_key", "sessions_left")
FILE_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Exported:
    """How many lines each file has, without its header."""

    rosters: int
    passes: int


def export_folder(db: Db, folder: Path) -> Exported:
    """Write `rosters.csv` and `passes.csv` into this folder, made if need be.

    UTF-8 with LF, in a fixed order, so that two exports of the same state are the same bytes. A key that a spreadsheet
    would take for a formula has a quote in front. A crash leaves older files as they were.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with exporting(db) as export:
            return Exported(
                rosters=_write_whole(folder / "rosters.csv", ROSTERS_COLUMNS, export.rosters()),
                passes=_write_whole(folder / "passes.csv", PASSES_COLUMNS, export.passes()),
            )
    except OSError as error:
        raise OperatorError(f"{folder} cannot be written to: {error.strerror}. Choose another folder.") from None


def _write_whole(path: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> int:
    """Write beside the file and put it in its place once it is whole and on disk."""
    with NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        try:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            count = 0
            for row in rows:
                writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
                count += 1
            file.flush()
            os.fchmod(file.fileno(), FILE_MODE)
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    return count
