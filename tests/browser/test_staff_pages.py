"""Every page of the staff's is as light and as open to all as the members' pages, and needs no script."""

import pytest

from tests.browser.conftest import OpenShown
from tests.browser.looking import SMALLEST, assert_light, assert_open_to_all, is_too_wide
from tests.browser.showcase import Showcase
from tests.browser.staff_showcase import ALIKE, PAGES


@pytest.mark.parametrize("name", [name for name in PAGES if name not in ALIKE])
def test_a_page_is_light_and_shuts_nobody_out(turn_to_staff_page: OpenShown, name: str) -> None:
    page = turn_to_staff_page(name)

    assert_light(page)
    assert_open_to_all(page)


def test_every_page_fits_the_smallest_screen_and_stands_without_scripts(
    open_staff_page: OpenShown, staff_showcase: Showcase
) -> None:
    page = open_staff_page("overview", viewport=SMALLEST)

    faulty = {}
    for name, address in staff_showcase.addresses.items():
        answer = page.goto(address)
        if answer is None or answer.status >= 500 or page.locator("h1").count() != 1 or is_too_wide(page):
            faulty[name] = address

    assert set(PAGES) == set(staff_showcase.addresses)
    assert faulty == {}
