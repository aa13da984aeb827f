"""The pages as members speak of them: what can be read and pressed on each, found by role and label."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.browser.house import PASSWORD, Opened, Person
from tests.e2e.running_stack import until


@dataclass
class Shown:
    """A page in a browser."""

    page: Page

    @property
    def content(self) -> Locator:
        """What is shown within the frame."""
        return self.page.get_by_role("main")

    @property
    def title(self) -> Locator:
        return self.content.get_by_role("heading", level=1)

    @property
    def good_news(self) -> Locator:
        """What came of what was pressed, if it is no refusal."""
        return self.content.get_by_role("status")

    @property
    def refusal(self) -> Locator:
        return self.content.get_by_role("alert")

    def follow(self, name: str) -> None:
        """Follow a link of the navigation."""
        self.page.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()


class SignInPage(Shown):
    def open(self) -> "SignInPage":
        self.page.goto("/sign-in")
        return self

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("main").get_by_role("button", name="Sign in").click()

    def forgot(self) -> None:
        self.page.get_by_role("link", name="Forgotten your password?").click()

    def send_a_link(self, email: str) -> None:
        """On the page behind `forgot`: ask for a link."""
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_role("button", name="Send me a link").click()


class PasswordPage(Shown):
    """Where the link in a mail leads."""

    def choose(self, password: str, *, again: str | None = None) -> None:
        self.page.get_by_label("New password", exact=True).fill(password)
        self.page.get_by_label("New password once more").fill(password if again is None else again)
        self.page.get_by_role("button", name="Set the password and sign in").click()


class MailsPage(Shown):
    """The mails that the demo studio would have sent."""

    def open_newest_to(self, email: str) -> None:
        """Open the mail, looking until it has been written."""
        entry = self.page.get_by_role("listitem").filter(has_text=email).first.get_by_role("link")
        until(lambda: bool(self.page.goto("/mail")) and entry.count() > 0, f"a mail to {email} is written")
        entry.click()

    def follow_link(self) -> None:
        """Follow the link to a password, as it stands in the mail's text."""
        self.page.get_by_role("link", name="/password/").click()


class SchedulePage(Shown):
    def open(self) -> "SchedulePage":
        self.page.goto("/")
        return self

    def choose_training(self, name: str) -> None:
        self.page.get_by_label("Training", exact=True).select_option(label=name)
        self.page.get_by_role("button", name="Show", exact=True).click()

    def go_to_its_week(self) -> None:
        self.page.get_by_role("link", name="Go to that week").click()

    def entry(self, name: str) -> Locator:
        return self.page.get_by_role("listitem").filter(has=self.session(name))

    def session(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)

    def open_session(self, name: str) -> "SessionPage":
        self.session(name).click()
        return SessionPage(self.page)

    def open_dialog(self, name: str) -> "SessionDialog":
        """Open the session over the schedule, as a browser with scripts does once it has loaded them."""
        expect(self.session(name)).to_be_visible()
        self.page.wait_for_load_state("load")
        self.session(name).click()
        dialog = SessionDialog(self.page)
        expect(dialog.title).to_have_text(name)
        return dialog

    def find(self, session: Opened) -> "SchedulePage":
        """Filter for the session's training, and go to the week it is in."""
        self.choose_training(session.name)
        self.go_to_its_week()
        return self


class SessionPage(Shown):
    def open(self, session: Opened) -> "SessionPage":
        self.page.goto(session.path)
        return self

    @property
    def my_part(self) -> Locator:
        """The part of the page that says what I have, or lets me have it."""
        return self.content.locator("section").filter(
            has=self.page.get_by_role("heading", name=re.compile("^(Your place|Book a place|Get in line)"))
        )

    @property
    def line(self) -> Locator:
        return self.content.get_by_role("figure")

    @property
    def book_button(self) -> Locator:
        return self.content.get_by_role("button", name=re.compile("^(Book with this pass|Join the waitlist)$"))

    def choose_pass(self, name: str) -> None:
        self.page.get_by_label(name).check()

    def book(self) -> None:
        self.book_button.click()

    def cancel(self) -> "CancelPage":
        self.page.get_by_role("link", name=re.compile("^(Cancel my booking|Leave the line)$")).click()
        return CancelPage(self.page)


class SessionDialog(SessionPage):
    """The same over the schedule."""

    @property
    def content(self) -> Locator:
        return self.page.get_by_role("dialog")

    def close(self) -> None:
        self.content.get_by_role("button", name="Close").click()


class BookingsPage(Shown):
    def open(self) -> "BookingsPage":
        self.page.goto("/bookings")
        return self

    def booking(self, name: str) -> Locator:
        return self.page.get_by_role("article").filter(has=self.page.get_by_role("heading", name=name))

    def cancel(self, name: str) -> "CancelPage":
        self.booking(name).get_by_role("link", name=re.compile("^(Cancel|Leave the line):")).click()
        return CancelPage(self.page)


class CancelPage(Shown):
    def confirm(self) -> None:
        self.page.get_by_role("button", name=re.compile("^(Cancel the booking|Leave the line)$")).click()


class PassesPage(Shown):
    def open(self) -> "PassesPage":
        self.page.goto("/passes")
        return self

    def pass_(self, name: str) -> Locator:
        return self.page.get_by_role("article").filter(has=self.page.get_by_role("heading", name=name))


def signed_in(page: Page, person: Person) -> Page:
    """Sign in with this browser; ends on the schedule."""
    SignInPage(page).open().sign_in(person.email)
    expect(page.get_by_role("link", name=person.name)).to_be_visible()
    return page
