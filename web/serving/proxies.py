"""Whom a request came from: what a proxy forwards is believed only from TRUSTED_PROXIES."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
FORWARDED = (
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-prefix",
    "x-forwarded-port",
    "forwarded",
)
"""Headers that the application never sees: what they say is in the WSGI environment, or was not believed."""
HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")
PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
WITH_PORT = re.compile(r"\[(?P<six>[^\]]*)\](?::\d+)?|(?P<four>[^:]*):\d+")
MAX_HOPS = 20


@dataclass(frozen=True)
class Origin:
    """Where a request came from, as far as it can be believed; None is what no proxy said."""

    address: str
    scheme: str | None = None
    host: str | None = None
    prefix: str = ""


def origin(peer: str, headers: Mapping[str, str], trusted: Sequence[Network]) -> Origin:
    """The origin of a request that `peer` sent with `headers` (names in lower case, values joined by commas).

    The client is the last address of X-Forwarded-For that is not a trusted proxy; what stands before it
    anybody could have written. An entry that is no address ends the search at the proxy that sent it.
    """
    nearest = parse_address(peer)
    if nearest is None or not is_trusted(nearest, trusted):
        return Origin(str(nearest or peer))
    scheme, host = (_last(headers, f"x-forwarded-{name}") for name in ("proto", "host"))
    prefix = _last(headers, "x-forwarded-prefix").rstrip("/")
    return Origin(
        str(_client(nearest, headers.get("x-forwarded-for", ""), trusted)),
        scheme.lower() if scheme.lower() in ("http", "https") else None,
        host if HOST.fullmatch(host) else None,
        prefix if PREFIX.fullmatch(prefix) and "/.." not in prefix else "",
    )


def _client(nearest: Address, forwarded: str, trusted: Sequence[Network]) -> Address:
    client = nearest
    for text in reversed(forwarded.split(",")[-MAX_HOPS:]):
        address = parse_address(text.strip())
        if address is None:
            break
        client = address
        if not is_trusted(address, trusted):
            break
    return client


def parse_address(text: str) -> Address | None:
    """The address in `text`, which may have a port, brackets or a zone; None if there is none."""
    if match := WITH_PORT.fullmatch(text):
        text = match["six"] if match["six"] is not None else match["four"]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def client_network(text: str) -> str:
    """What one client is counted by: its address, or the 64 bits of IPv6 that are one household's."""
    address = parse_address(text)
    if address is None:
        return text
    return str(address if address.version == 4 else ip_network((address, 64), strict=False))


def is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)


def _last(headers: Mapping[str, str], name: str) -> str:
    """What the nearest proxy said: the last value of the list."""
    return headers.get(name, "").rpartition(",")[2].strip()
