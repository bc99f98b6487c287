"""One POST to one receiver: no proxy, no redirect, a bounded time and a bounded answer.

The connection goes to an IP address that was checked; name and certificate are still those of the host.
"""

import functools
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore
import httpx

from db.base import now
from db.texts import UNSEEN
from db.webhooks.addresses import Ip, Target, Unreachable

CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 15.0
MOST_REPLY_BYTES = 2000
PROBLEMS = ("unknown_host", "private_address", "unreachable", "certificate", "timeout", "broken")
"""Why there is no answer."""


@dataclass(frozen=True)
class Answer:
    """What a receiver answered. `retry_after`: seconds that it asks us to wait, or None."""

    code: int
    reply: str
    retry_after: float | None


class _Timed(httpcore.NetworkStream):
    """A stream that ends at a set time: a receiver that sends a byte now and then gains nothing."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream, self._until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, self._left()), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left


class _Pinned(httpcore.NetworkBackend):
    """Connects to the given IP addresses, the first that answers, whatever the host's name means by now."""

    def __init__(self, addresses: Sequence[Ip], until: float) -> None:
        self._addresses, self._until = addresses, until

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.NetworkStream:
        problem: Exception = httpcore.ConnectTimeout()
        for ip in self._addresses:
            left = min(CONNECT_SECONDS, self._until - time.monotonic())
            if left <= 0:
                break
            try:
                return _Timed(httpcore.SyncBackend().connect_tcp(str(ip), port, timeout=left), self._until)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem


def post(target: Target, addresses: Sequence[Ip], headers: Mapping[str, str], body: bytes) -> Answer:
    """Send the body. Raises Unreachable."""
    until = time.monotonic() + TOTAL_SECONDS
    url = httpcore.URL(
        scheme=target.scheme, host=target.host, port=target.port, target=target.path.encode("ascii")
    )
    sent = {"host": target.host_header, "accept-encoding": "identity", "connection": "close", **headers}
    fields = [(name.encode("ascii"), value.encode("ascii")) for name, value in sent.items()]
    try:
        with (
            httpcore.ConnectionPool(_trusted(), network_backend=_Pinned(addresses, until)) as pool,
            pool.stream("POST", url, headers=fields, content=body) as response,
        ):
            return Answer(response.status, _reply(response), _retry_after(response))
    except httpcore.TimeoutException as error:
        raise Unreachable("timeout") from error
    except httpcore.ConnectError as error:
        raise Unreachable("certificate" if _is_about_tls(error) else "unreachable") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise Unreachable("broken") from error


@functools.cache
def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _reply(response: httpcore.Response) -> str:
    """The beginning of the answer as text. It was an answer also if it breaks off."""
    found = b""
    try:
        for piece in response.iter_stream():
            found += piece
            if len(found) >= MOST_REPLY_BYTES:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        pass
    return UNSEEN.sub("", found[:MOST_REPLY_BYTES].decode("utf-8", "replace"))


def _retry_after(response: httpcore.Response) -> float | None:
    """Seconds of `Retry-After`, which is a number or a date; None for anything else."""
    fields = {name.lower(): value for name, value in response.headers}
    text = fields.get(b"retry-after", b"").decode("ascii", "replace").strip()
    if text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - now()).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None


def _is_about_tls(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
