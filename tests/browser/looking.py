"""What is looked for on every page: how much is loaded for it, what axe finds, and whether it fits a screen."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

BYTES_MAX = 100_000
REQUESTS_MAX = 15
GRAVE = {"serious", "critical"}
SMALLEST = {"width": 320, "height": 640}

# As browsers measure it (Resource Timing): what came over the line, compressed, and with its headers.
_LOADED = """
() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .map((one) => ({ address: one.name, bytes: one.transferSize }))
"""
_WIDTHS = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"


def grave_faults(page: Page, **options: Any) -> list[str]:
    """Return what is wrong and where; `options` are those of `axe.run`."""
    # Without preloading: no page lets a script fetch its styles once more.
    found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False, **options}).response["violations"]
    return [f"{one['id']}: {node['html']}" for one in found if one["impact"] in GRAVE for node in one["nodes"]]


def assert_open_to_all(page: Page) -> None:
    """Fail for whatever axe finds grave on the page, seen in light and dark colours; it is seen in light ones then."""
    page.emulate_media(color_scheme="light")
    in_light = grave_faults(page)
    page.emulate_media(color_scheme="dark")
    in_dark = grave_faults(page, runOnly=["color-contrast"])
    page.emulate_media(color_scheme="light")

    assert (in_light, in_dark) == ([], [])


def assert_light(page: Page) -> None:
    """Fail unless the page, opened by a browser that keeps nothing, was loaded in few requests and few bytes."""
    page.wait_for_load_state("load")

    loaded = page.evaluate(_LOADED)

    assert all(one["bytes"] > 0 for one in loaded), loaded
    assert sum(one["bytes"] for one in loaded) < BYTES_MAX, loaded
    assert len(loaded) < REQUESTS_MAX, [one["address"] for one in loaded]


def is_too_wide(page: Page) -> bool:
    """Whether the page would have to be scrolled sideways."""
    needed, there = page.evaluate(_WIDTHS)
    return bool(needed > there)
