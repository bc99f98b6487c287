"""Where webhooks may go: what an address may look like, and which machines may be behind it.

The machine that sends them stands inside a network that strangers cannot reach. So an address is checked
after its name is resolved, and the connection goes to the very IP address that was checked: a name that
resolves to another one a moment later gains nothing.
"""

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from db.errors import BadInput
from db.settings import settings

Ip = IPv4Address | IPv6Address
LONGEST_URL = 1000
PORTS = {"http": 80, "https": 443}
FIRST_FREE_PORT = 1024
"""Below it only those of http and https: mail and other services are none of a webhook's business."""
PRINTABLE = re.compile(r"[!-~]+")
NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
PUBLIC_IPV6 = IPv6Network("2000::/3")
NOT_PUBLIC = tuple(map(ip_network, ("2002::/16", "2001::/32", "192.88.99.0/24", "3fff::/20")))
"""6to4 and Teredo, of which a router unwraps an IPv4 address that we did not check; a range for examples that
Python does not know yet."""
METADATA = frozenset(
    map(ip_address, ("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "fd00:ec2::254"))
)
"""Where clouds hand out keys to whoever asks: never allowed, not even by WEBHOOK_NETWORKS."""


class Unreachable(Exception):
    """Nothing may be sent there, or the name means nothing; `problem` as in `db.webhooks.connection`."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True)
class Target:
    """An address taken apart once: what is checked is what is used."""

    scheme: str
    host: str
    port: int
    path: str
    """With the query."""

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def parse(url: str) -> Target:
    """The parts of an address of an owner. Raises BadInput for one to which nothing will be sent."""
    if len(url) > LONGEST_URL or not PRINTABLE.fullmatch(url) or "\\" in url:
        raise _bad(f"An address has up to {LONGEST_URL} characters, without spaces and in ASCII.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise _bad("Write it as https://example.org/hook.") from error
    if parts.scheme not in PORTS or parts.username is not None or parts.fragment:
        raise _bad("It begins with https:// or http://, and has no user name and no #.")
    port = PORTS[parts.scheme] if port is None else port
    if port not in PORTS.values() and port < FIRST_FREE_PORT:
        raise _bad(f"The port is 80, 443, or {FIRST_FREE_PORT} and above.")
    _require_host(host)
    query = f"?{parts.query}" if parts.query else ""
    return Target(parts.scheme, host, port, (parts.path or "/") + query)


def _require_host(host: str) -> None:
    """Raises BadInput for no host, for numbers that some read as an IP address, and for a private one."""
    literal = _literal(host)
    if literal is None and (not NAME.fullmatch(host) or NUMBER.fullmatch(host.rpartition(".")[2])):
        raise _bad("Write the name of the machine, or its IP address in the usual way.")
    if literal is not None and not is_allowed(literal):
        hint = "Who runs this workbench can allow networks by the setting WEBHOOK_NETWORKS."
        raise BadInput("private_address", "Webhooks do not go to private addresses.", hint)


def _bad(hint: str) -> BadInput:
    return BadInput("bad_address", "This is no address for a webhook.", hint)


def _literal(host: str) -> Ip | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def resolve(target: Target) -> list[Ip]:
    """The IP addresses of the host, all of which may be connected to. Raises Unreachable."""
    try:
        answers = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable("unknown_host") from error
    found = list(dict.fromkeys(ip_address(str(answer[4][0])) for answer in answers))
    if not found or not all(map(is_allowed, found)):
        raise Unreachable("private_address" if found else "unknown_host")
    return found


def is_allowed(ip: Ip) -> bool:
    """Whether a webhook may go there: to public addresses, and to networks of WEBHOOK_NETWORKS."""
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if ip in METADATA:
        return False
    return _is_public(ip) or any(ip in network for network in settings().webhook_networks)


def _is_public(ip: Ip) -> bool:
    if (ip.version == 6 and ip not in PUBLIC_IPV6) or any(ip in network for network in NOT_PUBLIC):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback)
