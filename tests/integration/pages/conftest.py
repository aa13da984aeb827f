"""The pages under test, in this process: a browser without scripts that keeps cookies and sends forms."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from ops.stack.servers import EmbeddedServers
from storage.database import WORKER_TIMEOUTS, connect, open_pool
from storage.process_roles import Process
from storage.settings import settings
from tests.databases import new_database, url_of
from tests.integration.api.conftest import app_with, serving  # noqa: F401 - the fixture `serving` is used by name
from tests.integration.passwords import PASSWORD, with_password
from tests.integration.studio import Member, Studio

FRAME_FORMS = ["/sign-out", "/language"]
FRAME_BUTTONS = ["Sign out", "English", "Deutsch"]


@dataclass
class Form:
    """A form of a page: where it goes, and its fields as they are filled in."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    button: str = ""


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._in_button = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._open = Form(values.get("action", ""), values.get("method", "get"))
            self.forms.append(self._open)
        elif self._open and tag == "input" and "name" in values:
            chosen = values.get("type") not in {"radio", "checkbox"} or "checked" in values
            if chosen:
                self._open.fields[values["name"]] = values.get("value", "")
        elif self._open and tag == "button":
            self._in_button = True

    def handle_data(self, data: str) -> None:
        if self._open and self._in_button:
            self._open.button += data.strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "button":
            self._in_button = False


@dataclass
class Browser:
    """Opens pages and sends their forms, as a browser without scripts does."""

    http: FlaskClient

    def open(self, path: str, *, status: int = 200) -> TestResponse:
        response = self.http.get(path)
        assert response.status_code == status, response.get_data(as_text=True)
        return response

    def forms(self, page: TestResponse) -> list[Form]:
        parser = _Forms()
        parser.feed(page.get_data(as_text=True))
        return parser.forms

    def form(self, page: TestResponse, action: str) -> Form:
        found = [form for form in self.forms(page) if form.action == action]
        assert len(found) == 1, [form.action for form in self.forms(page)]
        return found[0]

    def send(
        self, form: Form, *, status: int = 303, headers: dict[str, str] | None = None, **filled: Any
    ) -> TestResponse:
        response = self.http.post(form.action, data={**form.fields, **filled}, headers=headers)
        assert response.status_code == status, response.get_data(as_text=True)
        return response

    def sign_in(self, studio: Studio, member: Member, *, next_: str = "/") -> TestResponse:
        with_password(studio, member)
        page = self.open(f"/sign-in?next={next_}")
        return self.send(self.form(page, "/sign-in"), email=f"{member.id}@example.test", password=PASSWORD)


@pytest.fixture(scope="session")
def app(_environment: None) -> Iterator[APIFlask]:
    with app_with(settings()) as app:
        yield app


@pytest.fixture
def browser(app: APIFlask, studio: Studio) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def me(browser: Browser, studio: Studio) -> Member:
    """Sign a member in."""
    member = studio.a_member()
    browser.sign_in(studio, member)
    return member


@pytest.fixture
def big_studio(servers: EmbeddedServers, redis: Redis) -> Iterator[tuple[Studio, Browser]]:
    """A studio of its own, so that what other tests left is not on its pages."""
    with (
        new_database(servers.database_url) as url,
        open_pool(url_of(Process.WORKER, url), WORKER_TIMEOUTS, size_max=2) as pool,
        connect(url) as db,
        app_with(replace(settings(), database_url=url)) as app,
    ):
        yield Studio(db, redis, pool), Browser(app.test_client())
