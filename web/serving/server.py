"""The web process: uvicorn, with limits on its connections and a buffer in front of the application."""

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import Sequence

import uvicorn
from flask import Flask

from db.settings import Settings, settings
from web.serving.door import Door, listen, raise_file_limit
from web.serving.front import Front
from web.serving.guard import Guard

BACKLOG = 2048
KEEP_ALIVE_SECONDS, GRACEFUL_SECONDS = 30, 5


class Server(uvicorn.Server):
    """uvicorn's server, which accepts connections through a Door. Made in the running event loop."""

    def __init__(
        self, app: Flask, listening: Sequence[socket.socket], tls: ssl.SSLContext | None = None
    ) -> None:
        self._front = Front(app)
        self._listening, self._tls = listening, tls
        super().__init__(
            uvicorn.Config(
                self._front,
                http=Guard,
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACEFUL_SECONDS,
            )
        )

    async def startup(self, sockets: object = None) -> None:
        loop = asyncio.get_running_loop()
        door = Door(
            self._listening,
            lambda on_lost: Guard(self.config, self.server_state, on_lost, loop),
            self._tls,
            settings().trusted_proxies,
        )
        self.servers = [door]  # type: ignore[list-item]
        self.started = True

    async def shutdown(self, sockets: object = None) -> None:
        self._front.stop()
        await super().shutdown()


def run(app: Flask) -> None:
    """Serve until SIGTERM or SIGINT."""
    os.umask(0o077)
    raise_file_limit()
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # what strangers send is no warning
    asyncio.run(_serve(app))


async def _serve(app: Flask) -> None:
    await Server(app, listen(settings().host, settings().port, BACKLOG), tls_context(settings())).serve()


def tls_context(chosen: Settings) -> ssl.SSLContext | None:
    """The context of the certificate that the settings ask for, None without TLS. Raises BadCertificate."""
    if not chosen.serves_tls:
        return None
    from web.serving.certificates import tls_files  # with cryptography, 8 MB

    files = tls_files(chosen)
    if files is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(*files)
    return context
