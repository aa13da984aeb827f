"""The address of a member's calendar feed."""

from api.models.common import Answer, Instant


class CalendarFeed(Answer):
    """Whether my calendar has an address, and since when."""

    exists: bool
    created_at: Instant | None


class NewCalendarFeed(Answer):
    """The address of my calendar: to be kept, as it is not shown again."""

    url: str
    created_at: Instant
