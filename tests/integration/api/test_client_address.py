"""Which address a request counts for: a proxy is believed only if it was named, and IPv6 counts by the network."""

from ipaddress import ip_network

import pytest

from api.client_address import counted
from storage.settings import SettingsError, read_settings
from tests.integration.studio import NOBODYS

PROXIES = tuple(ip_network(text) for text in ("10.0.0.0/8", "127.0.0.1/32", "fd00::/8"))
NEEDED = {
    "SEATLINE_DATABASE_URL": "postgresql://db",
    "SEATLINE_REDIS_URL": "redis://broker",
    "SEATLINE_SECRET_KEY": str(NOBODYS),
}


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.1", "198.51.100.7"),
        ("10.1.2.3", "203.0.113.1", "203.0.113.1"),
        ("10.1.2.3", "192.0.2.66, 203.0.113.1", "203.0.113.1"),
        ("10.1.2.3", "192.0.2.66, 203.0.113.1, 10.9.9.9,127.0.0.1", "203.0.113.1"),
        ("10.1.2.3", "10.9.9.9", "10.9.9.9"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "guess", "10.1.2.3"),
        ("10.1.2.3", "203.0.113.1, <script>", "10.1.2.3"),
        ("10.1.2.3", "203.0.113.1,", "10.1.2.3"),
        ("fd00::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "", "fe80::/64"),
        ("::ffff:198.51.100.7", "", "198.51.100.7"),
        ("::ffff:10.1.2.3", "::ffff:203.0.113.1", "203.0.113.1"),
        ("", "203.0.113.1", "unknown"),
    ],
)
def test_the_address_is_the_last_that_somebody_trustworthy_wrote(peer: str, forwarded_for: str, address: str) -> None:
    assert counted(peer, forwarded_for, PROXIES) == address


def test_nobody_is_believed_unless_they_were_named() -> None:
    trusted = read_settings(NEEDED).trusted_proxies

    assert trusted == ()
    assert counted("127.0.0.1", "203.0.113.1", trusted) == "127.0.0.1"


def test_proxies_are_named_by_networks_and_addresses() -> None:
    named = read_settings({**NEEDED, "SEATLINE_TRUSTED_PROXIES": "10.0.0.0/8 127.0.0.1 fd00::/8"}).trusted_proxies

    assert named == PROXIES


@pytest.mark.parametrize("wrong", ["proxy.example", "10.0.0.1/8", "10.0.0.0/8,127.0.0.1", "*"])
def test_what_names_no_network_is_told_with_what_to_do(wrong: str) -> None:
    with pytest.raises(SettingsError, match="SEATLINE_TRUSTED_PROXIES must be networks like"):
        read_settings({**NEEDED, "SEATLINE_TRUSTED_PROXIES": wrong})
