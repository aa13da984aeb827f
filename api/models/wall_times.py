"""Days and times of the studio's clocks, as they come in."""

import re
from datetime import date, datetime, time
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from api.language import N_, gettext

_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{2}:\d{2}")


def read_local(text: Any) -> datetime:
    """Read a day and time on the studio's clocks."""
    try:
        if isinstance(text, str) and _LOCAL.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(gettext(N_("Write a day and a time of the studio's clocks, such as 2031-03-05T18:00")))


def read_date(text: Any) -> date:
    """Read a day."""
    try:
        if isinstance(text, str) and _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(gettext(N_("Write a day, such as 2031-03-05")))


def read_time(text: Any) -> time:
    """Read a time of the day."""
    try:
        if isinstance(text, str) and _TIME.fullmatch(text):
            return time.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(gettext(N_("Write a time of the day, such as 18:00")))


LocalTime = Annotated[
    datetime,
    BeforeValidator(read_local),
    WithJsonSchema({"type": "string", "pattern": f"^{_LOCAL.pattern}$", "examples": ["2031-03-05T18:00"]}),
]
Day = Annotated[
    date,
    BeforeValidator(read_date),
    WithJsonSchema({"type": "string", "pattern": f"^{_DATE.pattern}$", "examples": ["2031-03-05"]}),
]
# JSON Schema's `time` and `date-time` have an offset from UTC, which the studio's clocks do not show.
ShownTime = Annotated[
    time, WithJsonSchema({"type": "string", "pattern": rf"^{_TIME.pattern}:\d{{2}}$", "examples": ["18:00:00"]})
]
ShownLocal = Annotated[
    datetime,
    WithJsonSchema({"type": "string", "pattern": rf"^{_LOCAL.pattern}:\d{{2}}$", "examples": ["2031-03-05T18:00:00"]}),
]
WallTime = Annotated[
    time,
    BeforeValidator(read_time),
    WithJsonSchema({"type": "string", "pattern": f"^{_TIME.pattern}$", "examples": ["18:00"]}),
]
