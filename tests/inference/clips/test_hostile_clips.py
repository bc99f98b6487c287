"""What the child that decodes says of videos that cannot be used, and how it sets others upright."""

import io
import struct
import tempfile
from collections.abc import Callable

import av
import numpy as np
import pytest

from inference.clips import decode
from inference.clips.protocol import Limits
from inference.errors import BadClip

pytestmark = [pytest.mark.slow, pytest.mark.full_size]


def encoded(frames: int, codec: str = "libx264", kind: str = "mp4") -> bytes:
    """A video of 15 frames a second whose upper half is white."""
    picture = np.zeros((240, 320, 3), np.uint8)
    picture[:120] = 255
    out = io.BytesIO()
    with av.open(out, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=15)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for _ in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return out.getvalue()


def sound() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44100)
        silence = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
        silence.sample_rate = 44100
        container.mux(stream.encode(silence))
        container.mux(stream.encode())
    return out.getvalue()


def sampled(content: bytes, megapixels: int = 50) -> list[decode.Frame]:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        return list(decode.sampled(file, Limits(30, megapixels)))


@pytest.mark.parametrize(
    ("content", "megapixels", "sentence"),
    [
        (lambda: encoded(600), 50, "longer than 30 seconds"),
        (lambda: encoded(600, "libvpx", "webm"), 50, "longer than 30 seconds"),
        (lambda: encoded(30)[:700], 50, "damaged or incomplete"),
        (lambda: b"\0\0\0\x18ftypmp42" + b"text " * 500, 50, "damaged or incomplete"),
        (lambda: encoded(0), 50, "damaged or incomplete"),
        (sound, 50, "only sound"),
        (lambda: encoded(30), 0, "too many pixels"),
    ],
    ids=["long", "long without duration", "cut off", "text", "empty", "sound", "large"],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(
    content: Callable[[], bytes], megapixels: int, sentence: str
) -> None:
    with pytest.raises(BadClip, match=sentence):
        sampled(content(), megapixels)


def test_a_clip_filmed_sideways_is_set_upright() -> None:
    content = encoded(15)
    matrix = content.index(b"tkhd") + 44
    quarter = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 240 << 16, 0, 0x40000000)
    frame = sampled(content[:matrix] + quarter + content[matrix + 36 :])[0]
    assert frame.pixels.shape == (320, 240, 3)
    assert frame.pixels[:, :9].mean() < 10
    assert frame.pixels[:, -9:].mean() > 245
