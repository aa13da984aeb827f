"""What I want to be told, in one form."""

from typing import Any

import pytest

from api.browser import COOKIE
from domain.channels import DEFAULTS, SWITCHABLE
from domain.notices import OPEN_KINDS
from tests.integration.pages.conftest import Browser, Form
from tests.integration.pages.strictly import Page, strictly
from tests.integration.studio import Member, Studio

EVIL = '"><script>alert(1)</script>'


def the_form(browser: Browser) -> Form:
    return browser.form(browser.open("/preferences"), "/preferences")


def filled_in(form: Form) -> dict[str, str]:
    return {name: value for name, value in form.fields.items() if name != "form_token"}


def read(browser: Browser, path: str = "/preferences") -> Page:
    return strictly(browser.open(path).get_data(as_text=True))


def stored(studio: Studio, member: Member) -> Any:
    return studio.db.execute(
        "SELECT switched_off, choices, quiet_from::text, quiet_until::text FROM notification_preferences"
        " WHERE member_id = %s",
        (member.id,),
    ).fetchone()


def test_whoever_is_not_signed_in_signs_in_first_and_comes_back(browser: Browser, studio: Studio) -> None:
    answer = browser.open("/preferences", status=303)

    assert browser.form(browser.open(answer.headers["Location"]), "/sign-in").fields["next"] == "/preferences"


def test_every_kind_is_shown_with_every_channel_and_the_defaults(browser: Browser, me: Member) -> None:
    page, fields = read(browser), the_form(browser).fields

    boxes = [one for one in page.all("input") if one.attributes["name"].startswith("kinds.")]
    assert len(boxes) == len(OPEN_KINDS) * len(SWITCHABLE)
    assert {name for name in fields if name.startswith("kinds.")} == {
        f"kinds.{kind}.{channel}"
        for kind, channels in DEFAULTS.items()
        for channel in channels
        if channel in SWITCHABLE
    }
    assert {name for name in fields if name.startswith("channels.")} == {f"channels.{one}" for one in SWITCHABLE}
    assert (fields["quiet"], fields["quiet_from"], fields["quiet_until"]) == ("on", "22:00", "08:00")
    rows = [one for one in page.all("th") if one.attributes["scope"] == "row"]
    assert "Reminder A session of yours begins soon." in [one.text for one in rows]
    assert "Europe/Kyiv" in " ".join(page.texts("p", "hint"))


def test_saving_without_a_change_changes_nothing(browser: Browser, studio: Studio, me: Member) -> None:
    before = the_form(browser)

    browser.send(before)

    assert stored(studio, me) == ([], {}, "22:00:00", "08:00:00")
    assert filled_in(the_form(browser)) == filled_in(before)


def test_what_is_ticked_is_saved_and_shown_again(browser: Browser, studio: Studio, me: Member) -> None:
    form = the_form(browser)
    for name in ("channels.push", "kinds.reminder.email"):
        del form.fields[name]
    form.fields |= {"kinds.waitlisted.push": "on", "quiet_from": "21:30", "quiet_until": "07:00"}

    answer = browser.send(form)

    page = read(browser, answer.headers["Location"])
    assert "Saved" in page.texts("strong")
    assert stored(studio, me) == (
        ["push"],
        {"reminder": {"email": False}, "waitlisted": {"push": True}},
        "21:30:00",
        "07:00:00",
    )
    assert filled_in(the_form(browser)) == filled_in(form)


def test_quiet_hours_end_with_their_box_and_the_usual_ones_are_offered(
    browser: Browser, studio: Studio, me: Member
) -> None:
    form = the_form(browser)
    del form.fields["quiet"]
    form.fields |= {"quiet_from": "", "quiet_until": "nonsense"}

    browser.send(form)

    assert stored(studio, me)[2:] == (None, None)
    fields = the_form(browser).fields
    assert "quiet" not in fields
    assert (fields["quiet_from"], fields["quiet_until"]) == ("22:00", "08:00")


@pytest.mark.parametrize(
    ("filled", "field", "sentence"),
    [
        ({"quiet_from": "24:00"}, "quiet_from", "such as 22:00"),
        ({"quiet_from": ""}, "quiet_from", "such as 22:00"),
        ({"quiet_until": "8:00"}, "quiet_until", "such as 22:00"),
        ({"quiet_until": EVIL}, "quiet_until", "such as 22:00"),
        ({"quiet_from": "07:00", "quiet_until": "07:00"}, "quiet_until", "another time"),
    ],
)
def test_bad_quiet_hours_are_told_at_their_field_and_nothing_is_saved(
    browser: Browser, studio: Studio, me: Member, *, filled: dict[str, Any], field: str, sentence: str
) -> None:
    form = the_form(browser)
    del form.fields["channels.push"]

    answer = browser.send(form, status=422, **filled)

    page = strictly(answer.get_data(as_text=True))
    (error,) = page.all("p", "error")
    assert (error.attributes["id"], sentence in error.text) == (f"{field}_error", True)
    (bad,) = [one for one in page.all("input") if one.attributes.get("aria-invalid") == "true"]
    assert bad.attributes["name"] == field
    assert stored(studio, me) is None
    again = browser.form(answer, "/preferences").fields
    assert "channels.push" not in again, "what was filled in is not lost"
    assert again[field] == str({**form.fields, **filled}[field])


@pytest.mark.parametrize("name", ["channels.sms", "channels.in_app", "kinds.gossip.email", "kinds.reminder.in_app"])
def test_a_box_that_does_not_exist_is_told_and_nothing_is_saved(
    browser: Browser, studio: Studio, me: Member, name: str
) -> None:
    form = the_form(browser)
    form.fields[name] = "on"

    answer = browser.send(form, status=422)

    assert len(strictly(answer.get_data(as_text=True)).all("p", "error")) == 1
    assert stored(studio, me) is None


def test_a_refused_form_is_shown_as_text_and_never_run(browser: Browser, me: Member) -> None:
    form = the_form(browser)
    form.fields |= {"quiet_from": EVIL, f"channels.{EVIL}": "on"}

    answer = browser.send(form, status=422)

    assert EVIL not in answer.get_data(as_text=True)
    assert browser.form(answer, "/preferences").fields["quiet_from"] == EVIL


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, None])
def test_a_form_from_elsewhere_saves_nothing(
    browser: Browser, studio: Studio, me: Member, headers: dict[str, str] | None
) -> None:
    form = the_form(browser)
    if headers is None:
        form.fields["form_token"] = "0" * 64

    browser.send(form, status=403, headers=headers)

    assert stored(studio, me) is None


def test_another_members_form_saves_nothing_for_me(browser: Browser, studio: Studio, me: Member) -> None:
    form, other = the_form(browser), studio.a_member()
    browser.http.delete_cookie(COOKIE)
    browser.sign_in(studio, other)

    browser.send(form, status=403)

    assert (stored(studio, me), stored(studio, other)) == (None, None)


def test_when_the_sign_in_has_ended_the_form_leads_back_to_the_page(
    browser: Browser, studio: Studio, me: Member
) -> None:
    form = the_form(browser)
    studio.db.execute("DELETE FROM sign_ins WHERE member_id = %s", (me.id,))

    answer = browser.send(form, headers={"Referer": "http://localhost/preferences?saved=preferences"})

    assert answer.headers["Location"] == "/sign-in?next=%2Fpreferences"
    assert stored(studio, me) is None


@pytest.mark.parametrize("saved", ["", "nonsense", EVIL])
def test_a_note_that_the_page_does_not_know_is_not_shown(browser: Browser, me: Member, saved: str) -> None:
    page = browser.http.get("/preferences", query_string={"saved": saved})

    assert not strictly(page.get_data(as_text=True)).all("div", "note")


def test_the_page_says_who_is_signed_in(browser: Browser, studio: Studio, me: Member) -> None:
    studio.db.execute("UPDATE members SET name = %s WHERE id = %s", (EVIL, me.id))

    page = browser.open("/preferences")

    assert EVIL not in page.get_data(as_text=True)
    assert f"Signed in as {EVIL}, {me.id}@example.test." in strictly(page.get_data(as_text=True)).texts("p")
