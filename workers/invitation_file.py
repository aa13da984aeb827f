"""Read a list of people to invite from CSV, strictly: all that is wrong with it is told at once, line by line."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from io import StringIO

from storage.invitations import Invitee
from workers.members import checked_email, checked_name

COLUMNS = ("name", "email")
ROWS_MAX = 2_000


class Fault(StrEnum):
    """What is wrong with a line."""

    EMPTY = "empty"
    COLUMNS = "columns"
    TOO_MANY = "too_many"
    QUOTES = "quotes"
    CELLS = "cells"
    NO_NAME = "no_name"
    NAME = "name"
    NO_EMAIL = "no_email"
    EMAIL = "email"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class Complaint:
    """A line that is wrong; `what` is the text it is about: a cell, the header, or the number of another line."""

    line: int
    fault: Fault
    what: str = ""


class BadListError(Exception):
    """The list cannot be taken; nobody was invited. `complaints` has every line that is wrong, in order."""

    def __init__(self, complaints: list[Complaint]) -> None:
        super().__init__(complaints)
        self.complaints = complaints


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody on the list, and on which line of it."""

    line: int
    invitee: Invitee


def read_list(text: str) -> list[Listed]:
    """Return who is on the list; raises `BadListError`.

    The first line names the columns `name` and `email`, in any order and case. Cells are parted by commas, or, as
    spreadsheets of some countries do, by semicolons. A byte order mark and empty lines are passed over.
    """
    text = text.removeprefix("\ufeff")
    first = text.lstrip().partition("\n")[0]
    complaints: list[Complaint] = []
    records = _records(text, ";" if ";" in first and "," not in first else ",", complaints)
    header = next(records, None)
    if header is None:
        raise BadListError(complaints or [Complaint(1, Fault.EMPTY)])
    names = [name.lower() for name in header[1]]
    if sorted(names) != sorted(COLUMNS):
        raise BadListError([Complaint(header[0], Fault.COLUMNS, ", ".join(header[1])), *complaints])
    found = _people(records, names, complaints)
    if not found and not complaints:
        complaints.append(Complaint(header[0], Fault.EMPTY))
    if complaints:
        raise BadListError(sorted(complaints, key=lambda one: one.line))
    return found


def _people(records: Iterator[tuple[int, list[str]]], names: list[str], complaints: list[Complaint]) -> list[Listed]:
    found: list[Listed] = []
    lines: dict[str, int] = {}
    for number, (line, cells) in enumerate(records, start=1):
        if number > ROWS_MAX:
            complaints.append(Complaint(line, Fault.TOO_MANY))
            break
        if len(cells) != len(names):
            complaints.append(Complaint(line, Fault.CELLS, str(len(cells))))
            continue
        invitee = _invitee(line, dict(zip(names, cells, strict=True)), complaints)
        if invitee is None:
            continue
        before = lines.setdefault(invitee.email.lower(), line)
        if before != line:
            complaints.append(Complaint(line, Fault.TWICE, str(before)))
        found.append(Listed(line, invitee))
    return found


def _invitee(line: int, cells: dict[str, str], complaints: list[Complaint]) -> Invitee | None:
    bad = []
    try:
        name = checked_name(cells["name"])
    except ValueError:
        name = ""
        bad.append(Complaint(line, Fault.NAME if cells["name"] else Fault.NO_NAME, cells["name"]))
    try:
        email = checked_email(cells["email"], name=name)
    except ValueError:
        email = ""
        bad.append(Complaint(line, Fault.EMAIL if cells["email"] else Fault.NO_EMAIL, cells["email"]))
    complaints += bad
    return None if bad else Invitee(name, email)


def _records(text: str, delimiter: str, complaints: list[Complaint]) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of its first line and the cells of each record; end with a complaint where quoting breaks."""
    reader = csv.reader(StringIO(text, newline=""), strict=True, delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error:
        complaints.append(Complaint(line, Fault.QUOTES))
