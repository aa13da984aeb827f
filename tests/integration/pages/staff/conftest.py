"""Staff at a browser."""

import pytest

from domain.roles import Role
from tests.integration.pages.conftest import Browser
from tests.integration.staff import named, with_role
from tests.integration.studio import Member, Studio


@pytest.fixture
def trainer(browser: Browser, studio: Studio, me: Member) -> Member:
    """Sign a trainer in."""
    return with_role(studio, named(studio, me, "Tara Trainer"), Role.TRAINER)


@pytest.fixture
def admin(browser: Browser, studio: Studio, me: Member) -> Member:
    """Sign an admin in."""
    return with_role(studio, named(studio, me, "Ada Admin"), Role.ADMIN)
