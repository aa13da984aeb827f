"""What I want to be told, where, and when not."""

from apiflask import APIBlueprint

from api.auth import caller, no_such_member
from api.models.preferences import NotificationPreferences, PreferencesBody
from api.openapi import BODY_PROBLEMS, Access, operation
from api.problem_codes import ProblemCode
from api.services import services
from storage.preferences import change_preferences, find_preferences

routes = APIBlueprint("preferences", __name__, tag="Notifications")


@routes.get("/v1/me/notification-preferences")
@operation(access=Access.MEMBER, problems=[ProblemCode.DATABASE_UNAVAILABLE])
@routes.output(NotificationPreferences)
def get_preferences() -> NotificationPreferences:
    """Show what I want to be told.

    Every kind of notification with every channel that has a switch. In the app everything is shown, always.
    """
    member_id = caller().member_id
    found = services().ask(lambda db: find_preferences(db, member_id))
    if found is None:
        raise no_such_member()
    return NotificationPreferences.of(found)


@routes.patch("/v1/me/notification-preferences")
@operation(access=Access.MEMBER, problems=[*BODY_PROBLEMS, ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(
    PreferencesBody,
    example={
        "kinds": {"reminder": {"push": False}},
        "quiet_hours": {"from": "21:30", "until": "07:00"},
    },
)
@routes.output(NotificationPreferences)
def patch_preferences(json_data: PreferencesBody) -> NotificationPreferences:
    """Change what I want to be told.

    What is left out stays as it is; of two changes at once neither is lost. With new quiet hours the reminders of my
    coming sessions are planned anew.
    """
    member_id, change = caller().member_id, json_data.change()
    found = services().ask(lambda db: change_preferences(db, member_id, change))
    if found is None:
        raise no_such_member()
    return NotificationPreferences.of(found)
