"""Pictures to test with, made when they are needed from what scikit-image ships inside its wheel.

`portrait` is a photo in which the detector finds a face: NASA's portrait of Eileen Collins (public domain),
with a mask drawn on it or without, on a background of its own. All portraits show one head.

`face` is the face alone, of many people: one of the 100 faces of 25 × 25 pixels in `lfw_subset` (Labeled
Faces in the Wild), from number 100 on a blend of two, coloured and enlarged, before a background of its own.
"""

import functools
import io

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

FACE = (175, 65, 100, 130)
"""x, y, w, h of the face in the 512 × 512 portrait."""
HEAD = (110, 0, 350, 250)
MASK = [(178, 132), (222, 122), (268, 132), (262, 178), (226, 200), (188, 178)]

SIDE = 160
"""Pixels along each side of a `face`."""
SMALL_MASK = [(28, 86), (80, 74), (132, 86), (124, 128), (80, 152), (36, 128)]
UNDER_THE_CHIN = 42
"""How far below a worn mask one hangs that is not worn."""


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


@functools.cache
def _heads() -> list[Image.Image]:
    from skimage import data

    return [Image.fromarray(np.uint8(255 * head)) for head in data.lfw_subset()[:100]]


def face(number: int, masked: bool) -> Image.Image:
    """A picture (SIDE × SIDE) that is one face, which depends on number and mask alone.

    Some masks are hard to see, and some bare faces have one under the chin. No two of the first 800 are near
    repeats of each other, nor of each other's mirror images.
    """
    rng = np.random.default_rng([7, number])
    head = _head(number, rng)
    if masked or rng.random() < 0.3:
        head = _with_mask(head, rng, 0 if masked else UNDER_THE_CHIN)
    rough = Image.fromarray(rng.integers(0, 255, (5, 5, 3), dtype=np.uint8))
    picture = rough.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    side = round(SIDE * rng.uniform(0.75, 0.95))
    head = head.rotate(float(rng.uniform(-12, 12)), Image.Resampling.BICUBIC).resize((side, side))
    outline = Image.new("L", head.size, 0)
    ImageDraw.Draw(outline).ellipse((0.02 * side, -0.1 * side, 0.98 * side, 1.05 * side), fill=255)
    left, top = rng.integers(0, SIDE - side, 2, endpoint=True)
    picture.paste(head, (int(left), int(top)), outline.filter(ImageFilter.GaussianBlur(3)))
    return ImageEnhance.Brightness(picture).enhance(float(rng.uniform(0.7, 1.2)))


def _head(number: int, rng: np.random.Generator) -> Image.Image:
    """Head and skin tone of the person of that number."""
    heads = _heads()
    turn, place = divmod(number, len(heads))
    head = heads[place]
    if turn:
        head = Image.blend(head, heads[(7 * place + 13 * turn) % len(heads)], 0.5)
    if rng.random() < 0.5:
        head = ImageOps.mirror(head)
    dark, light = rng.integers((20, 5, 0), (70, 45, 40)), rng.integers((220, 180, 150), (255, 235, 225))
    return ImageOps.colorize(head.resize((SIDE, SIDE), Image.Resampling.BICUBIC), tuple(dark), tuple(light))


def _with_mask(head: Image.Image, rng: np.random.Generator, below: int) -> Image.Image:
    """The head with a mask of some colour, more or less transparent, `below` pixels lower than it is worn."""
    right, down = rng.uniform(-6, 6, 2)
    layer, colour = head.copy(), tuple(int(c) for c in rng.integers(30, 250, 3))
    ImageDraw.Draw(layer).polygon([(x + right, y + down + below) for x, y in SMALL_MASK], fill=colour)
    return Image.blend(head, layer, float(rng.uniform(0.25, 1.0)))


def jpeg(picture: Image.Image, **options: object) -> bytes:
    """The picture as the bytes of a JPEG file."""
    out = io.BytesIO()
    picture.save(out, "JPEG", **({"quality": 90} | options))
    return out.getvalue()
