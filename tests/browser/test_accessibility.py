"""What axe finds on every page, and whether a page fits the smallest screen."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

from tests.browser.conftest import OpenBrowser, OpenShown
from tests.browser.showcase import PAGES, WITHOUT_SIGN_IN, Showcase

GRAVE = {"serious", "critical"}
SMALLEST = {"width": 320, "height": 640}
_WIDTHS = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"


def grave_faults(page: Page, **options: Any) -> list[str]:
    """Return what is wrong and where; `options` are those of `axe.run`."""
    # Without preloading: no page lets a script fetch its styles once more.
    found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False, **options}).response["violations"]
    return [f"{one['id']}: {node['html']}" for one in found if one["impact"] in GRAVE for node in one["nodes"]]


def test_a_fault_is_found_where_there_is_one(open_browser: OpenBrowser) -> None:
    page = open_browser(scripts=True)
    page.set_content('<html lang="en"><title>A page</title><main><h1>A page</h1><img src="data:,"></main>')

    found = grave_faults(page)

    assert [one.partition(":")[0] for one in found] == ["image-alt"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shuts_nobody_out_in_light_or_dark(open_shown: OpenShown, name: str) -> None:
    assert_open_to_all(open_shown(name, scripts=True, color_scheme="light"))  # axe is a script itself


def assert_open_to_all(page: Page) -> None:
    """Fail for whatever axe finds grave on the page, seen in light and dark colours."""
    in_light = grave_faults(page)
    page.emulate_media(color_scheme="dark")
    in_dark = grave_faults(page, runOnly=["color-contrast"])

    assert (in_light, in_dark) == ([], [])


def test_every_page_fits_the_smallest_screen(open_shown: OpenShown, showcase: Showcase) -> None:
    mine, anybodys = (open_shown(name, viewport=SMALLEST) for name in ("schedule", "sign-in"))

    too_wide = {}
    for name, address in showcase.addresses.items():
        page = anybodys if name in WITHOUT_SIGN_IN else mine
        page.goto(address)
        if is_too_wide(page):
            too_wide[name] = address

    assert too_wide == {}


def is_too_wide(page: Page) -> bool:
    """Whether the page would have to be scrolled sideways."""
    needed, there = page.evaluate(_WIDTHS)
    return bool(needed > there)
