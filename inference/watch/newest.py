"""A live source: whoever looks slower than it sends gets the newest frame, not one from seconds ago."""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator

from inference.watch.frames import Frame, Source

POLL = 0.2
"""Seconds between two looks at whether to stop while no frame comes."""


class Newest:
    """The frames of `source`, read by a thread; those that come while one is looked at are passed over."""

    total = None
    are_photos = False

    def __init__(self, source: Source, is_stopping: Callable[[], bool]) -> None:
        self._source, self._is_stopping = source, is_stopping
        self.rate, self.time_base, self.notes = source.rate, source.time_base, source.notes
        self._waiting: queue.Queue[Frame | BaseException | None] = queue.Queue(maxsize=1)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __iter__(self) -> Iterator[Frame]:
        self._thread.start()
        while not self._is_stopping():
            try:
                frame = self._waiting.get(timeout=POLL)
            except queue.Empty:
                continue
            if frame is None:
                return
            if isinstance(frame, BaseException):
                raise frame
            yield frame

    def _read(self) -> None:
        end: BaseException | None = None
        try:
            for frame in self._source:
                if self._closed.is_set():
                    return
                self._put(frame)
        except Exception as error:  # noqa: BLE001 - raised again where the frames are looked at
            end = error
        if not self._closed.is_set():
            self._waiting.put(end)

    def _put(self, frame: Frame) -> None:
        try:
            self._waiting.put_nowait(frame)
        except queue.Full:
            with contextlib.suppress(queue.Empty):  # it may have been taken meanwhile
                self._waiting.get_nowait()
            self._waiting.put_nowait(frame)

    def close(self) -> None:
        """Closes the source unless its thread is still waiting for the camera; then the process' end does."""
        self._closed.set()
        if self._thread.ident is not None:
            self._thread.join(POLL)
        if not self._thread.is_alive():
            self._source.close()
