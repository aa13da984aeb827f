"""Have links to a password mailed: after a link is written with its notice and delivery, a worker is called.

The call may be lost: beat calls for deliveries anyway.
"""

from redis import Redis

from workers.hints import hint
from workers.outcomes import call_for_deliveries


def call_for_mail(redis: Redis) -> None:
    """Call a worker for the mail, if there is one: whoever does so for every address tells nothing by it."""
    with hint("call for a mail with a link"):
        call_for_deliveries(redis)
