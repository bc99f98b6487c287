"""Video files, cameras and network cameras, read by PyAV (FFmpeg)."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import cv2
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame

from inference.watch.errors import CannotRead
from inference.watch.frames import Frame
from labeller.detection.detections import Picture

SECONDS = 10.0
"""Until a network camera that does not answer, or stops sending, is given up."""
NETWORK = ("rtsp://", "rtsps://")
USUAL_RATE = Fraction(25)
"""Frames a second of a source that does not say."""
TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


class Video:
    """The frames of one container, upright by its display matrix and turned by `turn` degrees clockwise."""

    are_photos = False

    def __init__(self, container: InputContainer, turn: int, name: str) -> None:
        self._container, self._turn, self._name = container, turn, name
        self._stream = container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self.rate = self._stream.average_rate or self._stream.guessed_rate or USUAL_RATE
        self.time_base = self._stream.time_base or 1 / self.rate
        self.total = self._stream.frames or self._estimated_total()
        self.notes: list[str] = []

    def _estimated_total(self) -> int | None:
        if not self._container.duration:
            return None
        return round(Fraction(self._container.duration, av.time_base) * self.rate) or None

    def __iter__(self) -> Iterator[Frame]:
        first: Fraction | None = None
        time = -1 / self.rate
        for frame in self._decoded():
            own = frame.pts * frame.time_base if frame.pts is not None and frame.time_base else None
            first = own if first is None else first
            ahead = own is not None and first is not None and own - first > time
            time = own - first if ahead and own is not None and first is not None else self._next(time)
            yield Frame(time, lambda frame=frame: upright(frame, self._turn))  # type: ignore[misc]

    def _next(self, time: Fraction) -> Fraction:
        """The time of a frame that has none of its own, or one that lies in the past."""
        ticks = max(1, round(1 / (self.rate * self.time_base)))
        return max(Fraction(0), time + ticks * self.time_base)

    def _decoded(self) -> Iterator[VideoFrame]:
        """All frames that can be decoded; damaged parts are counted and passed over."""
        damaged = 0
        with _reading(self._name):
            for packet in self._container.demux(self._stream):
                try:
                    yield from packet.decode()
                except av.error.InvalidDataError:
                    damaged += 1
        if damaged:
            self.notes.append(f"{damaged} damaged parts of {self._name} were passed over.")

    def close(self) -> None:
        self._container.close()


def upright(frame: VideoFrame, turn: int) -> Picture:
    """RGB pixels of a frame as its display matrix wants it shown, turned by `turn` degrees clockwise."""
    pixels: Any = frame.to_ndarray(format="rgb24")
    matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    if matrix is not None:
        a, b, _, c, d = np.frombuffer(memoryview(matrix), "<i4")[:5].tolist()
        across, down = a, d
        if abs(a) < abs(b):  # x and y change places
            pixels, across, down = cv2.transpose(pixels), c, b
        if across < 0 or down < 0:
            pixels = cv2.flip(pixels, -1 if across < 0 and down < 0 else int(across < 0))
    if turn:
        pixels = cv2.rotate(pixels, TURNS[turn])
    return np.asarray(pixels, np.uint8)


def open_file(path: Path, turn: int) -> Video:
    """A video file. Raises CannotRead."""
    with _reading(path.name):
        # A list of other files and addresses is a video, too, for FFmpeg: only this file is read.
        container = av.open(str(path), options={"protocol_whitelist": "file"})
    return _with_pictures(container, turn, path.name)


def open_camera(number: int, turn: int) -> Video:
    """The camera /dev/video<number>. Raises CannotRead."""
    device = Path(f"/dev/video{number}")
    if not device.exists():
        others = ", ".join(sorted(one.name[len("video") :] for one in Path("/dev").glob("video[0-9]*")))
        hint = f"There are: {others}." if others else "No camera is connected."
        raise CannotRead(f"There is no camera {number} ({device}).", hint)
    with _reading(f"Camera {number}"):
        container = av.open(str(device), format="v4l2")
    return _with_pictures(container, turn, f"Camera {number}")


def open_network(url: str, turn: int) -> Video:
    """A network camera. Raises CannotRead, also if it does not answer within SECONDS."""
    name = url.rpartition("@")[2]  # not the password
    with _reading(name):
        try:
            container = av.open(url, options={"rtsp_transport": "tcp"}, timeout=SECONDS)
        except (av.error.InvalidDataError, EOFError) as error:  # so FFmpeg calls silence and a hang-up
            raise TimeoutError from error
    return _with_pictures(container, turn, name)


def _with_pictures(container: InputContainer, turn: int, name: str) -> Video:
    if not container.streams.video:
        container.close()
        raise CannotRead(f"{name} has no pictures.", "Choose a video.")
    return Video(container, turn, name)


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Say in words what PyAV reports."""
    try:
        yield
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise _in_words(error, name) from error


def _in_words(error: Exception, name: str) -> CannotRead:
    if isinstance(error, PermissionError):
        return CannotRead(
            f"{name} may not be read: permission denied.",
            "For a camera, add yourself to the group “video”; for a file, change its permissions.",
        )
    if isinstance(error, (ConnectionError, TimeoutError, av.error.ExitError)):
        return CannotRead(f"{name} does not answer.", "Check the address, and that the camera is on.")
    if isinstance(error, OSError) and error.errno in WORDS:
        return CannotRead(f"{name} {WORDS[error.errno]}.")
    if isinstance(error, (av.error.HTTPClientError, av.error.HTTPServerError)):
        return CannotRead(f"{name} refuses: {error.strerror}.", "Check the address, name and password.")
    if isinstance(error, (av.error.DecoderNotFoundError, NotImplementedError)):
        return CannotRead(f"The codec of {name} is unknown here.", "Convert it to H.264 (MP4).")
    if isinstance(error, (av.error.InvalidDataError, EOFError)):
        return CannotRead(
            f"{name} is no video that can be read, or it is damaged.", "Convert it to H.264 (MP4)."
        )
    return CannotRead(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}.")


WORDS = {
    errno.EBUSY: "is in use by another program",
    errno.ENODEV: "is gone",
    errno.ENXIO: "is gone",
    errno.ENOTTY: "is no camera",
    errno.EHOSTUNREACH: "cannot be reached",
    errno.ENETUNREACH: "cannot be reached",
}
