"""Pictures of the pages for the documents: some are always taken, all of them and over the old ones when asked for.

`SEATLINE_TEST_SCREENSHOTS=1 python3 run.py test tests/browser/test_screenshots.py` writes them into `docs/images`.
"""

import os
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenShown
from tests.browser.showcase import Showcase

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SHOWN = {
    "schedule": "schedule",
    "month": "month",
    "session": "session, in line",
    "bookings": "bookings",
    "passes": "passes",
}
STAFF_SHOWN = {"roster": "roster"}
BYTES_MAX = 150_000
HEIGHT = {390: 844, 1280: 800}
ASKED_FOR = os.environ.get("SEATLINE_TEST_SCREENSHOTS") == "1"


@pytest.mark.parametrize(
    ("width", "scheme"), product(HEIGHT, ["light", "dark"]) if ASKED_FOR else [(1280, "light"), (390, "dark")]
)
def test_pictures_are_small_enough_for_the_documents(
    open_shown: OpenShown,
    showcase: Showcase,
    open_staff_page: OpenShown,
    staff_showcase: Showcase,
    *,
    width: int,
    scheme: str,
) -> None:
    options = {"viewport": {"width": width, "height": HEIGHT[width]}, "color_scheme": scheme}
    mine, staffs = open_shown("schedule", **options), open_staff_page("roster", **options)

    pictures = {name: _picture(mine, showcase.addresses[shown]) for name, shown in SHOWN.items()}
    pictures |= {name: _picture(staffs, staff_showcase.addresses[shown]) for name, shown in STAFF_SHOWN.items()}

    assert {name: len(one) for name, one in pictures.items() if not 0 < len(one) < BYTES_MAX} == {}
    if ASKED_FOR:
        IMAGES.mkdir(parents=True, exist_ok=True)
        for name, one in pictures.items():
            (IMAGES / f"{name}-{width}-{scheme}.png").write_bytes(one)


def _picture(page: Page, address: str) -> bytes:
    page.goto(address)
    return page.screenshot(animations="disabled")
