"""What a member wants to be told, on which channels, and when not."""

import re
from datetime import time
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictBool, WithJsonSchema, model_validator

from api.kinds import OpenKind, kind_words
from api.models.common import Answer, Input
from domain.channels import DEFAULTS, SWITCHABLE, Channel, Preferences
from domain.notices import NoticeKind
from domain.quiet_hours import QuietHours
from domain.sending import CAN_WAIT
from storage.preferences import MemberPreferences, PreferencesChange

_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class Switches(Answer):
    """Which channels are on. In the app everything is shown, always."""

    email: bool
    push: bool


class KindPreference(Answer):
    """A kind of notification, and where I am told it while the channel is on."""

    kind: OpenKind
    title: str
    description: str
    channels: Switches
    can_wait: bool = Field(description="Whether it waits until the quiet hours are over.")


class QuietTimes(Answer):
    """The part of each day in which nothing that can wait is sent; over midnight where it ends earlier."""

    from_: str = Field(alias="from", pattern=_TIME, examples=["22:00"])
    until: str = Field(pattern=_TIME, examples=["08:00"])


class NotificationPreferences(Answer):
    """What I want to be told, and where: every kind, with the defaults where I chose nothing."""

    channels: Switches
    kinds: list[KindPreference]
    quiet_hours: QuietTimes | None = Field(description="In the studio's time zone; null for none.")
    time_zone: str = Field(description="The studio's IANA time zone.", examples=["Europe/Berlin"])

    @classmethod
    def of(cls, found: MemberPreferences) -> "NotificationPreferences":
        """Return the preferences, complete."""
        preferences = found.preferences
        quiet = preferences.quiet_hours
        return cls(
            channels=Switches(**{str(channel): channel not in preferences.switched_off for channel in SWITCHABLE}),
            kinds=[_kind(preferences, kind) for kind in DEFAULTS],
            quiet_hours=None if quiet is None else QuietTimes(**_plain(quiet)),
            time_zone=found.time_zone,
        )


def _kind(preferences: Preferences, kind: NoticeKind) -> KindPreference:
    return KindPreference(
        kind=kind,
        title=kind_words(kind).title,
        description=kind_words(kind).description,
        channels=Switches(**{str(channel): preferences.chose(kind, channel) for channel in SWITCHABLE}),
        can_wait=kind in CAN_WAIT,
    )


def _plain(quiet: QuietHours) -> dict[str, str]:
    return {"from": f"{quiet.begins:%H:%M}", "until": f"{quiet.ends:%H:%M}"}


def _channel(name: str) -> Channel:
    if name == Channel.IN_APP:
        raise ValueError("In the app everything is shown; that cannot be switched off")
    if name not in SWITCHABLE:
        raise ValueError(f"This is no channel with a switch; there are {' and '.join(SWITCHABLE)}")
    return Channel(name)


def _kind_named(name: str) -> NoticeKind:
    if name not in DEFAULTS:
        raise ValueError("This is no kind of notification; GET /v1/me/notification-preferences names them all")
    return NoticeKind(name)


def _wall_clock(text: Any) -> time:
    if not isinstance(text, str) or not re.fullmatch(_TIME, text):
        raise ValueError("Write a time of the day as hours and minutes, such as 22:00")
    return time.fromisoformat(text)


def _object(properties: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"type": "object", "properties": properties, "additionalProperties": False})


_SWITCHES = {str(channel): {"type": "boolean"} for channel in SWITCHABLE}

SwitchesChange = Annotated[dict[Annotated[Channel, BeforeValidator(_channel)], StrictBool], _object(_SWITCHES)]
KindsChange = Annotated[
    dict[Annotated[NoticeKind, BeforeValidator(_kind_named)], SwitchesChange],
    _object(
        {str(kind): {"type": "object", "properties": _SWITCHES, "additionalProperties": False} for kind in DEFAULTS}
    ),
]
WallClock = Annotated[
    time, BeforeValidator(_wall_clock), WithJsonSchema({"type": "string", "pattern": _TIME, "examples": ["22:00"]})
]


class QuietHoursChange(Input):
    """From when until when; two different times of the studio's clocks."""

    from_: WallClock = Field(alias="from")
    until: WallClock

    @model_validator(mode="after")
    def _not_alike(self) -> "QuietHoursChange":
        if self.from_ == self.until:
            raise ValueError("Quiet hours must end at another time than they begin at; send null for none")
        return self


class PreferencesBody(Input):
    """What to change; what is left out stays as it is."""

    channels: SwitchesChange = Field(default_factory=dict, description="Switch a whole channel on or off.")
    kinds: KindsChange = Field(default_factory=dict, description="Switch one kind on one channel on or off.")
    quiet_hours: QuietHoursChange | None = Field(None, description="In the studio's time zone; null for none.")

    def change(self) -> PreferencesChange:
        """Return what is to change."""
        quiet = self.quiet_hours
        return PreferencesChange(
            channels=self.channels,
            kinds=self.kinds,
            changes_quiet_hours="quiet_hours" in self.model_fields_set,
            quiet_hours=None if quiet is None else QuietHours(quiet.from_, quiet.until),
        )
