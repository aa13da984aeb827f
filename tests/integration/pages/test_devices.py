"""The devices that hear by push, on the preferences page, and the service worker."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.auth import make_token
from api.browser import COOKIE
from storage.settings import settings
from tests.integration.api.conftest import app_with
from tests.integration.pages.conftest import Browser
from tests.integration.pages.strictly import Element, Page, strictly
from tests.integration.studio import Member, Studio
from workers.providers.vapid import new_vapid_private_key

API = "/v1/me/push-subscriptions"
EVIL = '"><script>alert(1)</script>'

# The receiver's keys of the example in RFC 8291, section 5.
KEYS = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}


@pytest.fixture
def pushing(studio: Studio) -> Iterator[Browser]:
    """A browser at a studio that has a key to push with."""
    with app_with(replace(settings(), vapid_private_key=new_vapid_private_key())) as app:
        yield Browser(app.test_client())


def token_of(member: Member) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(settings(), member.id)}"}


def a_device(browser: Browser, member: Member, name: str = "My phone") -> UUID:
    body = {"endpoint": f"https://push.example.com/send/{uuid4()}", "keys": KEYS, "device": name}
    answer: Any = browser.http.post(API, json=body, headers=token_of(member))
    assert answer.status_code == 201, answer.text
    return UUID(answer.json["id"])


def ids_of(browser: Browser, member: Member) -> set[UUID]:
    return {UUID(one["id"]) for one in devices_of(browser, member)}


def devices_of(browser: Browser, member: Member) -> list[dict[str, Any]]:
    answer: Any = browser.http.get(API, headers=token_of(member))
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def removal_of(device_id: UUID) -> str:
    return f"/preferences/devices/{device_id}/remove"


def read(browser: Browser, path: str = "/preferences") -> Page:
    return strictly(browser.open(path).get_data(as_text=True))


def with_id(page: Page, id_: str) -> list[Element]:
    return [one for one in page.elements if one.attributes.get("id") == id_]


def scripts(page: Page) -> list[str]:
    return [one.attributes["src"] for one in page.all("script")]


def test_my_devices_are_listed_with_since_when_and_by_way_of_what(browser: Browser, studio: Studio, me: Member) -> None:
    device_id = a_device(browser, me)
    others = a_device(browser, studio.a_member(), "Not mine")

    page = read(browser)

    (entry,) = with_id(page, f"device-{device_id}")
    assert entry.text.startswith("My phone since ")
    assert "by way of push.example.com" in entry.text
    (kept,) = devices_of(browser, me)
    listed = [one.attributes["datetime"] for one in page.all("time")]
    assert [one.replace("+00:00", "Z") for one in listed] == [kept["created_at"].replace("+00:00", "Z")]
    assert with_id(page, f"device-{others}") == []


def test_a_device_is_removed_and_the_page_says_so(browser: Browser, me: Member) -> None:
    removed, left = a_device(browser, me), a_device(browser, me)

    answer = browser.send(browser.form(browser.open("/preferences"), removal_of(removed)))

    page = read(browser, answer.headers["Location"])
    assert "The device is removed" in page.texts("strong")
    assert (with_id(page, f"device-{removed}"), len(with_id(page, f"device-{left}"))) == ([], 1)
    assert ids_of(browser, me) == {left}


def test_another_members_device_stays(browser: Browser, studio: Studio, me: Member) -> None:
    other = studio.a_member()
    mine, others = a_device(browser, me), a_device(browser, other)
    form = browser.form(browser.open("/preferences"), removal_of(mine))
    form.action = removal_of(others)

    answer = browser.send(form, status=404)

    assert strictly(answer.get_data(as_text=True)).texts("h1") == ["There is no such device of yours"]
    assert ids_of(browser, other) == {others}


def test_a_device_that_is_removed_already_is_not_found(browser: Browser, me: Member) -> None:
    device_id = a_device(browser, me)
    form = browser.form(browser.open("/preferences"), removal_of(device_id))
    browser.send(form)

    answer = browser.send(form, status=404)

    assert "It may be removed already." in answer.get_data(as_text=True)


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, None])
def test_a_form_from_elsewhere_removes_nothing(browser: Browser, me: Member, headers: dict[str, str] | None) -> None:
    device_id = a_device(browser, me)
    form = browser.form(browser.open("/preferences"), removal_of(device_id))
    if headers is None:
        form.fields["form_token"] = "0" * 64

    browser.send(form, status=403, headers=headers)

    assert ids_of(browser, me) == {device_id}


def test_whoever_is_not_signed_in_removes_nothing(browser: Browser, me: Member) -> None:
    device_id = a_device(browser, me)
    form = browser.form(browser.open("/preferences"), removal_of(device_id))
    browser.http.delete_cookie(COOKIE)

    answer = browser.send(form)

    assert answer.headers["Location"].startswith("/sign-in?")
    assert ids_of(browser, me) == {device_id}


def test_a_hostile_name_is_shown_as_text_and_never_run(browser: Browser, me: Member) -> None:
    a_device(browser, me, EVIL)

    page = browser.open("/preferences")

    assert EVIL not in page.get_data(as_text=True)
    shown = strictly(page.get_data(as_text=True))
    assert EVIL in shown.texts("strong")
    assert f"Remove {EVIL}" in [one.attributes.get("aria-label") for one in shown.all("button")]


def test_without_a_key_the_page_says_so_and_a_device_can_still_be_removed(browser: Browser, me: Member) -> None:
    a_device(browser, me)

    page = read(browser)

    assert "This studio does not push." in page.texts("p", "soft")
    assert with_id(page, "this_device") == []
    assert "/static/js/push.js" not in scripts(page)
    assert "Remove" in page.texts("button")


def test_a_key_that_makes_no_sense_is_as_none(studio: Studio) -> None:
    with app_with(replace(settings(), vapid_private_key="nonsense")) as app:
        browser = Browser(app.test_client())
        browser.sign_in(studio, studio.a_member())

        page = read(browser)

    assert "This studio does not push." in page.texts("p", "soft")


def test_with_a_key_the_page_has_what_the_script_needs_and_shows_none_of_it(pushing: Browser, studio: Studio) -> None:
    pushing.sign_in(studio, studio.a_member())

    page = read(pushing)

    (part,) = with_id(page, "this_device")
    assert "hidden" in part.attributes
    answer: Any = pushing.http.get("/v1/push-key")
    assert part.attributes["data-key"] == answer.json["application_server_key"]
    assert {f"data-{one}" for one in ("on", "off", "denied", "busy", "error", "start", "stop")} <= {
        name for name, words in part.attributes.items() if words
    }
    assert scripts(page) == ["/static/js/live.js", "/static/js/send.js", "/static/js/push.js"]
    assert "No device yet." in page.texts("p")


def test_the_list_is_found_again_by_the_script_that_brings_it_up_to_date(browser: Browser, me: Member) -> None:
    (found,) = with_id(read(browser), "devices")

    assert "data-live" in found.attributes


def test_only_the_preferences_load_the_script(pushing: Browser, studio: Studio) -> None:
    pushing.sign_in(studio, studio.a_member())

    for path in ("/", "/bookings", "/passes", "/inbox"):
        assert "/static/js/push.js" not in scripts(read(pushing, path))


def test_the_worker_may_show_and_lead_everywhere_here_and_load_nothing(browser: Browser) -> None:
    with browser.open("/sw.js") as answer:
        script = answer.get_data(as_text=True)

    assert answer.content_type == "text/javascript; charset=utf-8"
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    assert 'addEventListener("push"' in script
    assert '"fetch"' not in script
    assert "importScripts" not in script
