"""A COCO dataset of small drawn pictures."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from tests.pictures import jpeg

SIDE = 96


def drawn(seed: int) -> bytes:
    """A picture of coarse noise, which no other seed's is like."""
    rough = np.random.default_rng([11, seed]).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    return jpeg(Image.fromarray(rough).resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def write_coco(folder: Path, photos: int, faces: int) -> Path:
    """`photos` pictures with `faces` boxes each, by turns of both classes."""
    (folder / "images").mkdir(parents=True)
    images, annotations = [], []
    for number in range(photos):
        name = f"{number:06}.jpg"
        (folder / "images" / name).write_bytes(drawn(number))
        images.append({"id": number, "file_name": name, "width": SIDE, "height": SIDE})
        for face in range(faces):
            box = [10 * (face % 8) + 2, 12 * (face // 8) + 2, 8, 9]
            annotations.append(
                {"id": len(annotations), "image_id": number, "category_id": face % 2, "bbox": box}
            )
    categories = [{"id": 0, "name": "mask"}, {"id": 1, "name": "nomask"}]
    dataset = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "instances.json").write_text(json.dumps(dataset))
    return folder
