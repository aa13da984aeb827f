"""What I want to be told and where, in one form; and the rest of my account below it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response
from pydantic import ValidationError

from api.errors import input_problem
from api.language import N_, gettext
from api.models.account import PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN
from api.models.preferences import NotificationPreferences, PreferencesBody, Switches
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.queries import saved_words
from api.pages.rendering import framed_page, see_other
from api.pages.visitors import checked_form, members_only
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.routes.calendar import get_calendar_feed
from api.routes.me import get_me
from api.routes.preferences import get_preferences, patch_preferences
from api.routes.push import get_push_key, get_push_subscriptions
from domain.quiet_hours import USUAL_QUIET_HOURS

CHANNEL_TITLES = {"email": N_("E-mail"), "push": N_("Push")}
_CHANNELS = tuple(Switches.model_fields)
_SAVED = {
    "preferences": N_("Saved"),
    "password": N_("Your password is changed"),
    "calendar_feed": N_("Your calendar feed has ended"),
    "device": N_("The device is removed"),
}


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as it is filled in: the names of the boxes that are ticked, and the times as they were typed."""

    ticked: frozenset[str]
    quiet_from: str
    quiet_until: str
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def other_errors(self) -> list[str]:
        """What is wrong and belongs to no field that a person fills in."""
        return [f"{name}: {said}" for name, said in self.errors.items() if not name.startswith("quiet_hours")]


@pages.get("/preferences")
@members_only
def show_preferences() -> Response:
    """Show the member's preferences and account."""
    return preferences_page(saved=saved_words(_SAVED))


@pages.post("/preferences")
@members_only
def do_save_preferences() -> Response:
    """Save the whole form; what is refused is said at its field, and nothing is saved."""
    fields = checked_form()
    try:
        body = PreferencesBody.model_validate(_body(fields, v1(get_preferences)()))
    except ValidationError as error:
        return preferences_page(status=422, filled=_filled_again(fields, input_problem(error, "json").errors))
    v1(patch_preferences)(body)
    return see_other("/preferences?saved=preferences")


def preferences_page(
    *,
    status: int = 200,
    filled: Filled | None = None,
    saved: str | None = None,
    password_errors: Mapping[str, str] | None = None,
    feed_url: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the page; a form that was refused is shown as it was filled in, except for passwords.

    `feed_url` is the address of the calendar feed when it was made by this very request.
    """
    shown = v1(get_preferences)()
    answer = framed_page(
        "preferences.html",
        status=status,
        me=v1(get_me)(),
        shown=shown,
        filled=filled or _filled(shown),
        saved=saved,
        channels={name: gettext(CHANNEL_TITLES.get(name, name)) for name in _CHANNELS},
        password_errors=password_errors or {},
        characters_min=PASSWORD_CHARACTERS_MIN,
        characters_max=PASSWORD_CHARACTERS_MAX,
        feed=v1(get_calendar_feed)(),
        feed_url=feed_url,
        devices=v1(get_push_subscriptions)().items,
        push_key=_push_key(),
    )
    answer.headers.extend(headers or {})
    return answer


def _push_key() -> str | None:
    try:
        return v1(get_push_key)().application_server_key
    except ProblemError as problem:
        if problem.code is not ProblemCode.PUSH_NOT_AVAILABLE:
            raise
        return None


def _filled(shown: NotificationPreferences) -> Filled:
    ticked = {f"channels.{name}" for name in _CHANNELS if getattr(shown.channels, name)}
    for one in shown.kinds:
        ticked |= {f"kinds.{one.kind}.{name}" for name in _CHANNELS if getattr(one.channels, name)}
    quiet = shown.quiet_hours
    if quiet is None:
        # Offered where somebody ticks the box.
        usual = USUAL_QUIET_HOURS
        return Filled(frozenset(ticked), f"{usual.begins:%H:%M}", f"{usual.ends:%H:%M}")
    return Filled(frozenset(ticked | {"quiet"}), quiet.from_, quiet.until)


def _filled_again(fields: Mapping[str, str], errors: Mapping[str, str]) -> Filled:
    return Filled(frozenset(fields), fields.get("quiet_from", ""), fields.get("quiet_until", ""), errors)


def _body(fields: Mapping[str, str], shown: NotificationPreferences) -> dict[str, Any]:
    """Return the form as the body of the PATCH: a box that is not ticked is not sent, and means no."""
    channels = dict.fromkeys(_CHANNELS, False)
    kinds = {str(one.kind): dict.fromkeys(_CHANNELS, False) for one in shown.kinds}
    for name in fields:
        match name.split("."):
            case ["channels", channel]:
                channels[channel] = True
            case ["kinds", kind, channel]:
                kinds.setdefault(kind, {})[channel] = True
            case _:
                pass  # quiet hours, and what browsers and extensions add
    quiet = {"from": fields.get("quiet_from", ""), "until": fields.get("quiet_until", "")}
    return {"channels": channels, "kinds": kinds, "quiet_hours": quiet if "quiet" in fields else None}
