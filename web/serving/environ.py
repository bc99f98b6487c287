"""The WSGI environment of a request whose body has arrived."""

import sys
from typing import Any, BinaryIO

from web.serving.proxies import FORWARDED, Origin
from web.serving.types import Scope

Environ = dict[str, Any]
HOP_BY_HOP = (
    "transfer-encoding",
    "expect",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "proxy-connection",
)


def headers_of(scope: Scope) -> dict[str, str]:
    """The request's headers; those that came more than once are joined.

    Names with an underscore are left out: in WSGI they could not be told from those with a hyphen.
    """
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if "_" in name:
            continue
        separator = "; " if name == "cookie" else ","
        headers[name] = f"{headers[name]}{separator}{value}" if name in headers else value
    return headers


def make_environ(scope: Scope, headers: dict[str, str], origin: Origin, request_id: str) -> Environ:
    """All but the body, which `add_body` adds."""
    host, port = scope["server"] or ("localhost", 80)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": origin.prefix,
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "RAW_URI": scope["raw_path"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": origin.address,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": origin.scheme or scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name, value in headers.items():
        if name not in FORWARDED and name not in HOP_BY_HOP:
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ["HTTP_X_REQUEST_ID"] = request_id
    if origin.host is not None:
        environ["HTTP_HOST"] = origin.host
    return environ


def add_body(environ: Environ, body: BinaryIO, size: int) -> None:
    environ["wsgi.input"] = body
    environ["CONTENT_LENGTH"] = str(size) if size else environ.get("CONTENT_LENGTH", "")
