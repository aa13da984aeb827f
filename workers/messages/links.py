"""Where messages point to, and the secrets of links that work without signing in: unsubscribing, a new password."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from domain.channels import DEFAULTS
from domain.ids import MemberId, TrainingSessionId
from domain.notices import NoticeKind
from storage.settings import Settings
from storage.told import ToldNotice
from workers.messages.values import speaks_of_a_pass

_SALT = "seatline.unsubscribe"  # keeps these tokens apart from whatever else the secret key signs
_PASSWORD_PURPOSE = b"seatline.password_link.v1"
_ID_BYTES = 16
PASSWORD_SECRET_CHARACTERS = 64  # 16 bytes of id and 32 of proof, in base64


def session_url(settings: Settings, training_session_id: TrainingSessionId) -> str:
    """Return the page of one session."""
    return f"{settings.api_url}/sessions/{training_session_id}"


def bookings_url(settings: Settings) -> str:
    """Return the page of the member's own bookings."""
    return f"{settings.api_url}/bookings"


def passes_url(settings: Settings) -> str:
    """Return the page of the member's own passes."""
    return f"{settings.api_url}/passes"


def preferences_url(settings: Settings) -> str:
    """Return the page on which a member chooses what to hear and where."""
    return f"{settings.api_url}/preferences"


def page_url(settings: Settings, notice: ToldNotice) -> str:
    """Return the page that shows what the notice speaks of: its session, or the member's passes.

    A guest cannot see any passes, but ask for a link to choose a password by, and then see them.
    """
    if notice.booking is None or speaks_of_a_pass(notice.kind):
        return f"{settings.api_url}/password-reset" if notice.is_guest else passes_url(settings)
    return session_url(settings, notice.booking.session.training_session.id)


def unsubscribe_url(settings: Settings, member_id: MemberId, kind: NoticeKind) -> str:
    """Return the link that ends this kind of e-mail to this member, for whoever holds it; it does not expire."""
    token = _serializer(settings.secret_key).dumps([member_id.hex, str(kind)])
    return f"{settings.api_url}/unsubscribe/{token}"


def read_unsubscribe(settings: Settings, token: str) -> tuple[MemberId, NoticeKind] | None:
    """Return whom and what kind the token speaks of; None when it was not made with this installation's key."""
    try:
        member_id, kind = _serializer(settings.secret_key).loads(token)
        found = MemberId(UUID(member_id)), NoticeKind(kind)
    except (BadData, ValueError):
        return None
    return found if found[1] in DEFAULTS else None


def password_url(settings: Settings, link_id: UUID) -> str:
    """Return the page on which whoever holds this link chooses a password; its last part is the secret."""
    return f"{settings.api_url}/password/{password_secret(settings, link_id)}"


def password_secret(settings: Settings, link_id: UUID) -> str:
    """Return the secret of this link: its id and 256 bits made of it and the secret key, the same each time.

    So it is kept nowhere. Without the key nobody can make one, with another key those made before end.
    """
    return urlsafe_b64encode(link_id.bytes + _password_proof(settings, link_id)).decode()


def read_password_secret(settings: Settings, secret: str) -> UUID | None:
    """Return the link that this is the secret of, None when it was not made with this installation's key.

    Whether the link holds is for the database to say.
    """
    if len(secret) != PASSWORD_SECRET_CHARACTERS or not secret.isascii():
        return None
    try:
        read = urlsafe_b64decode(secret)
    except ValueError:
        return None
    if urlsafe_b64encode(read).decode() != secret:
        return None
    link_id = UUID(bytes=read[:_ID_BYTES])
    return link_id if hmac.compare_digest(read[_ID_BYTES:], _password_proof(settings, link_id)) else None


def host_of(settings: Settings) -> str:
    """Return the host in `api_url`: the right side of ids that this installation gives to messages and bookings."""
    return urlsplit(settings.api_url).hostname or "localhost"


def _password_proof(settings: Settings, link_id: UUID) -> bytes:
    return hmac.digest(settings.secret_key.encode(), _PASSWORD_PURPOSE + link_id.bytes, "sha256")


@lru_cache(maxsize=4)
def _serializer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt=_SALT, signer_kwargs={"digest_method": sha256})
