"""Push on a device: what the service worker shows, and turning it on and off on the preferences page.

To subscribe, a browser speaks to its maker's push service; that alone is replaced here.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect

from tests.browser.conftest import Launch, OpenBrowser
from tests.browser.house import House, Person
from tests.browser.pages import signed_in

ENDPOINT = "https://push.example.com/send/one-browser"
FRAMES_MAX = 1000
START, STOP = "Notify me on this device", "Stop on this device"
ON, OFF = "You are notified on this device.", "You are not notified on this device."

# With the receiver's keys of the example in RFC 8291, section 5.
SUBSCRIBING = """
(() => {
  const ENDPOINT = "https://push.example.com/send/one-browser";
  const KEPT = "test.subscription";
  const subscription = (endpoint) => ({
    endpoint,
    unsubscribe: async () => (localStorage.removeItem(KEPT), true),
    toJSON: () => ({
      endpoint,
      expirationTime: null,
      keys: {
        p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        auth: "BTBZMqHH6r4Tts7J_aSIgg",
      },
    }),
  });
  PushManager.prototype.getSubscription = async () => {
    const endpoint = localStorage.getItem(KEPT);
    return endpoint && subscription(endpoint);
  };
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly || applicationServerKey.length !== 87) throw new Error("asked for in another way");
    localStorage.setItem(KEPT, ENDPOINT);
    return subscription(ENDPOINT);
  };
})();
"""
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  return (await registration.getNotifications()).map(({ title, body, tag, data }) => ({ title, body, tag, data }));
}"""
# Only what somebody presses lets a worker open or focus a window; nobody can press a notification here.
PRESS = """async () => {
  const done = new Promise((go) => {
    Clients.prototype.openWindow = async (url) => go(["open", url]);
    WindowClient.prototype.focus = async function () { go(["focus", this.url]); };
  });
  ExtendableEvent.prototype.waitUntil = () => {};
  const [notification] = await registration.getNotifications();
  dispatchEvent(new NotificationEvent("notificationclick", { notification }));
  return [...(await done), (await registration.getNotifications()).length];
}"""
REGISTER = """async () => {
  await navigator.serviceWorker.register("/sw.js");
  return (await navigator.serviceWorker.ready).scope;
}"""


class Pushing:
    """Delivers pushes to the worker of a page, as the browser does with what its push service sends."""

    def __init__(self, page: Page, house: House) -> None:
        self.page, self.origin = page, house.url
        self._devtools: CDPSession = page.context.new_cdp_session(page)
        self._registrations: list[str] = []
        self._devtools.on("ServiceWorker.workerRegistrationUpdated", self._note)
        self._devtools.send("ServiceWorker.enable")
        assert page.evaluate(REGISTER) == f"{house.url}/"
        for _ in range(FRAMES_MAX):
            if self._registrations:
                break
            page.evaluate("() => new Promise(requestAnimationFrame)")  # lets the event come in
        self._registration = self._registrations[0]

    def push(self, payload: str) -> None:
        values = {"origin": self.origin, "registrationId": self._registration, "data": payload}
        self._devtools.send("ServiceWorker.deliverPushMessage", values)

    def shown(self) -> list[dict[str, Any]]:
        """Return the notifications that are shown, as soon as there are any."""
        # Looked at once: between two looks one may be gone.
        wanted = f"async () => {{ const shown = await ({SHOWN})(); return shown.length ? shown : null }}"
        found: list[dict[str, Any]] = self.page.wait_for_function(wanted).json_value()
        return found

    def _note(self, event: dict[str, Any]) -> None:
        self._registrations += [one["registrationId"] for one in event["registrations"]]


@pytest.fixture(scope="module")
def chromium(launch: Launch, whole_program: str) -> Iterator[Browser]:
    """The whole one: without windows there are no notifications."""
    with launch(whole_program) as browser:
        yield browser


@pytest.fixture
def pushing(open_browser: OpenBrowser, house: House) -> Pushing:
    page = open_browser(scripts=True, permissions=["notifications"])
    page.goto("/sign-in")
    return Pushing(page, house)


def devices_of(house: House, person: Person) -> list[str]:
    query = "SELECT coalesce(array_agg(endpoint), '{}') FROM push_subscriptions WHERE member_id = %s"
    found: list[str] = house.one(query, person.id)[0]
    return found


def preferences(open_browser: OpenBrowser, person: Person, **options: Any) -> Page:
    page = open_browser(scripts=True, **options)
    page.add_init_script(SUBSCRIBING)
    signed_in(page, person)
    page.goto("/preferences")
    return page


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def removals(page: Page) -> Locator:
    return page.get_by_role("button", name="Remove ")


def test_what_is_pushed_is_shown(pushing: Pushing) -> None:
    said = {"title": "You have a place", "body": "Balance, Thu 5 March, 18:00", "tag": "notice-7", "kind": "promoted"}

    pushing.push(json.dumps(said | {"notice_id": 7, "url": f"{pushing.origin}/bookings"}))

    (shown,) = pushing.shown()
    assert shown == {
        "title": said["title"],
        "body": said["body"],
        "tag": said["tag"],
        "data": {"url": f"{pushing.origin}/bookings"},
    }


@pytest.mark.parametrize(
    "payload", ["", "no JSON", "null", "[]", '"text"', '{"title": 7}', '{"title": "", "body": "No title"}']
)
def test_a_push_that_cannot_be_read_shows_a_plain_notification(pushing: Pushing, payload: str) -> None:
    pushing.push(payload)

    (shown,) = pushing.shown()
    assert shown == {
        "title": "Seatline",
        "body": "There is something new in your inbox.",
        "tag": "",
        "data": {"url": f"{pushing.origin}/inbox"},
    }


@pytest.mark.parametrize("url", ["https://elsewhere.example/bookings", "javascript:alert(1)", "http://[", "", 7])
def test_a_push_leads_to_our_own_pages_alone(pushing: Pushing, url: Any) -> None:
    pushing.push(json.dumps({"title": "You have a place", "url": url}))

    (shown,) = pushing.shown()
    assert (shown["title"], shown["body"]) == ("You have a place", "")
    assert shown["data"] == {"url": f"{pushing.origin}/inbox"}


@pytest.mark.parametrize(("path", "how"), [("/sign-in", "focus"), ("/passes", "open")])
def test_a_pressed_notification_leads_to_its_page(pushing: Pushing, path: str, how: str) -> None:
    pushing.push(json.dumps({"title": "You have a place", "url": path}))
    pushing.shown()

    (worker,) = pushing.page.context.service_workers
    pressed = worker.evaluate(PRESS)

    assert pressed == [how, f"{pushing.origin}{path}", 0]


def test_a_device_is_turned_on_and_off(house: House, open_browser: OpenBrowser) -> None:
    person = house.a_member()
    page = preferences(open_browser, person, permissions=["notifications"])
    expect(page.get_by_text(OFF)).to_be_visible()

    button(page, START).click()

    expect(page.get_by_text(ON)).to_be_visible()
    expect(removals(page)).to_have_count(1)
    assert devices_of(house, person) == [ENDPOINT]

    button(page, STOP).click()

    expect(page.get_by_text(OFF)).to_be_visible()
    expect(removals(page)).to_have_count(0)
    expect(button(page, START)).to_be_focused()
    assert devices_of(house, person) == []


def test_who_signs_out_is_no_longer_pushed_to_here(house: House, open_browser: OpenBrowser) -> None:
    person = house.a_member()
    page = preferences(open_browser, person, permissions=["notifications"])
    button(page, START).click()
    expect(page.get_by_text(ON)).to_be_visible()

    page.get_by_role("banner").get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    assert devices_of(house, person) == []
    signed_in(page, house.a_member(name="Borys")).goto("/preferences")
    expect(page.get_by_text(OFF)).to_be_visible()


def test_a_studio_that_does_not_answer_keeps_nobody_signed_in(house: House, open_browser: OpenBrowser) -> None:
    page = preferences(open_browser, house.a_member(), permissions=["notifications"])
    button(page, START).click()
    expect(page.get_by_text(ON)).to_be_visible()
    page.route("**/v1/me/push-subscriptions/*", lambda route: route.abort())

    page.get_by_role("banner").get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_the_page_knows_its_own_device_again_until_it_is_removed(house: House, open_browser: OpenBrowser) -> None:
    person = house.a_member()
    page = preferences(open_browser, person, permissions=["notifications"])
    button(page, START).click()
    expect(page.get_by_text(ON)).to_be_visible()

    page.reload()
    expect(page.get_by_text(ON)).to_be_visible()
    removals(page).click()

    expect(page.get_by_text("The device is removed")).to_be_visible()
    expect(page.get_by_text(OFF)).to_be_visible()
    assert devices_of(house, person) == []


def test_where_notifications_are_blocked_the_page_says_what_to_do(house: House, open_browser: OpenBrowser) -> None:
    person = house.a_member()
    page = preferences(open_browser, person)  # without the permission, and with nobody to ask: denied

    button(page, START).click()

    expect(page.get_by_text("allow them in the browser's settings")).to_be_visible()
    assert devices_of(house, person) == []


def test_a_device_that_could_not_be_turned_on_says_so(house: House, open_browser: OpenBrowser) -> None:
    person = house.a_member()
    page = preferences(open_browser, person, permissions=["notifications"])
    page.route("**/v1/me/push-subscriptions", lambda route: route.abort())

    button(page, START).click()

    expect(page.get_by_text("That did not work.")).to_be_visible()
    expect(button(page, START)).to_be_visible()
    assert devices_of(house, person) == []


def test_without_scripts_nothing_is_offered_that_would_not_work(house: House, open_browser: OpenBrowser) -> None:
    page = signed_in(open_browser(), house.a_member())

    page.goto("/preferences")

    expect(page.get_by_role("heading", name="Devices")).to_be_visible()
    expect(page.get_by_text("No device yet.")).to_be_visible()
    expect(button(page, START)).to_be_hidden()
