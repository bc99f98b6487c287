"""Seconds from a 12 MP phone photo to proposals, relative to raw mtcnn on the 1024 px copy; and peak memory.

    .venv/bin/python -m benchmarks.detect [photos]

The budget: at most 1.3 times raw mtcnn; peak under 1.2 GB after 500 photos of mixed size.
"""

import io
import resource
import sys
import time

import numpy as np
from PIL import Image

from benchmarks.report import report
from labeller.detection.mtcnn import THRESHOLDS, _network, detect
from labeller.photos.decode import decode
from tests.pictures import jpeg, portrait

SIZES = [
    (4000, 3000),
    (3000, 4000),
    (1600, 1200),
    (1080, 1920),
    (640, 480),
    (400, 267),
    (1024, 768),
    (768, 1024),
]


def photo(seed: int, size: tuple[int, int]) -> Image.Image:
    small = portrait(seed, seed % 2 == 1, (480, 480))
    return small.resize(size, Image.Resampling.BICUBIC)


def seconds(work, repeats: int = 5) -> float:  # type: ignore[no-untyped-def]
    """Median of `repeats` calls."""
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return float(np.median(taken))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    large = jpeg(photo(0, (4000, 3000)))
    decoded = decode(large, 50)
    view = np.asarray(Image.open(io.BytesIO(decoded.view)))
    detect(view)  # load and trace
    raw = seconds(lambda: _network().detect_faces(view, **THRESHOLDS))
    ours = seconds(lambda: detect(view))
    opening = seconds(lambda: decode(large, 50), 3)
    rng = np.random.default_rng(0)
    for seed in range(count):
        width, height = SIZES[seed % len(SIZES)]
        width, height = (round(side * rng.uniform(0.8, 1.0)) for side in (width, height))
        scale = min(1.0, 1024 / max(width, height))
        detect(np.asarray(photo(seed, (round(width * scale), round(height * scale)))))
    figures = {
        "raw mtcnn on the 1024 px copy (s)": raw,
        "our proposals from the same copy (s)": ours,
        "ratio": ours / raw,
        "decoding a 12 MP JPEG in its child, in the web process (s)": opening,
        f"peak memory after {count} photos (MB)": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    report(
        "detect", "12 MP photo to proposals: at most 1.3 x raw mtcnn; under 1.2 GB after 500 photos", figures
    )


if __name__ == "__main__":
    main()
