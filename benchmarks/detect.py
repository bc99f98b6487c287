"""The detect worker: seconds from a 12 MP phone photo to boxes against raw mtcnn on the 1024 px copy, by
turns; peak memory after 500 photos of mixed size; seconds until it is ready to work.

    .venv/bin/python -m benchmarks.detect [photos]

The budget: at most 0.5 of raw mtcnn, decoding and resizing included; under 900 MB; ready within 4 s.
"""

import io
import subprocess
import sys
import time

import numpy as np
from PIL import Image

from benchmarks.report import report
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
TURNS = 9
WORKER = """
import time; began = time.perf_counter()
import resource, sys
from labeller import jobs
from labeller.detection import detectors
from labeller.detection.photo_look import look_at_photo
detector = detectors.first()
print(time.perf_counter() - began, flush=True)
for line in sys.stdin.buffer:
    view, photo, width = line.decode().split()
    read = lambda path: open(path, "rb").read()
    look_at_photo(detector, read(view), int(width), lambda: read(photo))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def photo(seed: int, size: tuple[int, int]) -> Image.Image:
    small = portrait(seed, seed % 2 == 1, (480, 480))
    return small.resize(size, Image.Resampling.BICUBIC)


def from_12_megapixels() -> dict[str, float]:
    """Medians of TURNS turns."""
    from mtcnn import MTCNN

    from labeller.detection import detectors
    from labeller.detection.photo_look import look_at_photo

    large = photo(0, (4000, 3000))
    file = jpeg(large)
    view = decode(file, 50).view
    copy = np.asarray(Image.open(io.BytesIO(view)))
    raw, detector = MTCNN(), detectors.first()
    raw.detect_faces(copy)
    seconds: dict[str, list[float]] = {"raw": [], "ours": [], "decode": []}
    for _ in range(TURNS):
        steps = {
            "raw": lambda: raw.detect_faces(copy),
            "ours": lambda: look_at_photo(detector, view, 4000, lambda: file),
            "decode": lambda: decode(file, 50),
        }
        for name, step in steps.items():
            began = time.perf_counter()
            step()
            seconds[name].append(time.perf_counter() - began)
    medians = {name: float(np.median(values)) for name, values in seconds.items()}
    return {
        "raw mtcnn on the 1024 px copy (s)": medians["raw"],
        "rendition to boxes (s)": medians["ours"],
        "decoding and resizing a 12 MP JPEG in its child (s)": medians["decode"],
        "ratio, decoding and resizing included": (medians["ours"] + medians["decode"]) / medians["raw"],
    }


def worker(count: int, folder: str) -> dict[str, float]:
    """A process that does what the detect worker does, fed with photos of mixed size."""
    rng, lines = np.random.default_rng(0), []
    for seed in range(len(SIZES)):
        width, height = (round(side * rng.uniform(0.8, 1.0)) for side in SIZES[seed])
        decoded = decode(jpeg(photo(seed, (width, height))), 50)
        for name, data in (("view", decoded.view), ("photo", decoded.photo)):
            with open(f"{folder}/{name}{seed}", "wb") as file:
                file.write(data)
        lines.append(f"{folder}/view{seed} {folder}/photo{seed} {decoded.width}\n")
    text = "".join(lines[i % len(lines)] for i in range(count))
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", WORKER], input=text, text=True, capture_output=True, check=True
    )
    loaded, peak = map(float, done.stdout.split())
    return {
        "modules and network loaded after (s)": loaded,
        f"peak memory after {count} photos (MB)": peak,
        "photos a second": count / (time.perf_counter() - began - loaded),
    }


def main() -> None:
    import tempfile

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with tempfile.TemporaryDirectory() as folder:
        figures = worker(count, folder)
    figures |= from_12_megapixels()
    report("detect", "12 MP photo to boxes: at most 0.5 x raw mtcnn; under 900 MB after 500 photos", figures)


if __name__ == "__main__":
    main()
