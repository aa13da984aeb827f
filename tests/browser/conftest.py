"""A running stack and a Chromium for this folder's tests, and a browser of its own for each person in a test."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect, sync_playwright

from storage.database import connect
from storage.settings import read_settings
from tests.browser import showcase as members_pages
from tests.browser import staff_showcase as staffs_pages
from tests.browser.house import House
from tests.browser.pages import signed_in
from tests.browser.showcase import WITHOUT_SIGN_IN, Showcase
from tests.e2e.running_stack import running_stack

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
WITHOUT_WINDOWS = "chromium-headless-shell"
"""The same browser without all that belongs to windows and profiles: a test takes less than half the processor time."""
FLAGS = ["--disable-gpu", "--disable-background-networking"]
PATIENCE_MILLISECONDS = 15_000
DESKTOP = {"width": 1280, "height": 800}

Launch = Callable[[str], Browser]
OpenBrowser = Callable[..., Page]
OpenShown = Callable[..., Page]


@pytest.fixture(scope="session")
def whole_program() -> str:
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no Chromium on this machine: none of {', '.join(PROGRAMS)} is found")
    return found


@pytest.fixture(scope="session")
def program(request: pytest.FixtureRequest) -> str:
    return shutil.which(WITHOUT_WINDOWS) or str(request.getfixturevalue("whole_program"))


@pytest.fixture(scope="package")
def launch() -> Iterator[Launch]:
    """Start browsers that leave with this folder's tests: while they are there, others could run no event loop."""
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        yield lambda program: playwright.chromium.launch(executable_path=program, args=flags)


@pytest.fixture(scope="package")
def chromium(launch: Launch, program: str) -> Iterator[Browser]:
    with launch(program) as browser:
        yield browser


@pytest.fixture(scope="session")
def house(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The demo studio, running, also while other folders' tests come in between: it takes long to start."""
    with running_stack(tmp_path_factory.mktemp("browser") / "data") as stack:
        settings = read_settings({"SEATLINE_DATA": str(stack.data)})
        with connect(settings.database_url) as db:
            yield House(db, settings)


@pytest.fixture
def open_browser(chromium: Browser, house: House) -> Iterator[OpenBrowser]:
    """Open one more browser, with cookies of its own; without scripts unless it is said. A fault in a page fails."""
    pages, faults = list[Page](), list[str]()

    def open_one(**options: Any) -> Page:
        pages.append(_opened(chromium, house, faults, **options))
        return pages[-1]

    yield open_one
    for page in pages:
        page.context.close()
    assert faults == []


def _opened(chromium: Browser, house: House, faults: list[str], *, scripts: bool = False, **options: Any) -> Page:
    """Return the page of a new browser; what goes wrong in it is added to `faults`."""
    context = chromium.new_context(
        base_url=house.url,
        java_script_enabled=scripts,
        reduced_motion="reduce",
        **{"viewport": DESKTOP, **options},
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    return page


@pytest.fixture(scope="session")
def showcase(house: House) -> Showcase:
    return members_pages.set_up(house)


@pytest.fixture(scope="session")
def staff_showcase(house: House) -> Showcase:
    return staffs_pages.set_up(house)


@pytest.fixture(scope="package")
def kept_sign_in(chromium: Browser, house: House, showcase: Showcase) -> StorageState:
    """The cookies of a browser with which the showcase's member is signed in."""
    return _sign_in(chromium, house, showcase)


@pytest.fixture(scope="package")
def kept_staff_sign_in(chromium: Browser, house: House, staff_showcase: Showcase) -> StorageState:
    """The cookies of a browser with which the owner is signed in."""
    return _sign_in(chromium, house, staff_showcase)


def _sign_in(chromium: Browser, house: House, seen: Showcase) -> StorageState:
    context = chromium.new_context(base_url=house.url)
    signed_in(context.new_page(), seen.me)
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def open_shown(open_browser: OpenBrowser, showcase: Showcase, kept_sign_in: StorageState) -> OpenShown:
    """Open a page of the showcase by its name, in a browser of its own."""

    def open_one(name: str, **options: Any) -> Page:
        cookies = {} if name in WITHOUT_SIGN_IN else {"storage_state": kept_sign_in}
        page = open_browser(**cookies, **options)
        page.goto(showcase.addresses[name])
        return page

    return open_one


@pytest.fixture
def open_staff_page(open_browser: OpenBrowser, staff_showcase: Showcase, kept_staff_sign_in: StorageState) -> OpenShown:
    """Open a page of the staff's by its name, in a browser of its own."""

    def open_one(name: str, **options: Any) -> Page:
        page = open_browser(storage_state=kept_staff_sign_in, **options)
        page.goto(staff_showcase.addresses[name])
        return page

    return open_one


@dataclass
class Readers:
    """Browsers with scripts that go from page to page and keep nothing of what they have loaded."""

    pages: dict[str, Page]
    faults: list[str]

    def turn_to(self, who: str, address: str) -> Page:
        self.pages[who].goto(address)
        return self.pages[who]


@pytest.fixture(scope="package")
def readers_of_all_pages(
    chromium: Browser, house: House, kept_sign_in: StorageState, kept_staff_sign_in: StorageState
) -> Iterator[Readers]:
    """Nobody, a member and the owner. To open a browser for each page would cost more than all that is looked for."""
    readers = Readers({}, [])
    for who, cookies in {"nobody": None, "member": kept_sign_in, "owner": kept_staff_sign_in}.items():
        page = _opened(chromium, house, readers.faults, scripts=True, storage_state=cookies)
        page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
        readers.pages[who] = page
    yield readers
    for page in readers.pages.values():
        page.context.close()


@pytest.fixture
def readers(readers_of_all_pages: Readers) -> Iterator[Readers]:
    """Browsers for tests that only look at a page and leave it as it is. A fault in a page fails."""
    yield readers_of_all_pages
    faults = readers_of_all_pages.faults.copy()
    readers_of_all_pages.faults.clear()
    assert faults == []


@pytest.fixture
def turn_to(readers: Readers, showcase: Showcase) -> OpenShown:
    """Turn to a page of the showcase by its name."""
    return lambda name: readers.turn_to("nobody" if name in WITHOUT_SIGN_IN else "member", showcase.addresses[name])


@pytest.fixture
def turn_to_staff_page(readers: Readers, staff_showcase: Showcase) -> OpenShown:
    """Turn to a page of the staff's by its name."""
    return lambda name: readers.turn_to("owner", staff_showcase.addresses[name])
