"""Which addresses and URLs may be called: public ones, and others by setting only."""

import pytest

from tests.messages.telling import some_settings
from workers.providers.targets import is_public, refusal_of, server_of

PUBLIC_ONLY = some_settings()
ANYWHERE = some_settings(private_targets=True)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.0.1",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_these_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "93.184.215.14",
        "172.15.255.255",
        "172.32.0.1",
        "192.0.1.1",
        "::ffff:93.184.215.14",
        "64:ff9b::5db8:d70e",
        "2002:5db8:d70e::1",
        "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    ],
)
def test_these_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com:8443/hooks?of=seatline#top",
        "https://fcm.googleapis.com/fcm/send/abc:def-_",
        "https://93.184.215.14/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
        "https://exämple.com/",
    ],
)
def test_a_public_url_is_not_refused(url: str) -> None:
    assert refusal_of(url, PUBLIC_ONLY) is None
    assert refusal_of(url, ANYWHERE) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://localhost/",
        "https://LocalHost:8443/",
        "https://api.localhost/",
        "https://localhost./",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://127.0.0.1./",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://0/",
        "https://10.0.0.1:8443/hook",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:192.168.0.1]/",
        "https://[fe80::1%25eth0]/",
    ],
)
def test_a_private_url_is_refused_with_the_setting_that_allows_it(url: str) -> None:
    assert "SEATLINE_PRIVATE_TARGETS=1" in (refusal_of(url, PUBLIC_ONLY) or "")
    assert refusal_of(url, ANYWHERE) is None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "not a URL"),
        ("example.com/hook", "not a URL"),
        ("https://", "not a URL"),
        ("https:///path", "not a URL"),
        ("https://example.com:0/", "not a URL"),
        ("https://example.com:70000/", "not a URL"),
        ("https://example.com:https/", "not a URL"),
        ("https://[::1/", "not a URL"),
        ("https://me:word@example.com/", "user or password"),
        ("https://me@example.com/", "user or password"),
        ("https://example.com/a b", "without spaces"),
        ("https://example.com/\r\nHost: eve", "without spaces"),
        ("https://example.com/\x00", "without spaces"),
        ("https://example.com/" + "a" * 2048, "at most 2048 characters"),
        ("ftp://example.com/", "begin with https://"),
        ("file:///etc/passwd", "not a URL"),
    ],
)
def test_a_url_that_makes_no_sense_is_refused_whatever_is_allowed(url: str, why: str) -> None:
    for settings in (PUBLIC_ONLY, ANYWHERE):
        assert why in (refusal_of(url, settings) or "")


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("https://push.example.com/v1/abc", "push.example.com"),
        ("https://Push.Example.com:8443/", "push.example.com:8443"),
        ("https://[::1]:8443/", "::1:8443"),
        ("https://[::1/", "https://[::1/"),
        ("nothing", "nothing"),
        ("", ""),
    ],
)
def test_a_server_is_known_by_host_and_port(url: str, server: str) -> None:
    assert server_of(url) == server
