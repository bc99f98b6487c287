"""Where the workbench listens: whether it can, and the links that lead there."""

import errno
import socket

from db.settings import Settings
from web.serving import machine

PRIVILEGED = 1024
"""Ports below it are the system's on most machines."""


class CannotListen(Exception):
    """HOST or PORT cannot be used; the text says why, and what can."""


def links(settings: Settings) -> list[str]:
    """The links of the workbench itself; the first one for this machine, the others for its network."""
    host = settings.host
    if host not in machine.WILDCARDS:
        return [link(settings, host)]
    reachable = [
        str(address)
        for address in machine.addresses()
        if not (address.is_loopback or address.is_link_local) and (address.version == 4 or host == "::")
    ]
    names = [name for name in machine.names() if name.endswith(".local")] if reachable else []
    return [link(settings, name) for name in ("localhost", *reachable, *names)]


def link(settings: Settings, host: str) -> str:
    address = machine.address_of(host)
    name = f"[{host}]" if address is not None and address.version == 6 else host
    return f"{'https' if settings.serves_tls else 'http'}://{name}:{settings.port}"


def own_link(settings: Settings) -> str:
    """The link for a program on this machine, by number: names may lead to another address first."""
    if settings.host in machine.WILDCARDS:
        return link(settings, "127.0.0.1" if settings.host != "::" or not socket.has_ipv6 else "::1")
    return link(settings, settings.host)


def is_for_this_machine_alone(settings: Settings) -> bool:
    address = machine.address_of(settings.host)
    return settings.host == "localhost" or (address is not None and address.is_loopback)


def require_listenable(settings: Settings) -> None:
    """Raises CannotListen."""
    host, port = settings.host, settings.port
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        text = f"HOST={host} is neither an address nor a name that this machine can look up."
        raise CannotListen(f"{text} {_ways()}") from error
    for family, kind, protocol, _, address in set(found):
        try:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
                probe.bind(address)
        except OSError as error:
            raise CannotListen(_reason(host, port, error)) from error


def _reason(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken. Choose another: PORT={port + 1 if port < 65535 else 8000}"
    if error.errno in (errno.EACCES, errno.EPERM) and port < PRIVILEGED:
        text = f"Ports below {PRIVILEGED} are for the system, so that PORT={port} is not allowed here."
        return f"{text} Choose another, such as PORT=8000, or let a proxy listen there."
    if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return f"HOST={host} is no address of this machine. {_ways()}"
    return f"HOST={host} PORT={port} cannot be used: {error.strerror}."


def _ways() -> str:
    own = ", ".join(str(address) for address in machine.addresses())
    return f"Use one of {own}, or HOST=0.0.0.0 for all of them."
