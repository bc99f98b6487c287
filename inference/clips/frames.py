"""From an untrusted video to upright frames. Runs in a child process, see `decode`."""

import io
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image

from inference.clips.protocol import Limits, Wanted
from inference.errors import BadClip
from labeller.photos.video_kind import container_of

A_SECOND = 6
"""Frames looked at a second: who is seen for half a second is in three of them."""
LOOK_SIDE = 1024
"""Longest side of these, in pixels."""
SPARE_SECONDS = 1.0
"""A phone's clip of 30 seconds is a little longer."""
MOST_A_SECOND = 250
"""Frames a second of the fastest phones. Times that stand still do not make a clip endless."""
LEAST_SIDE = 32
SHORTEN = "Cut it on your device, or send several shorter ones."
SEND = "Send a video as a phone makes it (MP4, MOV or WebM)."
HEAD_BYTES = 4096
QUALITY = 92


def sampled(file: BinaryIO, limits: Limits) -> Iterator[tuple[int, float, NDArray[np.uint8]]]:
    """Number, time in seconds and upright RGB pixels of A_SECOND frames a second. Raises BadClip."""
    due = 0.0
    for number, seconds, frame in _frames(file, limits):
        if seconds >= due:
            due = max(due + 1 / A_SECOND, seconds)
            scale = min(1.0, LOOK_SIDE / max(frame.width, frame.height))
            yield number, seconds, _upright(frame, scale)


def cut_out(file: BinaryIO, limits: Limits, wanted: Sequence[Wanted]) -> Iterator[bytes]:
    """The wanted frames, in ascending order, as JPEG files without metadata. Raises BadClip."""
    left = list(wanted)
    for number, _, frame in _frames(file, limits):
        while left and left[0].number == number:
            yield _jpeg(_upright(frame, 1.0), left.pop(0).part)
        if not left:
            return


def _frames(file: BinaryIO, limits: Limits) -> Iterator[tuple[int, float, VideoFrame]]:
    """Number, seconds since the first one, and pixels of all frames that can be decoded."""
    with _open(file) as container:
        if container.duration is not None and container.duration > _most(limits) * av.time_base:
            raise _too_long(limits)
        first, number = None, -1
        for number, frame in enumerate(_decoded(container, limits)):
            time = frame.time if frame.time is not None else number / _rate(container)
            first = time if first is None else first
            if time - first > _most(limits) or number > _most(limits) * MOST_A_SECOND:
                raise _too_long(limits)
            yield number, time - first, frame
    if number < 0:
        hint = "It may be damaged, or protected against copying. Open it on your device to check."
        raise BadClip("clip_unreadable", "No picture of this video could be read.", hint)


def _open(file: BinaryIO) -> Any:
    kind = container_of(file.read(HEAD_BYTES))
    file.seek(0)
    try:
        return av.open(file, format=kind)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise _broken() from error


def _decoded(container: Any, limits: Limits) -> Iterator[VideoFrame]:
    if not container.streams.video:
        raise BadClip("no_pictures", "There are no pictures in this file, only sound.", SEND)
    stream = container.streams.video[0]
    if stream.codec_context is None:
        raise BadClip("unknown_codec", "This kind of video cannot be read here.", SEND)
    stream.thread_type, stream.codec_context.thread_count = "NONE", 1
    _check_size(stream.codec_context.width, stream.codec_context.height, limits)
    for packet in _packets(container, stream):
        try:
            frames = packet.decode()
        except av.error.MemoryError as error:
            raise MemoryError from error
        except (av.error.FFmpegError, OSError, ValueError):
            continue  # a damaged piece: what follows may be whole
        for frame in frames:
            _check_size(frame.width, frame.height, limits)
            yield frame


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    """The stream's packets up to the end, or to where the file is damaged."""
    try:
        yield from container.demux(stream)
    except (av.error.FFmpegError, OSError, ValueError):
        return


def _check_size(width: int, height: int, limits: Limits) -> None:
    """Raises BadClip for frames that are too large, or too small to show a face."""
    if width * height > limits.megapixels * 1_000_000:
        hint = f"Send one of at most {limits.megapixels} megapixels; phones' normal setting is fine."
        raise BadClip("clip_too_large", "The pictures of this video have too many pixels.", hint)
    if 0 < min(width, height) < LEAST_SIDE:
        raise BadClip("clip_too_small", "The pictures of this video are too small to show a face.", SEND)


def _upright(frame: VideoFrame, scale: float) -> NDArray[np.uint8]:
    width, height = max(2, round(frame.width * scale)), max(2, round(frame.height * scale))
    pixels = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA").to_ndarray()
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90) % 4))


def _jpeg(pixels: NDArray[np.uint8], part: tuple[float, float, float, float] | None) -> bytes:
    height, width = pixels.shape[:2]
    if part is not None:
        left, top, right, bottom = part
        pixels = pixels[
            round(top * height) : round(bottom * height), round(left * width) : round(right * width)
        ]
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _rate(container: Any) -> float:
    return float(container.streams.video[0].average_rate or A_SECOND)


def _most(limits: Limits) -> float:
    return limits.seconds + SPARE_SECONDS


def _too_long(limits: Limits) -> BadClip:
    return BadClip("clip_too_long", f"This video is longer than {limits.seconds} seconds.", SHORTEN)


def _broken() -> BadClip:
    hint = "It may not have been copied completely. Open it on your device to check, then send it again."
    return BadClip("clip_broken", "This video is damaged or incomplete.", hint)
