"""Read a CSV file strictly: every complaint names the file, the line, the column and the reason."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from ops.errors import OperatorError

FILE_BYTES_MAX = 256 * 1024 * 1024  # a larger file is a mistake: a million rows take half of it


@dataclass(slots=True)
class Complaints:
    """Everything that is wrong with some files, gathered so that all of it is told at once.

    `warnings` are worth telling, but refuse nothing.
    """

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, file: str, line: int, column: str, reason: str) -> None:
        """Complain about one cell, or with an empty column about the whole line."""
        self.errors.append(_sentence(file, line, column, reason))

    def warn(self, file: str, line: int, column: str, reason: str) -> None:
        """Remark on one cell."""
        self.warnings.append(_sentence(file, line, column, reason))

    def refuse_if_any(self, what: str) -> None:
        """Raise `OperatorError` with every complaint, if there is one."""
        if self.errors:
            count = "one complaint" if len(self.errors) == 1 else f"{len(self.errors)} complaints"
            raise OperatorError(f"{what} ({count}). Correct what is named here and try again.", self.errors)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file: its cells by column, without surrounding spaces, and the number of its first line."""

    file: str
    line: int
    cells: dict[str, str]


def read_rows(path: Path, columns: Sequence[str], complaints: Complaints) -> list[Row]:
    """Return the rows that have the right number of cells; complain about everything else.

    The first line must name these columns, in any order. UTF-8, with or without a byte order mark; empty lines are
    passed over. A file that cannot be read as text at all gives one complaint and no rows.
    """
    text = _text_of(path, complaints)
    if text is None:
        return []
    records = _records(path.name, text, complaints)
    first = next(records, None)
    if first is None:
        complaints.add(path.name, 1, "", f"the file is empty; its first line must be {','.join(columns)}")
        return []
    header = [name.strip() for name in first[1]]
    if not _header_fits(path.name, first[0], header, columns, complaints):
        return []
    rows = []
    for line, cells in records:
        if len(cells) == len(header):
            rows.append(Row(path.name, line, dict(zip(header, (cell.strip() for cell in cells), strict=True))))
        else:
            complaints.add(path.name, line, "", f"{len(cells)} cells where the header has {len(header)}")
    return rows


def _text_of(path: Path, complaints: Complaints) -> str | None:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            complaints.add(path.name, 1, "", f"the file is larger than {FILE_BYTES_MAX >> 20} MB; split it")
            return None
        raw = path.read_bytes()
    except FileNotFoundError:
        raise OperatorError(f"There is no file {path}.") from None
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        complaints.add(path.name, 1, "", "the file is in UTF-16; save it as UTF-8")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        complaints.add(path.name, line, "", f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8")
        return None


def _records(file: str, text: str, complaints: Complaints) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of its first line and the cells of each record; end with a complaint where quoting breaks."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if any("\0" in cell for cell in cells):
                complaints.add(file, line, "", "there is a NUL byte in the line; remove it")
            elif cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        complaints.add(file, line, "", f"the line cannot be read as CSV ({error}); is a quotation mark missing?")


def _header_fits(file: str, line: int, header: Sequence[str], columns: Sequence[str], complaints: Complaints) -> bool:
    missing = [name for name in columns if name not in header]
    unknown = [name for name in header if name not in columns]
    twice = sorted({name for name in header if header.count(name) > 1} - set(unknown))
    for names, reason in ((missing, "missing"), (unknown, "unknown"), (twice, "there more than once")):
        if names:
            which = ", ".join(repr(name) for name in names)
            reason_ = f"{'column is' if len(names) == 1 else 'columns are'} {reason}: {which}"
            complaints.add(file, line, "", f"{reason_}; the columns are {','.join(columns)}")
    return not (missing or unknown or twice)


def _sentence(file: str, line: int, column: str, reason: str) -> str:
    where = f"{file}, line {line}"
    return f"{where}, {column}: {reason}." if column else f"{where}: {reason}."
