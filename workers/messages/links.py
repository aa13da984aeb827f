"""Where messages point to, and the token of a link that unsubscribes without signing in."""

from functools import lru_cache
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from domain.ids import MemberId, TrainingSessionId
from domain.notices import NoticeKind
from storage.settings import Settings
from storage.told import ToldNotice
from workers.messages.values import speaks_of_a_pass

_SALT = "seatline.unsubscribe"  # keeps these tokens apart from whatever else the secret key signs


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
    """Return the page that shows what the notice speaks of: its session, or the member's passes."""
    if notice.booking is None or speaks_of_a_pass(notice.kind):
        return passes_url(settings)
    return session_url(settings, notice.booking.session.training_session.id)


def unsubscribe_url(settings: Settings, member_id: MemberId, kind: NoticeKind) -> str:
    """Return the link that ends this kind of e-mail to this member, for whoever holds it; it does not expire."""
    token = _serializer(settings.secret_key).dumps([member_id.hex, str(kind)])
    return f"{settings.api_url}/unsubscribe/{token}"


def read_unsubscribe(settings: Settings, token: str) -> tuple[MemberId, NoticeKind] | None:
    """Return whom and what kind the token speaks of; None when it was not made with this installation's key."""
    try:
        member_id, kind = _serializer(settings.secret_key).loads(token)
        return MemberId(UUID(member_id)), NoticeKind(kind)
    except (BadData, ValueError):
        return None


def host_of(settings: Settings) -> str:
    """Return the host in `api_url`: the right side of ids that this installation gives to messages and bookings."""
    return urlsplit(settings.api_url).hostname or "localhost"


@lru_cache(maxsize=4)
def _serializer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt=_SALT, signer_kwargs={"digest_method": sha256})
