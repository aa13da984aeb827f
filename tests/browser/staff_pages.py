"""The staff's pages as staff speak of them."""

from datetime import date

from playwright.sync_api import Locator

from tests.browser.house import Opened, Person
from tests.browser.pages import Shown


class CataloguePage(Shown):
    """A list of trainings, trainers or spaces."""

    def add_training(self, name: str, *, capacity: int) -> None:
        self.page.get_by_role("link", name="Add a training").click()
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Places", exact=True).fill(str(capacity))
        self.page.get_by_role("button", name="Save").click()


class SeriesForm(Shown):
    def open(self) -> "SeriesForm":
        self.page.goto("/staff/series/new")
        return self

    def fill(self, *, training: str, trainer: str, space: str, times: str, day: date, count: int) -> None:
        for label, name in (("Training", training), ("Trainer", trainer), ("Space", space), ("Repeats", "Daily")):
            self.page.get_by_label(label, exact=True).select_option(label=name)
        self.page.get_by_label("Times").fill(times)
        self.page.get_by_label("First day").fill(day.isoformat())
        self.page.get_by_label("Or this many sessions").fill(str(count))

    def look_first(self) -> None:
        self.page.get_by_role("button", name="Look first").click()

    def save(self) -> None:
        self.page.get_by_role("button", name="Put it into the schedule").click()

    def open_first_session(self, time: str) -> "RosterPage":
        self.content.get_by_role("link", name=time).first.click()
        return RosterPage(self.page)


class RosterPage(Shown):
    def open(self, session: Opened) -> "RosterPage":
        self.page.goto(f"/staff/sessions/{session.id}")
        return self

    def row(self, name: str) -> Locator:
        return self.page.get_by_role("row").filter(has=self.page.get_by_role("rowheader", name=name))

    def book_for(self, person: Person, why: str) -> None:
        self.page.get_by_role("link", name="Book for a member").click()
        self.page.get_by_label("Name or e-mail address").fill(person.email)
        self.page.get_by_role("button", name="Search").click()
        self.page.get_by_label("Why").fill(why)
        self.page.get_by_role("button", name=f"Book for {person.name}").click()

    def cancel_session(self) -> "ConfirmPage":
        self.page.get_by_role("link", name="Cancel the session").click()
        return ConfirmPage(self.page)


class ConfirmPage(Shown):
    """What would happen, and a last yes."""

    @property
    def what_if(self) -> Locator:
        return self.content.locator("#what-if")

    def confirm(self, button: str, why: str) -> RosterPage:
        self.page.get_by_label("Why").fill(why)
        self.page.get_by_role("button", name=button).click()
        return RosterPage(self.page)
