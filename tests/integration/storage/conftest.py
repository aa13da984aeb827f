"""A member for the tests of what the database keeps of passwords, and of the links to them."""

import pytest

from tests.integration.studio import Member, Studio


@pytest.fixture
def nina(studio: Studio) -> Member:
    """A member who has no password yet."""
    return studio.a_member()
