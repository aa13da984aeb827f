"""A browser's sign-in: the cookie that no script can read, and proof that a request that changes something is ours.

The cookie holds a secret of 256 random bits; the database knows its SHA-256 only. It is `HttpOnly` and `SameSite=Lax`,
and where the studio's address begins with https `Secure` and of this host alone: `__Host-` in front of its name keeps
neighbouring hosts from putting there a sign-in of their own (RFC 6265bis, section 4.1.3.2). A form token is made of the
sign-in and the secret key: only a page that was made for this sign-in knows it. Each page carries it under a mask of
its own, since pages are compressed and their length must not tell of it (BREACH, https://breachattack.com).
"""

import hmac
import secrets
from urllib.parse import urlsplit

from flask import Response, g, request

from api.bearer_secrets import hash_of, new_secret
from api.services import services
from domain.ids import MemberId
from storage.sign_ins import SIGN_IN_DAYS, SignedIn, begin_sign_in, end_sign_in, find_signed_in

COOKIE = "seatline_sign_in"
DEVICE_CHARACTERS_MAX = 200
FORM_TOKEN_HEADER = "X-Form-Token"  # noqa: S105 - the name of a header
_FORM_PURPOSE = b"seatline.form.v1"
_PROOF_BYTES = 32


def signed_in() -> SignedIn | None:
    """Return the sign-in that the request's cookie names, None without one that holds; asks the database once."""
    if "signed_in" not in g:
        secret = request.cookies.get(_cookie())
        g.signed_in = services().ask(lambda db: find_signed_in(db, hash_of(secret))) if secret else None
    found: SignedIn | None = g.signed_in
    return found


def form_token(here: SignedIn) -> str:
    """Return what every form, and every writing script, of this sign-in's pages must send along."""
    mask = secrets.token_bytes(_PROOF_BYTES)
    return (mask + _xor(mask, _proof(here))).hex()


def is_form_token(here: SignedIn, token: str) -> bool:
    """Whether this is a form token of the sign-in; takes as long for a wrong one."""
    try:
        sent = bytes.fromhex(token)
    except ValueError:
        return False
    mask, masked = sent[:_PROOF_BYTES], sent[_PROOF_BYTES:]
    return len(masked) == _PROOF_BYTES and hmac.compare_digest(_xor(mask, masked), _proof(here))


def _proof(here: SignedIn) -> bytes:
    key = services().settings.secret_key.encode()
    return hmac.digest(key, _FORM_PURPOSE + here.id.bytes, "sha256")


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other, strict=True))


def comes_from_elsewhere() -> bool:
    """Whether the browser itself says that another site's page sent the request."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        return site not in {"same-origin", "none"}
    return origin is not None and urlsplit(origin).netloc != request.host


def begin(response: Response, member_id: MemberId, token_generation: int) -> None:
    """Begin a sign-in of this member with this browser, with a secret of its own, and end the one it had.

    It does not hold if the member was signed out everywhere since this was the generation of their tokens.
    """
    made, secret = services(), new_secret()
    device = (request.user_agent.string or "a browser")[:DEVICE_CHARACTERS_MAX]
    before = request.cookies.get(_cookie())
    if before:
        made.ask(lambda db: end_sign_in(db, hash_of(before)))
    kept = hash_of(secret)
    made.ask(
        lambda db: begin_sign_in(db, member_id, secret_hash=kept, device=device, token_generation=token_generation)
    )
    response.set_cookie(
        _cookie(),
        secret,
        max_age=SIGN_IN_DAYS * 24 * 3600,
        httponly=True,
        samesite="Lax",
        secure=made.settings.is_encrypted,
    )


def end(response: Response) -> None:
    """End this browser's sign-in."""
    secret = request.cookies.get(_cookie())
    if secret:
        services().ask(lambda db: end_sign_in(db, hash_of(secret)))
    response.delete_cookie(_cookie(), httponly=True, samesite="Lax", secure=services().settings.is_encrypted)


def _cookie() -> str:
    return f"__Host-{COOKIE}" if services().settings.is_encrypted else COOKIE
