"""The crops that a browser cuts (web/static/try/pixels.js) and the trainer's, on the same pixels."""

import json
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.workbench_process import ROOT
from trainer.arrays import Box, Image
from trainer.features import crops

WIDTH, HEIGHT = 700, 641
SCRIPT = """
import { readFileSync, writeFileSync } from "node:fs";
const [module, photo, faces, out] = process.argv.slice(2);
const { faceInput } = await import(module);
const data = new Uint8ClampedArray(readFileSync(photo));
const { width, height, cuts } = JSON.parse(faces);
const values = cuts.map(([box, margin]) => faceInput({ data, width, height }, box, margin));
writeFileSync(out, Buffer.concat(values.map((one) => Buffer.from(one.buffer))));
"""
BOXES: list[Box] = [
    # enlarged on one side or both
    (100, 100, 40, 50), (100, 80, 133, 133), (20.5, 31.5, 200, 90), (300, 10, 5, 7), (9, 9, 1, 1),
    (-20, -30, 100, 120), (650, 600, 100, 90), (600.4, 3.5, 90.5, 77.5), (690, 2, 30, 600),
    # shrunk
    (50, 60, 160, 160), (100, 100, 320, 320), (10, 20, 480, 320), (0, 0, 700, 641), (33.3, 44.4, 267, 299),
    (-50.5, 300.5, 400.2, 380.7), (100, 100, 161, 162),
]  # fmt: skip


def cut_in_javascript(photo: Image, cuts: list[tuple[Box, float]], folder: Path) -> Image:
    """The inputs (n, 160, 160, 3) that pixels.js makes, as pixels again."""
    alpha = np.full((HEIGHT, WIDTH, 1), 255, np.uint8)
    script, module, pixels, out = (folder / name for name in ("script.mjs", "pixels.mjs", "photo", "out"))
    script.write_text(SCRIPT)
    module.write_bytes((ROOT / "web/static/try/pixels.js").read_bytes())
    np.concatenate([photo, alpha], axis=2).tofile(pixels)
    faces = json.dumps({"width": WIDTH, "height": HEIGHT, "cuts": cuts})
    subprocess.run(["node", script, module, pixels, faces, out], check=True, timeout=60)
    values = np.fromfile(out, np.float32).reshape(-1, crops.SIDE, crops.SIDE, 3)
    return np.rint((values + 1) * 127.5).astype(np.uint8)


@pytest.mark.slow
def test_a_browser_cuts_what_the_trainer_cuts(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    photo = np.asarray(cv2.GaussianBlur(noise, (3, 3), 0), np.uint8)
    cuts = [(box, margin) for box in BOXES for margin in (0.1, 0)]
    found = cut_in_javascript(photo, cuts, tmp_path).astype(int)
    for (box, margin), pixels in zip(cuts, found, strict=True):
        off = np.abs(pixels - (crops.crop if margin else crops.tight)(photo, box))
        assert off.max() <= 1, (box, margin)
        # Sums of fractions differ in their last digit, which matters where a value ends in a half.
        assert off.mean() < 0.02, (box, margin)
