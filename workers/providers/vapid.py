"""The key pair by which push servers know this installation (VAPID, RFC 8292). Imports nothing that sends."""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from storage.settings import Settings, SettingsError
from workers.providers import base64url

_RAW_BYTES = 32


def new_vapid_private_key() -> str:
    """Return a fresh private key as SEATLINE_VAPID_PRIVATE_KEY takes it: 32 bytes in base64url without padding."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64url.encode(number.to_bytes(_RAW_BYTES))


def vapid_private_key(settings: Settings) -> ec.EllipticCurvePrivateKey:
    """Return the private key of the settings, given raw in base64url or as PEM; raises `SettingsError`."""
    text = settings.vapid_private_key.strip()
    if not text:
        raise SettingsError(
            "SEATLINE_VAPID_PRIVATE_KEY is not set. Set it to a P-256 private key, 32 bytes in base64url or PEM, "
            "and keep it: devices that subscribed are bound to it."
        )
    try:
        return _from_pem(text) if text.startswith("-----") else _from_raw(text)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        raise SettingsError(
            "SEATLINE_VAPID_PRIVATE_KEY is not a P-256 private key: it must be 32 bytes in base64url, or PEM."
        ) from None


def application_server_key(settings: Settings) -> str:
    """Return the public key as browsers take it for `applicationServerKey`: the uncompressed point in base64url.

    Raises `SettingsError` where the private key is missing or makes no sense.
    """
    public = vapid_private_key(settings).public_key()
    return base64url.encode(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _from_raw(text: str) -> ec.EllipticCurvePrivateKey:
    raw = base64url.decode(text)
    if len(raw) != _RAW_BYTES:
        raise ValueError(f"{len(raw)} bytes")
    return ec.derive_private_key(int.from_bytes(raw), ec.SECP256R1())


def _from_pem(text: str) -> ec.EllipticCurvePrivateKey:
    # A variable of one line writes the line ends as \n.
    key = load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise ValueError("another kind of key")
