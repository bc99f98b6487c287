"""The live camera of the page Try it, in Chromium, by turns with `POST /api/v1/predict` on the same frames.

    .venv/bin/python -m benchmarks.live [seconds] [--memory-minutes 5]

The camera shows a scene with 1, 3 or 6 faces that moves a little. A result is one look: all faces are found,
and one is classified. No request may be made meanwhile. Photos that are PNG, so that both sides have the same
pixels, are then looked at in the browser; their boxes are compared with those of OpenCV's YuNet, and the
probabilities with those of the run's ONNX file on the crops that the trainer cuts. Memory is that of the
browser's processes. Without the photographs the scenes are drawn.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import psutil
from playwright.sync_api import Page

from benchmarks.photographs import FOLDER
from benchmarks.report import report
from benchmarks.warm_retrain import make_folders
from db import signing
from db.models import Artifact
from db.session import session_scope
from db.wheel_files import YUNET, find_wheel_file
from labeller.photos.box import overlap
from tests.browser import DESKTOP, browser_with_camera, page
from tests.conftest import forget_settings
from tests.pictures import portrait
from tests.workbench_process import Workbench, running_workbench, wait_until
from trainer.features.crops import crop

COUNTS = (1, 3, 6)
LEAST_FACE = 26
"""Pixels of the shorter side of each face in a scene that is chosen."""
LIVE = 0.6
NOTE = "document.addEventListener('looked', ({detail}) => (window.looked ??= []).push(detail))"
SIZES = (0.6, 1.0, 2.5)
"""Photos are looked at reduced and enlarged, so that crops are enlarged and shrunk."""
SETTLED_SECONDS = 30
FRAME = (640, 480)

Pixels = np.ndarray[Any, Any]


def scene(count: int) -> Pixels:
    """A BGR picture with as many faces."""
    listed = FOLDER / "scenes" / "faces.json"
    for entry in json.loads(listed.read_text()) if listed.exists() else []:
        sides = [min(face["box"][2:]) for face in entry["faces"]]
        if len(sides) == count and min(sides) >= LEAST_FACE:
            return np.asarray(cv2.imread(str(listed.parent / entry["file"])))
    columns = min(count, 3)
    rows = -(-count // columns)
    parts = [np.asarray(portrait(n, n % 2 == 1, (480, 360)))[:, :, ::-1] for n in range(columns * rows)]
    return np.vstack([np.hstack(parts[row * columns : (row + 1) * columns]) for row in range(rows)])


def film(path: Path, picture: Pixels, frames: int = 40) -> Path:
    """A film of FRAME in which the picture sways."""
    scale = min(FRAME[0] / picture.shape[1], FRAME[1] / picture.shape[0])
    with path.open("wb") as file:
        for number in range(frames):
            sway = 3 * np.sin(2 * np.pi * number / frames)
            placed = np.array([[scale, 0, sway], [0, scale, sway / 2]])
            frame = cv2.warpAffine(picture, placed, FRAME, flags=cv2.INTER_AREA)
            file.write(cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())
    return path


@contextmanager
def open_try(bench: Workbench, camera: Path) -> Iterator[Page]:
    with (
        browser_with_camera(camera) as browser,
        page(DESKTOP, browser=browser, permissions=["camera"]) as opened,
    ):
        opened.add_init_script(NOTE)
        opened.goto(json.loads(bench.flask("invite", "--role", "labeller", "--json"))["url"])
        opened.fill("input[name=name]", "Bench")
        opened.locator("form button").first.click()
        opened.goto(f"{bench.url}/try")
        opened.get_by_role("tab", name="Camera").click()
        yield opened


def watch(opened: Page, seconds: float) -> dict[str, float]:
    """Figures of the live camera, after a second that is not counted; asserts that nothing is requested."""
    requests: list[str] = []
    opened.wait_for_timeout(1000)
    opened.on("request", lambda request: requests.append(request.url))
    opened.evaluate("window.looked = []")
    opened.wait_for_timeout(1000 * seconds)
    looks = opened.evaluate("window.looked.map(({look, milliseconds}) => [milliseconds, look.faces.length])")
    assert requests == [], requests
    times = [milliseconds for milliseconds, _ in looks]
    return {
        "results a second": len(times) / seconds,
        "median ms": float(np.percentile(times, 50)),
        "p95 ms": float(np.percentile(times, 95)),
        "faces": float(np.median([faces for _, faces in looks])),
    }


def predicted(bench: Workbench, frame: bytes, seconds: float) -> float:
    """Median milliseconds of an answer of the server to a frame."""
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        assert bench.call("POST", "/predict", file=frame)[0] == 200
        times.append(1000 * (time.monotonic() - began))
    return float(np.median(times))


def compare(bench: Workbench, opened: Page, picture: Pixels) -> tuple[int, float, float]:
    """Faces compared, least overlap of a box with OpenCV's, largest difference of a probability."""
    with session_scope() as session:
        artifact = session.query(Artifact).filter_by(form="onnx").order_by(Artifact.run_id.desc()).first()
        classifier = onnxruntime.InferenceSession(signing.read_verified(artifact))
    faces, least, largest = 0, 1.0, 0.0
    for size in SIZES:
        resized = cv2.resize(picture, None, fx=size, fy=size)
        rgb, (height, width) = cv2.cvtColor(resized, cv2.COLOR_BGR2RGB), resized.shape[:2]
        scale = min(1.0, 1024 / max(height, width))
        size_looked_at = (round(width * scale), round(height * scale))
        small = cv2.resize(resized, size_looked_at, interpolation=cv2.INTER_AREA) if scale < 1 else resized
        detector = cv2.FaceDetectorYN.create(str(find_wheel_file(*YUNET[:2])), "", small.shape[1::-1], LIVE)
        found = detector.detect(small)[1]
        opened.evaluate("window.looked = []")
        png = cv2.imencode(".png", resized)[1].tobytes()
        photo: Any = {"name": "p.png", "mimeType": "image/png", "buffer": png}
        opened.locator("#no-camera input").set_input_files(photo)
        wait_until(lambda: opened.evaluate("window.looked.length"), 60, "the photo is looked at")
        for face in opened.evaluate("window.looked.at(-1).look.faces"):
            box = tuple(face["box"])
            boxes = [tuple(float(v) / scale for v in row[:4]) for row in (found if found is not None else [])]
            least = min(least, max(overlap(box, other) for other in boxes))
            image = crop(rgb, box).astype(np.float32)[None] / 127.5 - 1
            expected = classifier.run(["probabilities"], {"image": image})[0][0]
            largest = max(largest, float(np.abs(expected - face["probabilities"][0][1]).max()))
            faces += 1
    return faces, least, largest


def memory() -> int:
    """Bytes of this process' children that are not shared: the browser's, as nothing else grows."""
    parts = [one for one in psutil.Process().children(recursive=True) if "chrom" in one.name()]
    return sum(one.memory_full_info().uss for one in parts)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("seconds", nargs="?", type=float, default=20)
    parser.add_argument("--memory-minutes", type=float, default=0)
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name, running_workbench(Path(name) / "data") as bench:
        folder = Path(name)
        os.environ["DATA"] = str(bench.data)  # of which this process reads the model
        forget_settings()
        bench.sign_in()
        bench.flask("import", str(make_folders(folder / "photos")))
        bench.flask("retrain", "--wait")
        for count in COUNTS:
            picture = scene(count)
            camera = film(folder / f"{count}.mjpeg", picture)
            frame = cv2.imencode(".jpg", cv2.VideoCapture(str(camera)).read()[1])[1].tobytes()
            predicted(bench, frame, 1)
            with open_try(bench, camera) as opened:
                opened.get_by_role("button", name="Start camera").click()
                opened.locator("#faces li").first.wait_for(timeout=60_000)
                live = watch(opened, options.seconds)
                if count == COUNTS[-1] and options.memory_minutes:
                    opened.wait_for_timeout(1000 * SETTLED_SECONDS)
                    before = memory()
                    opened.wait_for_timeout(60_000 * options.memory_minutes - 1000 * SETTLED_SECONDS)
                    figures["memory, later / after 30 s"] = memory() / before
                opened.get_by_role("button", name="Stop camera").click()
                faces, least, largest = compare(bench, opened, picture)
            server = predicted(bench, frame, options.seconds / 4)
            for title, value in live.items():
                figures[f"{count} faces: {title}"] = value
            figures[f"{count} faces: /api/v1/predict, median ms"] = server
            figures[f"{count} faces: compared (n)"] = faces
            figures[f"{count} faces: least IoU with OpenCV"] = least
            figures[f"{count} faces: largest difference of a probability"] = largest
    report("live", "Live camera in the browser, no request while it runs", figures)


if __name__ == "__main__":
    main()
