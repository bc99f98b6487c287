"""Where webhooks may go: nowhere but to public addresses, whatever a name resolves to, without leave."""

import socket
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from db.errors import BadInput
from db.settings import settings
from db.webhooks import addresses

PRIVATE = (
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.9.9",
    "192.168.1.1", "169.254.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.1",
    "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.7", "203.0.113.7", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "fe80::1",
    "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::",
    "2001:0:7f00:1::", "2001:db8::1", "100::1", "3fff::1", "5f00::1",
)  # fmt: skip
PUBLIC = ("1.1.1.1", "8.8.8.8", "93.184.215.14", "172.32.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8")
NOT_AN_ADDRESS = (
    "", "example.org", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org", "https://", "http:///x",
    "https://user:pass@example.org/", "https://user@example.org/", "https://example.org/#part",
    "https://example.org:22/", "https://example.org:25/", "https://example.org:0/", "https://example.org:99999/",
    "https://example.org:x/", "https://exa mple.org/", "https://example.org/a b", "https://example.org\n/",
    "https://example.org\\@127.0.0.1/", "https://bücher.example/", "https://[::1", "https://-a.example/",
    "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://127.1/", "http://0177.0.0.1/",
    "http://127.0.0.01/", "http://1.2.3.4.5/", "http://10.0.1/", "http://example.org.0x7f/", "http://%31%32/",
    f"https://example.org/{'a' * 1000}",
)  # fmt: skip


def resolves_to(monkeypatch: pytest.MonkeyPatch, *ips: str) -> None:
    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ips]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize("ip", PRIVATE)
def test_private_addresses_are_refused_and_nothing_resolves_to_them(
    data: Path, monkeypatch: pytest.MonkeyPatch, ip: str
) -> None:
    assert not addresses.is_allowed(ip_address(ip))
    host = f"[{ip}]" if ":" in ip else ip
    with pytest.raises(BadInput) as refused:
        addresses.parse(f"http://{host}:8000/hook")
    assert refused.value.code == "private_address"
    for found in ((ip,), ("8.8.8.8", ip)):
        resolves_to(monkeypatch, *found)
        with pytest.raises(addresses.Unreachable, match="private_address"):
            addresses.resolve(addresses.parse("https://hooks.example/"))


@pytest.mark.parametrize("ip", PUBLIC)
def test_public_addresses_are_allowed(data: Path, ip: str) -> None:
    assert addresses.is_allowed(ip_address(ip))


@pytest.mark.parametrize("url", NOT_AN_ADDRESS)
def test_anything_odd_is_no_address(data: Path, url: str) -> None:
    with pytest.raises(BadInput) as refused:
        addresses.parse(url)
    assert refused.value.code == "bad_address"


@pytest.mark.parametrize(
    ("url", "parts", "host_header"),
    [
        ("https://Hooks.Example/a?b=c", ("https", "hooks.example", 443, "/a?b=c"), "hooks.example"),
        ("http://hooks.example.", ("http", "hooks.example", 80, "/"), "hooks.example"),
        ("http://hooks.example:8443/x", ("http", "hooks.example", 8443, "/x"), "hooks.example:8443"),
        ("https://[2606:4700::1]:8443", ("https", "2606:4700::1", 8443, "/"), "[2606:4700::1]:8443"),
    ],
)
def test_an_address_is_taken_apart_once(
    data: Path, url: str, parts: tuple[Any, ...], host_header: str
) -> None:
    target = addresses.parse(url)
    assert (target.scheme, target.host, target.port, target.path) == parts
    assert target.host_header == host_header


def test_a_network_is_allowed_by_the_setting_but_never_where_clouds_hand_out_keys(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_NETWORKS", "10.1.0.0/16, fc00::/7, 169.254.0.0/16")
    settings.cache_clear()
    for ip in ("10.1.2.3", "::ffff:10.1.2.3", "fd12::1", "169.254.1.1"):
        assert addresses.is_allowed(ip_address(ip)), ip
    for ip in ("10.2.0.1", "127.0.0.1", "169.254.169.254", "fd00:ec2::254"):
        assert not addresses.is_allowed(ip_address(ip)), ip
    assert addresses.parse("http://10.1.2.3:8080/").host == "10.1.2.3"


def test_a_name_that_means_nothing_is_said_to(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(addresses.Unreachable, match="unknown_host"):
        addresses.resolve(addresses.parse("https://hooks.example/"))
