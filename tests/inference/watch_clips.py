"""Clips as a phone films them: stored lying, with a display matrix that sets them upright."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from tests.pictures import portrait

RATE = Fraction(30000, 1001)
UPRIGHT = (360, 480)
"""Width and height."""


def phone_clip(path: Path, frames: int, masked: bool = True) -> Path:
    """A clip of one drawn face, stored as 480 × 360 and shown as UPRIGHT."""
    picture = np.asarray(portrait(3, masked, UPRIGHT))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        assert isinstance(stream, VideoStream)
        stream.height, stream.width, stream.pix_fmt = *UPRIGHT, "yuv420p"
        stream.set_display_rotation(-90)
        for n in range(frames):
            lying = np.ascontiguousarray(np.rot90(np.roll(picture, n // 2, axis=1)))
            container.mux(stream.encode(VideoFrame.from_ndarray(lying)))
        container.mux(stream.encode(None))
    return path
