"""What staff change beside sessions' commands: each change is kept with who, when and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Subject(StrEnum):
    """What kind of thing was changed."""

    MEMBER = "member"
    PASS = "pass"  # noqa: S105 - a kind of thing
    PASS_TYPE = "pass_type"  # noqa: S105
    PASS_REQUEST = "pass_request"  # noqa: S105
    BOOKING = "booking"
    TRAINING = "training"
    TRAINER = "trainer"
    SPACE = "space"
    SESSION = "session"
    SERIES = "series"


class ChangeKind(StrEnum):
    """What was done; clients may depend on the code."""

    MEMBER_ROLE_CHANGED = "member_role_changed"
    MEMBER_CREATED = "member_created"
    MEMBER_INVITED = "member_invited"
    GUEST_ADDED = "guest_added"
    MEMBER_EDITED = "member_edited"
    MEMBER_SUSPENDED = "member_suspended"
    MEMBER_REACTIVATED = "member_reactivated"
    MEMBER_REMOVED = "member_removed"
    PASS_GRANTED = "pass_granted"  # noqa: S105 - what was done
    PASS_EXTENDED = "pass_extended"  # noqa: S105
    PASS_DEACTIVATED = "pass_deactivated"  # noqa: S105
    PASS_ACTIVATED = "pass_activated"  # noqa: S105
    PASS_REQUEST_GRANTED = "pass_request_granted"  # noqa: S105
    PASS_REQUEST_DECLINED = "pass_request_declined"  # noqa: S105
    PASS_TYPE_CREATED = "pass_type_created"  # noqa: S105
    PASS_TYPE_CHANGED = "pass_type_changed"  # noqa: S105
    ATTENDANCE_NOTED = "attendance_noted"
    TRAINING_ADDED = "training_added"
    TRAINING_CHANGED = "training_changed"
    TRAINER_ADDED = "trainer_added"
    TRAINER_CHANGED = "trainer_changed"
    SPACE_ADDED = "space_added"
    SPACE_CHANGED = "space_changed"
    SESSION_PLANNED = "session_planned"
    SERIES_PLANNED = "series_planned"
    SERIES_CHANGED = "series_changed"
    SERIES_ENDED = "series_ended"


@dataclass(frozen=True, slots=True)
class StaffChange:
    """A change as it is noted: what was done to which thing, why, and the values before and after, as plain JSON."""

    kind: ChangeKind
    subject: Subject
    subject_id: UUID
    why: str = ""
    before: Mapping[str, object] = field(default_factory=dict)
    after: Mapping[str, object] = field(default_factory=dict)
