"""Forwarded headers are believed only from trusted proxies, and only as far as those wrote them."""

from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from db.settings import Settings
from web.serving.proxies import Origin, origin

TRUSTED = tuple(ip_network(text) for text in ("10.0.0.0/8", "fd00::/8", "127.0.0.1"))


def client(peer: str, forwarded: str) -> str:
    return origin(peer, {"x-forwarded-for": forwarded}, TRUSTED).address


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # a stranger's word
        ("10.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),  # the first was written by the client
        ("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),  # through two proxies
        ("10.0.0.1", "10.9.9.9, 10.0.0.2", "10.9.9.9"),  # a client inside the trusted network
        ("10.0.0.1", "1.1.1.1, rubbish", "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1, rubbish, 10.0.0.3", "10.0.0.3"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", ", ,", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::5]:443", "2001:db8::5"),
        ("10.0.0.1", "2001:db8::5", "2001:db8::5"),
        ("fd00::1", "2001:db8::5%eth0", "2001:db8::5"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.7", "1.1.1.1", "203.0.113.7"),
        ("10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", ",".join(["8.8.8.8"] * 500 + ["10.0.0.4"] * 500), "10.0.0.4"),
        ("unix", "203.0.113.9", "unix"),
    ],
)
def test_the_client_is_the_last_that_no_trusted_proxy_is(peer: str, forwarded: str, expected: str) -> None:
    assert client(peer, forwarded) == expected


def test_scheme_host_and_prefix_are_the_nearest_proxys() -> None:
    headers = {
        "x-forwarded-for": "203.0.113.9",
        "x-forwarded-proto": "http, HTTPS",
        "x-forwarded-host": "evil, faces.example:8443",
        "x-forwarded-prefix": "/faces/",
    }
    assert origin("10.0.0.1", headers, TRUSTED) == Origin(
        "203.0.113.9", "https", "faces.example:8443", "/faces"
    )
    assert origin("10.0.0.1", headers, ()) == Origin("10.0.0.1")


@pytest.mark.parametrize("prefix", ["//evil.example", "/a/../b", "/a b", "evil", "/a\\b", "/"])
def test_a_prefix_that_is_no_path_is_left_out(prefix: str) -> None:
    assert origin("10.0.0.1", {"x-forwarded-prefix": prefix}, TRUSTED).prefix == ""


@pytest.mark.parametrize("host", ["a b", "a/b", "a@b", "<script>", "a:99999999", "[::1"])
def test_a_host_that_is_none_is_left_out(host: str) -> None:
    assert origin("10.0.0.1", {"x-forwarded-host": host}, TRUSTED).host is None
    assert origin("10.0.0.1", {"x-forwarded-proto": host}, TRUSTED).scheme is None


def test_networks_are_read_from_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/8, ::1,")
    assert [str(network) for network in Settings().trusted_proxies] == ["10.0.0.0/8", "::1/128"]
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.1/8")
    with pytest.raises(ValidationError, match="TRUSTED_PROXIES"):
        Settings()
