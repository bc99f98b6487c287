"""Accepting connections: how many there may be, of one address and of all, and the TLS handshake in time."""

import asyncio
import resource
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Sequence

from web.serving import proxies
from web.serving.guard import Guard
from web.serving.refusals import PLAIN_HTTP, TOO_MANY, as_bytes

EACH, ALL = 400, 4000
"""Connections of one address (of one IPv6 network of 64 bits), unless it is a trusted proxy, and of all."""
SPARE_FILES = 300
"""File descriptors that are kept for what is not a connection."""
HANDSHAKE_SECONDS = 10.0
TLS_RECORD = 0x16
"""The first byte of a TLS handshake."""


def listen(host: str, port: int, backlog: int) -> list[socket.socket]:
    """Sockets for every address of `host`. Raises OSError."""
    sockets = []
    for family, kind, protocol, _, address in set(
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    ):
        one = socket.socket(family, kind, protocol)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
        one.bind(address)
        one.listen(backlog)
        one.setblocking(False)
        sockets.append(one)
    return sockets


def raise_file_limit() -> None:
    """Let this process have as many files as it may."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if most == resource.RLIM_INFINITY else min(most, 65_536)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


class Door:
    """Listening sockets. uvicorn treats it like an asyncio server."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        make_guard: Callable[[Callable[[Guard], None]], Guard],
        tls: ssl.SSLContext | None,
        trusted: Sequence[proxies.Network],
    ) -> None:
        self._sockets, self._make_guard, self._tls, self._trusted = sockets, make_guard, tls, trusted
        self._loop = asyncio.get_running_loop()
        self._most = min(ALL, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE_FILES)
        self._count: Counter[str] = Counter()
        self._guards: set[Guard] = set()
        self._greeting: set[asyncio.Task[None]] = set()
        for one in sockets:
            self._loop.add_reader(one, self._accept, one)
        self._checking = self._loop.create_task(self._keep_checking())

    def close(self) -> None:
        for one in self._sockets:
            self._loop.remove_reader(one)
            one.close()
        for task in self._greeting:
            task.cancel()
        self._sockets = ()

    async def wait_closed(self) -> None:
        self._checking.cancel()

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(100):
            try:
                connection, address = listening.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:  # no file descriptors are left: others will be closed
                self._loop.remove_reader(listening)
                self._loop.call_later(0.5, self._accept_again, listening)
                return
            connection.setblocking(False)
            self._admit(connection, self._key(address[0]))

    def _accept_again(self, listening: socket.socket) -> None:
        if listening in self._sockets:
            self._loop.add_reader(listening, self._accept, listening)

    def _key(self, peer: str) -> str:
        """What connections are counted by; empty for a trusted proxy, which speaks for many."""
        address = proxies.parse_address(peer)
        if address is None or proxies.is_trusted(address, self._trusted):
            return ""
        return proxies.client_network(peer)

    def _admit(self, connection: socket.socket, key: str) -> None:
        if self._count.total() >= self._most or (key and self._count[key] >= EACH):
            if self._tls is None:
                _send_and_close(connection, as_bytes(TOO_MANY))
            connection.close()
            return
        self._count[key] += 1
        task = self._loop.create_task(self._greet(connection, key))
        self._greeting.add(task)
        task.add_done_callback(self._greeting.discard)

    async def _greet(self, connection: socket.socket, key: str) -> None:
        """Make it a connection of HTTP, after the handshake if there is TLS."""
        guard = self._make_guard(lambda lost: self._forget(lost, key))
        try:
            if self._tls is not None and not await self._speaks_tls(connection):
                raise ConnectionError
            await self._loop.connect_accepted_socket(
                lambda: guard,
                connection,
                ssl=self._tls,
                ssl_handshake_timeout=HANDSHAKE_SECONDS if self._tls else None,
                ssl_shutdown_timeout=HANDSHAKE_SECONDS if self._tls else None,
            )
            self._guards.add(guard)
        except (OSError, ssl.SSLError, TimeoutError, asyncio.CancelledError):
            connection.close()
            self._leave(key)

    async def _speaks_tls(self, connection: socket.socket) -> bool:
        """Look at the first byte. Who speaks plain HTTP is told so."""
        readable = self._loop.create_future()
        self._loop.add_reader(connection, _wake, readable)
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await readable
        finally:
            self._loop.remove_reader(connection)
        first = connection.recv(1, socket.MSG_PEEK)
        if first and first[0] != TLS_RECORD:
            connection.recv(65_536)
            _send_and_close(connection, as_bytes(PLAIN_HTTP))
        return bool(first) and first[0] == TLS_RECORD

    def _forget(self, guard: Guard, key: str) -> None:
        self._guards.discard(guard)
        self._leave(key)

    def _leave(self, key: str) -> None:
        self._count[key] -= 1
        if not self._count[key]:
            del self._count[key]

    async def _keep_checking(self) -> None:
        while True:
            await asyncio.sleep(1)
            now = time.monotonic()
            for guard in list(self._guards):
                guard.check(now)


def _wake(readable: "asyncio.Future[None]") -> None:
    if not readable.done():
        readable.set_result(None)


def _send_and_close(connection: socket.socket, answer: bytes) -> None:
    try:
        connection.send(answer)
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        return
