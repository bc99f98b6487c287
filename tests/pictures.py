"""Photographs to test with: NASA's portrait of Eileen Collins (public domain), as scikit-image ships it.

`portrait` puts it on a background of its own, with a mask drawn on it or without, so that each picture
counts as another photo of another person.
"""

import functools
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance

SHARED = Path(__file__).parent.parent.parent / "shared" / "data"
"""Real photographs, where they are at hand; no test needs them."""
FACE = (175, 65, 100, 130)
"""x, y, w, h of the face in the 512 × 512 portrait."""
HEAD = (110, 0, 350, 250)
MASK = [(178, 132), (222, 122), (268, 132), (262, 178), (226, 200), (188, 178)]


@functools.cache
def _astronaut() -> Image.Image:
    from skimage import data

    return Image.fromarray(data.astronaut())


def portrait(seed: int, masked: bool, size: tuple[int, int] = (480, 360)) -> Image.Image:
    """A photo (size in pixels) with one face, which depends on the seed alone."""
    chance = np.random.default_rng(seed)
    head = _astronaut().copy()
    if masked:
        colour = tuple(int(c) for c in chance.integers([90, 130, 150], [200, 220, 255]))
        ImageDraw.Draw(head).polygon(MASK, fill=colour)
    head = head.crop(HEAD)
    if chance.random() < 0.5:
        head = head.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    scale = chance.uniform(0.8, 1.2)
    head = head.resize((round(head.width * scale), round(head.height * scale)))
    head = ImageEnhance.Brightness(head).enhance(chance.uniform(0.8, 1.15))
    rough = Image.fromarray(chance.integers(0, 255, (6, 8, 3), dtype=np.uint8))
    wall = Image.blend(rough, Image.new("RGB", rough.size, (150, 148, 142)), 0.75)
    photo = wall.resize(size, Image.Resampling.BICUBIC)
    left, top = chance.integers(0, [size[0] - head.width, max(1, size[1] - head.height)])
    photo.paste(head, (int(left), int(top)))
    return photo


def jpeg(picture: Image.Image, **options: object) -> bytes:
    """The picture as the bytes of a JPEG file."""
    out = io.BytesIO()
    picture.save(out, "JPEG", **({"quality": 90} | options))
    return out.getvalue()
