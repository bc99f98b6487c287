"""Values that no honest client sends, for every place of a request."""

import re
from collections.abc import Iterator
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

IN_PATHS = (
    "0", "-1", "2147483648", "9" * 30, "9" * 5000, "1.5", "1e3", "NaN", "%D9%A1", "%00", "%ED%A0%80", "%FF",
    "%E2%80%AE", "%0D%0AX:1", "..%2F..%2Fetc%2Fpasswd", "x" * 300, "'", "%F0%9F%98%80",
)  # fmt: skip
IN_TEXTS = (
    "", "0", "-1", "2147483648", "9" * 30, "9" * 5000, "1e999", "NaN", "Infinity", "true", "null", "[]",
    "{}", "\x00", "\u202egnp.exe", "\u2028", "a\r\nb", "'\"><script>", "x" * 5000, "9999-12-31",
    "0000-00-00", "0001-01-01", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00",
    "2026-11-26T00:00:00", "١٢", "😀", "%s%n{0}", "../..", "//evil.example",
    "http://evil.example/?\r\nSet-Cookie: a=b", "?a=b\r\nSet-Cookie:%20c=d",
)  # fmt: skip
IN_JSON: tuple[Any, ...] = (
    None, True, 0, -1, 2**31, 2**63, 10**30, 10**400, 1.5, 1e308, -0.0, "", "\ud800", "\udfff\ud800", {},
    [], [[]], {"a": 1}, {"\ud800": 1}, [None], [10**30], [1e308] * 4, [0, 0, 0, 0], [1, 2, 3], ["\x00"],
    [{}], *IN_TEXTS,
)  # fmt: skip
BODIES = (
    b"", b"{", b"null", b"[]", b'"text"', b"1", b"NaN", b"[" * 100_000, b'{"a":' * 50_000,
    b"[" * 30 + b"]" * 30, b'{"a": 1e999}', b'{"a": -Infinity}', b'{"a": ' + b"9" * 5000 + b"}",
    b'{"\\ud800": "\\udc00"}', b"\xff\xfe{}", b"\xef\xbb\xbf{}", b'{"face_id": 1, "face_id": "x"}', b"\x00",
)  # fmt: skip
QUERIES = (
    "%FF=%FF", "a=%ED%A0%80", "%00", "&&&==&", "id=1&id=x&id=", "a[b]=c", ";", "%", "x" * 4000,
    "%E2%80%AE=1",
)  # fmt: skip
HEADERS = (
    {"Accept-Language": "*;q=NaN, \xff, de;q=9e999"},
    {"Accept": "\xff/\x80;q=x"},
    {"Authorization": "Bearer \xff\xfe"},
    {"Authorization": "Bearer " + "x" * 5000},
    {"Authorization": "Basic \xff"},
    {"Cookie": "session=\xff; =; session=.eJw; a"},
    {"Cookie": "session=" + "x" * 4000},
    {"If-None-Match": '"', "If-Modified-Since": "Thu, 99 Foo 99999 99:99:99", "If-Match": "\xff"},
    {"Range": "bytes=9-1,-,a-b"},
    {"Range": "bytes=" + "0-1," * 500},
    {"Range": f"bytes={'9' * 30}-"},
    {"Content-Length": "x"},
    {"Content-Type": "application/json; charset=\xff"},
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "multipart/form-data; boundary="},
    {"X-CSRFToken": "\xff\x00", "Referer": "\xff", "Origin": "null"},
    {"Last-Event-ID": "\xff" * 100},
)

PART = b"--b\r\nContent-Disposition: form-data"
MULTIPART = {
    "no boundary in the body": b"nothing",
    "never ends": PART + b'; name="file"; filename="a"\r\n\r\nabc',
    "no file name": PART + b'; name="file"\r\n\r\nabc\r\n--b--\r\n',
    "no name": PART + b"\r\n\r\nabc\r\n--b--\r\n",
    "no header": b"--b\r\n\r\nabc\r\n--b--\r\n",
    "odd file name": PART + b'; name="file"; filename="\xff\x00../a"\r\n\r\nabc\r\n--b--\r\n',
    "odd charset": PART
    + b'; name="person"\r\nContent-Type: text/plain; charset=rot13\r\n\r\nabc\r\n--b--\r\n',
    "10,000 fields": (PART + b'; name="a"\r\n\r\n1\r\n') * 10_000 + b"--b--\r\n",
}

NAMES = re.compile(r"<(?:[^:<>]+:)?(\w+)>")


def calls(app: Flask, leave_out: tuple[str, ...] = ()) -> Iterator[tuple[Rule, str]]:
    """Every route with each of its methods."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in leave_out:
            yield from ((rule, method) for method in sorted(rule.methods - {"HEAD", "OPTIONS"}))


def address(rule: Rule, ids: dict[str, Any], **odd: str) -> str:
    """The route's path with the `ids` (1 where it is not among them), and odd values instead of some."""
    return NAMES.sub(lambda found: odd.get(found[1], str(ids.get(found[1], 1))), rule.rule)
