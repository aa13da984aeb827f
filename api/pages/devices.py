"""The devices that hear by push: taking one off the list, and the service worker that shows what is pushed to one."""

from uuid import UUID

from flask import Response, current_app

from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.rendering import see_other
from api.pages.visitors import checked_form, members_only
from api.routes.push import unsubscribe

WORKER_POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"


@pages.get("/sw.js")
def get_worker() -> Response:
    """Send the service worker, from an address above every page that it may lead to.

    It fetches nothing, and its policy holds it to that (CSP 3, a worker's policy is that of its own answer).
    """
    answer = current_app.send_static_file("js/worker.js")
    answer.headers["Content-Type"] = "text/javascript; charset=utf-8"
    answer.headers["Service-Worker-Allowed"] = "/"
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Content-Security-Policy"] = WORKER_POLICY
    return answer


@pages.post("/preferences/devices/<uuid:subscription_id>/remove")
@members_only
def do_remove_device(subscription_id: UUID) -> Response:
    """Take a device off the list; what is still due to it is not sent."""
    checked_form()
    v1(unsubscribe)(subscription_id)
    return see_other("/preferences?saved=device")
