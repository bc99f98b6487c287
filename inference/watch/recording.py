"""Recording frames to an MP4 file that is whole, however the recording ends.

Frames are written to a draft in fragments, each of which can be played by itself. At the end the draft's
packets are copied to a file of the usual form, with the index in front. Where that fails, as on a full disk,
the whole fragments of the draft take its place.
"""

import os
import struct
import tempfile
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import av.error
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from db import disk
from inference.watch.errors import CannotWrite
from labeller.detection.detections import Picture

QUALITY = {"crf": "20", "preset": "veryfast", "bf": "0"}
"""Without B-frames, which would delay the pictures by some frames: fragments cannot say so."""
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
KEYFRAME_SECONDS = 1
"""A fragment begins with each key frame: what a full disk may cost."""
BT709 = 1
"""Number of the colours of high definition, in which all is recorded."""
BOX_HEADER = struct.Struct(">I4s")


class Recording:
    """A video file in the making; leaving the block finishes it, whatever happened inside."""

    def __init__(self, out: Path, rate: Fraction, time_base: Fraction) -> None:
        """Raises CannotWrite if nothing can be written there."""
        self._out, self._rate, self._time_base = out, rate, time_base
        self._draft = _new_draft(out)
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None

    def __enter__(self) -> "Recording":
        return self

    def write(self, picture: Picture, time: Fraction) -> None:
        """Add an RGB picture at `time` seconds; one of odd size loses its last row or column.

        Raises CannotWrite.
        """
        height, width = (side - side % 2 for side in picture.shape[:2])
        try:
            stream = self._stream or self._start(width, height)
            frame = VideoFrame.from_ndarray(picture[:height, :width].copy())
            frame = frame.reformat(stream.width, stream.height, "yuv420p", dst_colorspace="ITU709")
            frame.pts, frame.time_base = round(time / self._time_base), self._time_base
            self._mux(frame)
        except (av.error.FFmpegError, OSError) as error:
            raise _in_words(error, self._out) from error

    def _start(self, width: int, height: int) -> VideoStream:
        self._container = av.open(str(self._draft), "w", format="mp4", options=FRAGMENTED)
        stream = self._container.add_stream("libx264", rate=self._rate, options=QUALITY)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = stream.time_base = self._time_base
        stream.codec_context.gop_size = max(1, round(KEYFRAME_SECONDS * self._rate))
        stream.codec_context.colorspace = stream.codec_context.color_primaries = BT709
        stream.codec_context.color_trc = BT709
        self._stream = stream
        return stream

    def _mux(self, frame: VideoFrame | None) -> None:
        assert self._stream is not None
        assert self._container is not None
        for packet in self._stream.encode(frame):
            self._container.mux(packet)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file. Raises CannotWrite if it could not be finished as usual, unless an error is under
        way."""
        try:
            if self._container is not None:
                self._finish(self._container)
        except (av.error.FFmpegError, OSError) as failure:
            if error is None:
                raise _in_words(failure, self._out) from failure
        finally:
            self._draft.unlink(missing_ok=True)

    def _finish(self, container: OutputContainer) -> None:
        try:
            self._mux(None)
            container.close()
            _copy_with_index_in_front(self._draft, self._out)
        except (av.error.FFmpegError, OSError):
            if _cut_off_broken_end(self._draft):
                os.replace(self._draft, self._out)
            raise


def _new_draft(out: Path) -> Path:
    if out.is_dir():
        raise CannotWrite(f"{out} is a folder.", "Name a file, such as out.mp4.")
    if not out.parent.is_dir():
        raise CannotWrite(f"There is no folder {out.parent}.", "Make it first.")
    try:
        handle, draft = tempfile.mkstemp(prefix=f".{out.stem}-", suffix=".part", dir=out.parent)
    except OSError as error:
        raise _in_words(error, out) from error
    os.close(handle)
    return Path(draft)


def _copy_with_index_in_front(draft: Path, out: Path) -> None:
    """Copy the packets of the draft to `out`, as a whole or not at all."""
    copy = draft.with_suffix(".copy")
    try:
        with (
            av.open(str(draft)) as source,
            av.open(str(copy), "w", format="mp4", options={"movflags": "faststart"}) as target,
        ):
            stream = target.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(source.streams.video[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
        os.replace(copy, out)
    finally:
        copy.unlink(missing_ok=True)


def _cut_off_broken_end(draft: Path) -> bool:
    """Cut the file off after its last whole fragment; False without one.

    A fragment is an index (moof) and its pictures (mdat).
    """
    size, whole, at = draft.stat().st_size, 0, 0
    with open(draft, "r+b") as file:
        while at + BOX_HEADER.size <= size:
            file.seek(at)
            length, kind = BOX_HEADER.unpack(file.read(BOX_HEADER.size))
            at += max(length, BOX_HEADER.size)
            if kind == b"mdat" and at <= size:
                whole = at
        file.truncate(whole)
    return whole > 0


def _in_words(error: Exception, out: Path) -> CannotWrite:
    if disk.is_full_error(error):
        return CannotWrite(
            "The disk is full. Only whole seconds that were recorded until then are kept.",
            "Make room, or choose another place.",
        )
    if isinstance(error, PermissionError):
        return CannotWrite(f"{out} may not be written: permission denied.", "Choose another place.")
    return CannotWrite(f"{out} cannot be written: {getattr(error, 'strerror', None) or error}.")
