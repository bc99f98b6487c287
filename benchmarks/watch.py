"""`flask watch` against the article's loop (`--tutorial`) on the same rotated clip, by turns.

    .venv/bin/python -m benchmarks.watch [folder of photos]

The photos, at most SCENES, are filmed as a phone does: 1280 × 720, with a display matrix that sets it
upright. Both record. The frames a second are those that the commands print: starting and loading do not
count.
"""

import os
import re
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image, ImageOps

from benchmarks import photographs
from benchmarks.report import report
from tests.conftest import forget_settings
from tests.pictures import portrait
from tests.workbench_process import ROOT

WIDTH, HEIGHT = 720, 1280
SCENES, FRAMES, ROUNDS = 8, 15, 3


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else photographs.FOLDER / "scenes"
    with tempfile.TemporaryDirectory() as work:
        os.environ["DATA"] = work
        forget_settings()
        clip = Path(work) / "clip.mp4"
        _film(clip, _scenes(folder))
        _train()
        rates: dict[str, list[float]] = {"ours": [], "tutorial": []}
        for _ in range(ROUNDS):
            rates["ours"].append(_rate(clip))
            rates["tutorial"].append(_rate(clip, "--tutorial"))
    ratios = [ours / theirs for ours, theirs in zip(*rates.values(), strict=True)]
    figures: dict[str, Any] = {f"{name}: frames a second": median(rate) for name, rate in rates.items()}
    figures |= {"ratio": median(ratios), "least ratio": min(ratios), "rounds": ROUNDS}
    report("watch", "At least 5 times the article's frames a second", figures)


def _scenes(folder: Path) -> list[Image.Image]:
    """The first photos of the folder; drawn ones without any."""
    files = sorted(folder.glob("*.jpg"))[:SCENES]
    pictures = [Image.open(file).convert("RGB") for file in files] or [
        portrait(n, n % 2 == 0) for n in range(SCENES)
    ]
    return [ImageOps.pad(picture, (WIDTH, HEIGHT)) for picture in pictures]


def _film(clip: Path, scenes: list[Image.Image]) -> None:
    """FRAMES frames of each picture, moving to the right."""
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(30))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        stream.set_display_rotation(-90)
        for scene in scenes:
            for n in range(FRAMES):
                lying = np.ascontiguousarray(np.rot90(np.roll(np.asarray(scene), 2 * n, axis=1)))
                container.mux(stream.encode(VideoFrame.from_ndarray(lying)))
        container.mux(stream.encode(None))


def _train() -> None:
    from db.migrate import upgrade
    from db.session import session_scope
    from tests.labelled import add_labelled_pictures, train_run

    upgrade()
    with session_scope() as session:
        add_labelled_pictures(session, photographs.labelled_faces(100))
        train_run(session)


def _rate(clip: Path, *options: str) -> float:
    command = [sys.executable, "-m", "flask", "watch", "--source", str(clip), "--no-window"]
    command += ["--save", str(clip.with_name("out.mp4")), *options]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    match = re.search(r"\(([\d.]+) frames a second\)", done.stdout + done.stderr)
    assert match is not None, done.stdout + done.stderr
    return float(match[1])


if __name__ == "__main__":
    main()
