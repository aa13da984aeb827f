"""Every page of the members' is light, open to all, and fits the smallest screen."""

import pytest

from tests.browser.conftest import OpenBrowser, OpenShown
from tests.browser.looking import SMALLEST, assert_light, assert_open_to_all, grave_faults, is_too_wide
from tests.browser.showcase import PAGES, WITHOUT_SIGN_IN, Showcase


def test_a_fault_is_found_where_there_is_one(open_browser: OpenBrowser) -> None:
    page = open_browser(scripts=True)
    page.set_content('<html lang="en"><title>A page</title><main><h1>A page</h1><img src="data:,"></main>')

    found = grave_faults(page)

    assert [one.partition(":")[0] for one in found] == ["image-alt"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light_and_shuts_nobody_out(turn_to: OpenShown, name: str) -> None:
    page = turn_to(name)

    assert_light(page)
    assert_open_to_all(page)


def test_every_page_fits_the_smallest_screen(open_shown: OpenShown, showcase: Showcase) -> None:
    mine, anybodys = (open_shown(name, viewport=SMALLEST) for name in ("schedule", "sign-in"))

    too_wide = {}
    for name, address in showcase.addresses.items():
        page = anybodys if name in WITHOUT_SIGN_IN else mine
        page.goto(address)
        if is_too_wide(page):
            too_wide[name] = address

    assert too_wide == {}
