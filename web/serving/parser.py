"""httptools' parser, which reads on where a client offers to go on in another protocol.

By itself it stops after the head of such a request and drops the body. Java's HTTP client makes the offer
(`Upgrade: h2c`) with the first request of every connection; a server that declines answers as ever.
"""

from typing import Any

import httptools


class Parser:
    """A parser that calls `protocol`; `head` of it is a request as it is to be read instead."""

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self._renew()

    def _renew(self) -> None:
        self._parser = httptools.HttpRequestParser(self._protocol)
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does

    def declines(self) -> bool:
        """Whether the request offers another protocol, and will be read again without the offer."""
        return self._parser.should_upgrade() and self._parser.get_method() != b"CONNECT"

    def feed_data(self, data: bytes) -> None:
        while True:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                if not self.declines():
                    raise
                data = self._head() + data[offer.args[0] :]
                self._renew()
            else:
                return

    def _head(self) -> bytes:
        start = self._parser.get_method() + b" " + self._protocol.url
        headers = [line for line in self._protocol.headers if line[0].lower() != b"upgrade"]
        lines = [b"%b HTTP/%b" % (start, self._parser.get_http_version().encode())]
        lines += [name + b": " + value for name, value in headers]
        return b"\r\n".join([*lines, b"", b""])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parser, name)
