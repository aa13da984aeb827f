"""A password that was forgotten, or never chosen, with no script at all."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenBrowser
from tests.browser.house import House
from tests.browser.pages import MailsPage, PasswordPage, SignInPage

NEW = "four other words entirely"


def test_a_forgotten_password_is_chosen_anew_by_the_link_in_a_mail(house: House, open_browser: OpenBrowser) -> None:
    person, page = house.a_member(name="Oksana"), open_browser()
    signing_in = SignInPage(page).open()
    signing_in.forgot()
    expect(signing_in.title).to_have_text("Forgotten your password?")
    signing_in.send_a_link(person.email)
    expect(signing_in.title).to_have_text("Look into your mail")

    mails, choosing = MailsPage(page), PasswordPage(page)
    mails.open_newest_to(person.email)
    mails.follow_link()
    expect(choosing.title).to_have_text("Choose a new password")
    link = page.url
    choosing.choose(NEW, again="something else")
    expect(choosing.refusal).to_contain_text("Nothing was saved")
    choosing.choose(NEW)

    expect(choosing.good_news).to_contain_text("Your password is set")
    expect(page.get_by_role("link", name=person.name)).to_be_visible()
    other = open_browser()
    other.goto(link)
    expect(PasswordPage(other).title).to_have_text("This link does not hold any more")
    SignInPage(other).open().sign_in(person.email, NEW)
    expect(other.get_by_role("link", name=person.name)).to_be_visible()


def test_whoever_is_invited_chooses_a_password_and_is_in(house: House, open_browser: OpenBrowser) -> None:
    page = open_browser()
    page.goto(house.invitation_path("Solomiia"))
    choosing = PasswordPage(page)
    expect(choosing.title).to_contain_text("Solomiia")

    choosing.choose(NEW)

    expect(choosing.good_news).to_contain_text("Your password is set")
    expect(page.get_by_role("link", name="Solomiia")).to_be_visible()
