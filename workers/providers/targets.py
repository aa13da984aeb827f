"""Which addresses members and operators may let Seatline call: public ones only, unless a setting allows others.

A URL is looked at twice: when it is registered (`refusal_of`, for a clear answer at once), and at each connection by
the address that is really connected to (`is_public`), since a name may lead anywhere by then.
"""

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from storage.settings import Settings

URL_CHARACTERS_MAX = 2048

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")  # RFC 4291: whatever lies outside is not of the public Internet
_NEVER_PUBLIC = (
    ipaddress.IPv4Network("192.0.0.0/24"),  # RFC 6890; a cloud keeps its metadata at 192.0.0.192
    ipaddress.IPv4Network("192.88.99.0/24"),  # RFC 7526, once the relays between IPv4 and IPv6
    ipaddress.IPv4Network("168.63.129.16/32"),  # looks public; a cloud keeps its machines' agent there
)


def is_public(address: str) -> bool:
    """Whether this IP address is one of the public Internet; an IPv4 address inside an IPv6 one decides for it."""
    return _is_public(ipaddress.ip_address(address))


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if inner := _ipv4_inside(address):
            return _is_public(inner)
        return address in _GLOBAL_UNICAST and address.is_global
    return address.is_global and not address.is_multicast and not any(address in net for net in _NEVER_PUBLIC)


def _ipv4_inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour


def refusal_of(url: str, settings: Settings) -> str | None:
    """Return a sentence that says why this URL cannot be called; None when it can, as far as the URL alone tells.

    Looks nothing up: a host name that leads into the private network is refused when it is called.
    """
    if len(url) > URL_CHARACTERS_MAX or not url.isprintable() or " " in url:
        return f"A URL has at most {URL_CHARACTERS_MAX} characters, without spaces or control characters."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return f"This is not a URL: {error}."
    if not host or port == 0:
        return "This is not a URL: it must be like https://example.com/path."
    if parts.username is not None or parts.password is not None:
        return "The URL has a user or password in it; leave them out."
    if not settings.private_targets:
        return _private_refusal(parts, host)
    return None if parts.scheme in {"http", "https"} else "The URL must begin with https:// or http://."


def _private_refusal(parts: SplitResult, host: str) -> str | None:
    if parts.scheme != "https":
        return "The URL must begin with https://. Plain http:// is allowed with SEATLINE_PRIVATE_TARGETS=1 only."
    address = _literal(host)
    if f".{host.rstrip('.')}".endswith(".localhost") or (address is not None and not _is_public(address)):
        return private(host)
    return None


def private(host: str) -> str:
    """Return the sentence that refuses a host in the private network."""
    return (
        f"{host} lies in the private network, which is not called. Set SEATLINE_PRIVATE_TARGETS=1 to allow it "
        "for all webhooks and push subscriptions."
    )


def _literal(host: str) -> Address | None:
    """Return the IP address a host is written as, in any form that programs accept: 127.1, 0x7f000001, 2130706433."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host.rstrip(".")))
    except (OSError, ValueError):
        return None


def server_of(url: str) -> str:
    """Return the server a URL goes to, as host and, where it is given, port; the URL itself where it has no host."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return url
    return url if not host else f"{host}:{port}" if port else host
