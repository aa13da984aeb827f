"""docs/operations.md claims no figure that was not measured, and no limit that is not in the code."""

import re

from api.services import CONNECTIONS_MAX
from ops.cli_deliveries import deliveries
from tests.project.deployment import ROOT, pods

DOCUMENT = (ROOT / "docs" / "operations.md").read_text()
MEASURED = (ROOT / "docs" / "performance.md").read_text()
PROSE = re.sub(r"`[^`]*`", "", DOCUMENT)


def test_every_figure_is_one_of_those_that_were_measured() -> None:
    figures = re.findall(r"\b(\d[\d,.]*) (a second|MB|kB|ms|times|%)", PROSE)

    assert len(figures) >= 4
    for number, unit in figures:
        assert re.search(rf"\b{re.escape(number)} (?:{unit}|/s)|\b{re.escape(number)}\b[^|]*\b{unit}", MEASURED), number


def test_no_other_figure_is_claimed() -> None:
    numbers = set(
        re.findall(r"(?<![\w#.-])\d[\d,.]*\d|(?<![\w#.-])\d\b", re.sub(r"^ {4}.*$", "", PROSE, flags=re.MULTILINE))
    )
    allowed = {"1", "2", "3", "4", "5", "16", "202", "503", "0", "83", "88", "580", "3,500"}

    assert numbers <= allowed, "measure it, put it into docs/performance.md, and name it here"


def test_the_connections_are_those_that_are_opened() -> None:
    worker = (ROOT / "workers" / "resources.py").read_text()

    assert f"an API process opens up to {CONNECTIONS_MAX} connections" in DOCUMENT
    size = sum(map(int, re.findall(r"size_max=(\d+)", worker)))
    assert re.search(rf"process opens up to {size} connections", DOCUMENT)


def test_the_parts_that_are_rolled_are_those_that_are_deployed() -> None:
    rolled = re.findall(r"(?:deployment|job)/([\w-]+)(?: (\w+)=seatline)?", DOCUMENT)

    for name, container in rolled:
        assert name in pods()
        assert not container or container == pods()[name]["containers"][0]["name"]
    assert {name for name, _ in rolled} >= {"seatline-migrate", "seatline-worker", "seatline-notifier"}


def test_every_command_about_deliveries_exists() -> None:
    assert set(re.findall(r"seatline deliveries (\w+)", DOCUMENT)) <= set(deliveries.commands)
