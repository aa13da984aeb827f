"""Web push: the key browsers subscribe with, and my devices."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, request
from structlog import get_logger

from api.auth import caller, no_such_member
from api.models.push import PushDevice, PushDevices, PushKey, PushSubscriptionBody, device_named
from api.openapi import BODY_PROBLEMS, Access, json_answer, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import services
from storage.identifiers import new_id
from storage.push_subscriptions import (
    NewPushSubscription,
    list_push_subscriptions,
    remove_push_subscription,
    save_push_subscription,
)
from storage.settings import SettingsError
from workers.providers.targets import refusal_of

log = get_logger()

routes = APIBlueprint("push", __name__, tag="Notifications")


@routes.get("/v1/push-key")
@operation(access=Access.PUBLIC, problems=[ProblemCode.PUSH_NOT_AVAILABLE])
@routes.output(PushKey)
def get_push_key() -> PushKey:
    """Get the key to subscribe with.

    Browsers need it for `PushManager.subscribe()`.
    """
    settings = services().settings
    if not settings.vapid_private_key:
        raise ProblemError(ProblemCode.PUSH_NOT_AVAILABLE)
    # Seldom needed, and 7 MB in every process that loads it.
    from workers.providers.vapid import application_server_key  # noqa: PLC0415

    try:
        return PushKey(application_server_key=application_server_key(settings))
    except SettingsError as error:
        log.warning("push is not available", error=str(error))
        raise ProblemError(ProblemCode.PUSH_NOT_AVAILABLE) from None


@routes.get("/v1/me/push-subscriptions")
@operation(access=Access.MEMBER, problems=[ProblemCode.DATABASE_UNAVAILABLE])
@routes.output(PushDevices)
def get_push_subscriptions() -> PushDevices:
    """List my devices."""
    member_id = caller().member_id
    kept = services().ask(lambda db: list_push_subscriptions(db, member_id))
    return PushDevices(items=[PushDevice.of(one) for one in kept])


@routes.post("/v1/me/push-subscriptions")
@operation(
    access=Access.MEMBER,
    problems=[*BODY_PROBLEMS, ProblemCode.DATABASE_UNAVAILABLE],
    answers={200: json_answer("PushDevice", "Known already; it has the new keys, and is mine now")},
)
@routes.input(
    PushSubscriptionBody,
    example={
        "endpoint": "https://push.example.com/send/f3a1",
        "expirationTime": None,
        "keys": {
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        },
        "device": "My phone",
    },
)
@routes.output(PushDevice, status_code=201)
def subscribe(json_data: PushSubscriptionBody) -> tuple[PushDevice, int]:
    """Hear on this device.

    Send what `PushSubscription.toJSON()` gives, again whenever the browser renews it.
    """
    made, member_id = services(), caller().member_id
    if refusal := refusal_of(json_data.endpoint, made.settings):
        raise ProblemError(ProblemCode.INVALID_INPUT, errors={"endpoint": refusal})
    id_, new = new_id(), _new(json_data)
    saved = made.ask(lambda db: save_push_subscription(db, member_id, id_, new))
    if saved is None:
        raise no_such_member()
    kept, is_new = saved
    return PushDevice.of(kept), 201 if is_new else 200


@routes.delete("/v1/me/push-subscriptions/<uuid:subscription_id>")
@operation(
    access=Access.MEMBER,
    problems=[ProblemCode.PUSH_SUBSCRIPTION_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE],
    answers={204: {"description": "Removed"}},
)
def unsubscribe(subscription_id: UUID) -> Response:
    """Hear no more on a device.

    What is still due to it is not sent.
    """
    member_id = caller().member_id
    if not services().ask(lambda db: remove_push_subscription(db, member_id, subscription_id)):
        raise ProblemError(ProblemCode.PUSH_SUBSCRIPTION_NOT_FOUND)
    answer = Response(status=204)
    del answer.headers["Content-Type"]
    return answer


def _new(body: PushSubscriptionBody) -> NewPushSubscription:
    device = body.device or device_named(request.user_agent.string)
    return NewPushSubscription(body.endpoint, body.keys.p256dh, body.keys.auth, device)
