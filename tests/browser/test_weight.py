"""Every page is light: what a browser loads for it when it comes for the first time."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenShown
from tests.browser.showcase import PAGES

BYTES_MAX = 100_000
REQUESTS_MAX = 15

# As browsers measure it (Resource Timing): what came over the line, compressed, and with its headers.
LOADED = """
() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .map((one) => ({ address: one.name, bytes: one.transferSize }))
"""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_loaded_in_few_requests_and_few_bytes(open_shown: OpenShown, name: str) -> None:
    assert_light(open_shown(name, scripts=True))


def assert_light(page: Page) -> None:
    """Fail unless the page, opened for the first time, was loaded in few requests and few bytes."""
    page.wait_for_load_state("load")

    loaded = page.evaluate(LOADED)

    assert loaded[0]["bytes"] > 0
    assert sum(one["bytes"] for one in loaded) < BYTES_MAX, loaded
    assert len(loaded) < REQUESTS_MAX, [one["address"] for one in loaded]
