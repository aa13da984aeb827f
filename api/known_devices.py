"""The cookie of a browser in which somebody has signed in before: it lets nobody in, but is counted for itself.

So whoever guesses a member's password from elsewhere cannot keep the member's own browser from signing in (OWASP calls
it a device cookie). It names the device and the accounts that signed in there, signed; it stays when they sign out.
"""

from functools import cache
from secrets import token_urlsafe

from flask import Response, request
from itsdangerous import BadSignature, URLSafeSerializer

from api.services import services
from api.sign_in_limits import account_of

COOKIE = "seatline_device"
PATH = "/sign-in"  # sent to nobody but the page that asks for the password
ACCOUNTS_MAX = 5  # who share a browser; of more the one who was not there for longest is unknown again
KEPT_SECONDS = 365 * 24 * 3600
_SALT = "seatline.known_device.v1"
_BYTES = 12


def device_of(email: str) -> str | None:
    """Return the name of this browser if the account has signed in with it before; else None."""
    device, accounts = _read()
    return device if account_of(services().settings.secret_key, email) in accounts else None


def know(response: Response, email: str) -> None:
    """Have the browser keep that this account has signed in with it."""
    settings = services().settings
    device, accounts = _read()
    account = account_of(settings.secret_key, email)
    kept = [account, *(one for one in accounts if one != account)][:ACCOUNTS_MAX]
    response.set_cookie(
        COOKIE,
        _serializer(settings.secret_key).dumps([device or token_urlsafe(_BYTES), *kept]),
        max_age=KEPT_SECONDS,
        path=PATH,
        httponly=True,
        samesite="Lax",
        secure=settings.is_encrypted,
    )


def _read() -> tuple[str | None, list[str]]:
    try:
        device, *accounts = _serializer(services().settings.secret_key).loads(request.cookies.get(COOKIE, ""))
    except BadSignature:
        return None, []
    return device, accounts


@cache
def _serializer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt=_SALT)
