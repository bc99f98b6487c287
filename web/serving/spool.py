"""Bytes that wait for a slow peer: some in memory, the rest in files without a name, all of them bounded."""

import asyncio
import io
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, cast

from db import disk
from db.errors import NoSpace
from web.serving.proxies import client_network
from web.serving.refusals import NO_ROOM, NO_SPACE, TurnedAway

IN_MEMORY, IN_MEMORY_WHEN_CROWDED = 1 << 20, 64 << 10
"""Bytes of one body that are kept in memory; fewer once all together have CROWDED bytes there."""
CROWDED = 24 << 20
ON_DISK, ON_DISK_EACH = 2 << 30, 512 << 20
"""Bytes on disk of all spools together, and of those of one address (of one IPv6 network of 64 bits)."""


class Store:
    """Where spools are kept, and how many bytes they have together."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self.threads = ThreadPoolExecutor(2, thread_name_prefix="spool")
        self.in_memory = 0
        self.on_disk: Counter[str] = Counter()

    def new_file(self) -> BinaryIO:
        """A file that vanishes with its last handle, also when the process is killed."""
        return cast(BinaryIO, tempfile.TemporaryFile(dir=self._folder))

    def memory_limit(self) -> int:
        return IN_MEMORY_WHEN_CROWDED if self.in_memory > CROWDED else IN_MEMORY

    def charge(self, address: str, count: int) -> None:
        """Count bytes that go to disk. Raises TurnedAway if there are too many."""
        if self.on_disk.total() + count > ON_DISK or self.on_disk[address] + count > ON_DISK_EACH:
            raise TurnedAway(NO_ROOM)
        self.on_disk[address] += count

    def release(self, address: str, count: int) -> None:
        self.on_disk[address] -= count
        if not self.on_disk[address]:
            del self.on_disk[address]


class Spool:
    """The body of one request while it arrives."""

    def __init__(self, store: Store, address: str) -> None:
        self._store, self._address = store, client_network(address)
        self._pending = bytearray()
        self._file: BinaryIO | None = None
        self._on_disk = 0

    @property
    def size(self) -> int:
        return self._on_disk + len(self._pending)

    async def write(self, chunk: bytes) -> None:
        """Keep a chunk. Raises TurnedAway if there is no room for it."""
        self._pending += chunk
        self._store.in_memory += len(chunk)
        if len(self._pending) > self._store.memory_limit():
            await self._write_to_disk()

    async def _write_to_disk(self) -> None:
        pending = bytes(self._pending)
        self._store.charge(self._address, len(pending))
        self._on_disk += len(pending)
        self._forget_pending()
        try:
            await asyncio.get_running_loop().run_in_executor(self._store.threads, self._append, pending)
        except (OSError, NoSpace) as error:
            raise TurnedAway(NO_SPACE if disk.is_full_error(error) else NO_ROOM) from error

    def _append(self, data: bytes) -> None:
        disk.require_space()
        if self._file is None:
            self._file = self._store.new_file()
        self._file.write(data)
        self._file.flush()

    async def open(self) -> BinaryIO:
        """The whole body, to be read once. Raises TurnedAway."""
        if self._file is None:
            return io.BytesIO(self._pending)
        if self._pending:
            await self._write_to_disk()
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        self._forget_pending()
        if self._on_disk:
            self._store.release(self._address, self._on_disk)
            self._on_disk = 0
        if self._file is not None:
            self._file.close()

    def _forget_pending(self) -> None:
        self._store.in_memory -= len(self._pending)
        self._pending = bytearray()
