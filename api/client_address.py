"""Where a request comes from, as limits count it: an address, and of IPv6 the network that one customer is given.

Whoever connects may write anything into `X-Forwarded-For`, so it is believed only of a proxy that the operator named in
`SEATLINE_TRUSTED_PROXIES`. Read from the end: each proxy appends whom it heard the request from, so the first address
that is no trusted proxy's is the last that somebody trustworthy wrote.
"""

from collections.abc import Sequence
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from flask import request
from structlog import get_logger

from api.services import services
from storage.settings import Network

IPV6_PREFIX = 64  # every customer has so much of it, and may take another address for each request

log = get_logger()


def client_address() -> str:
    """Return the address that the present request counts for; "unknown" for one that did not come by IP."""
    proxies, forwarded_for = services().settings.trusted_proxies, request.headers.get("X-Forwarded-For", "")
    if forwarded_for and not proxies:
        _say_that_no_proxy_is_named()
    return counted(request.remote_addr or "", forwarded_for, proxies)


@cache
def _say_that_no_proxy_is_named() -> None:
    """Say it once: anybody may send the header, but where a proxy does, everybody behind it counts as one."""
    log.warning("X-Forwarded-For is believed of nobody; if a proxy sent it, name it in SEATLINE_TRUSTED_PROXIES")


def counted(peer: str, forwarded_for: str, proxies: Sequence[Network]) -> str:
    """Return the address that counts of a request from this peer with this `X-Forwarded-For`."""
    address = _read(peer)
    if address is None:
        return "unknown"
    for hop in reversed(forwarded_for.split(",")):
        if not any(address in network for network in proxies):
            break
        before = _read(hop.strip())
        if before is None:
            # Whatever this is, the proxy itself is the last that is known.
            break
        address = before
    return str(IPv6Network((address, IPV6_PREFIX), strict=False)) if address.version == 6 else str(address)  # noqa: PLR2004


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # A server that listens on IPv6 sees who comes by IPv4 so.
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
