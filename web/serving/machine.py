"""What this machine is called, and its addresses."""

import ipaddress
import socket
import unicodedata
from urllib.parse import urlsplit

import psutil

from db.settings import Settings

LOOPBACK = ("localhost", "127.0.0.1", "::1")
WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 - to be told from addresses
"""Values of HOST that mean all of the machine's addresses."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def names() -> list[str]:
    """Its names in lower case: `localhost`, its own name, and that with `.local`, as phones find it."""
    own = in_ascii(socket.gethostname()).rstrip(".")
    local = f"{own.partition('.')[0]}.local"
    return list(dict.fromkeys(["localhost", *([own, local] if own else [])]))


def addresses() -> list[Address]:
    """Its addresses, IPv4 first, those that only it can reach last; without IPv6 that needs a zone."""
    found = {
        ipaddress.ip_address(entry.address)
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family in (socket.AF_INET, socket.AF_INET6) and "%" not in entry.address
    }
    usable = {address for address in found if address.version == 4 or not address.is_link_local}
    return sorted(usable | {ipaddress.ip_address("127.0.0.1")}, key=_order)


def hosts(settings: Settings) -> list[str]:
    """All names and addresses under which this machine's owner may reach it, HOST and BASE_URL among them."""
    chosen = [settings.host] if settings.host not in WILDCARDS else []
    if settings.base_url and (host := urlsplit(settings.base_url).hostname):
        chosen.append(host)
    chosen = [in_ascii(host).rstrip(".") for host in chosen]
    return list(dict.fromkeys([*names(), *map(str, addresses()), *LOOPBACK, *chosen]))


def host_of(authority: str) -> str:
    """The host of `host:port` in lower case, without the brackets of an IPv6 address."""
    host = authority.lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


def in_ascii(name: str) -> str:
    """The name in lower case as browsers send it: `bücher.example` is `xn--bcher-kva.example`.

    Python's own codec is of 2003, and would make another name of one with an “ß”.
    """
    labels = unicodedata.normalize("NFKC", name.lower()).split(".")
    return ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels
    )


def address_of(host: str) -> Address | None:
    """`host` as an address; None if it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _order(address: Address) -> tuple[bool, bool, int, int]:
    return address.is_loopback, address.is_link_local, address.version, int(address)
