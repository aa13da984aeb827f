"""The code of a booking, which its member shows at the door: an address that names the booking, signed.

It is no secret: only staff can do anything with it, and everybody else is shown nothing of it. The signature keeps it
from being guessed from an id.
"""

from io import BytesIO
from uuid import UUID

import segno
from itsdangerous import BadSignature, URLSafeSerializer

from domain.ids import BookingId
from storage.settings import Settings

CODE_SALT = "seatline.check_in.v1"
CHARACTERS_MAX = 200


def code_of(settings: Settings, booking_id: BookingId) -> str:
    """Return the code of a booking, which never changes."""
    made = _serializer(settings).dumps(booking_id.hex)
    return made if isinstance(made, str) else made.decode()


def read_code(settings: Settings, code: str) -> BookingId | None:
    """Return the booking that the code names; None for one that was not made here."""
    try:
        return BookingId(UUID(_serializer(settings).loads(code[:CHARACTERS_MAX])))
    except (BadSignature, ValueError, TypeError, AttributeError):
        return None


def picture_of(settings: Settings, booking_id: BookingId) -> bytes:
    """Return the QR code of the address as SVG, black on white in every colour scheme, so that it can be read."""
    picture = BytesIO()
    made = segno.make_qr(f"{settings.api_url}/check-in/{code_of(settings, booking_id)}", error="m")
    made.save(picture, kind="svg", scale=8, border=4, light="#fff", svgns=True, xmldecl=False)
    return picture.getvalue()


def _serializer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(settings.secret_key, salt=CODE_SALT)
