"""A proxy that serves a workbench under a prefix, as nginx does with a `location`."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.web_server import Server

HOP_BY_HOP = ("connection", "transfer-encoding", "keep-alive")


@contextmanager
def serving_below(prefix: str, server: Server) -> Iterator[str]:
    """The address at which the workbench is found; it has to trust 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def forward(self) -> None:
            if not self.path.startswith(f"{prefix}/"):
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = dict(self.headers) | {"X-Forwarded-Prefix": prefix, "X-Forwarded-For": "10.0.0.9"}
            there = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            there.request(self.command, self.path.removeprefix(prefix), body, headers)
            answer = there.getresponse()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.end_headers()
            while data := answer.read1(1 << 16):
                self.wfile.write(data)
            there.close()

        do_GET = do_POST = do_PUT = do_DELETE = forward

        def log_message(self, *_: object) -> None:
            pass

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.daemon_threads = True
    thread = threading.Thread(target=proxy.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_port}{prefix}"
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
