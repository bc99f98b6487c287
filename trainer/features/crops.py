"""From a photo and a box to the 160 × 160 crops that the backbone sees."""

from collections.abc import Sequence

import cv2
import numpy as np

from trainer.arrays import Box, Image
from trainer.errors import UnreadablePicture
from trainer.features.input_margin import MARGIN

SIDE = 160

# The augmentation of the 2020 tutorial: rotation and shear in degrees, shift and zoom as shares.
ROTATION, SHEAR, SHIFT, ZOOM = 20.0, 0.15, 0.1, 0.1


def decode(stored: bytes) -> Image:
    """RGB pixels (h, w, 3) of a photo as it is stored: an upright JPEG, PNG or WebP.

    Raises UnreadablePicture.
    """
    pixels = cv2.imdecode(np.frombuffer(stored, np.uint8), cv2.IMREAD_COLOR) if stored else None
    if pixels is None:
        raise UnreadablePicture
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def crop(photo: Image, box: Box) -> Image:
    """The box with a MARGIN on each side, clipped to the photo and resized to (SIDE, SIDE, 3).

    The aspect ratio is not kept: padding with repeated edges looks like nothing the backbone was trained on
    (docs/adr/0012-the-trainer.md).
    """
    return _resized(region(photo, box, MARGIN))


def tight(photo: Image, box: Box) -> Image:
    """The tutorial's crop: the box without margin, clipped to the photo and resized to (SIDE, SIDE, 3)."""
    return _resized(region(photo, box, 0.0))


def region(photo: Image, box: Box, margin: float) -> Image:
    """The pixels of the box with a margin, a share of its sides, clipped to the photo; at least one."""
    x, y, w, h = box
    height, width = photo.shape[:2]
    edges = (x - margin * w, width), (y - margin * h, height)
    left, top = (min(max(0, round(edge)), size - 1) for edge, size in edges)
    right, bottom = round(x + w + margin * w), round(y + h + margin * h)
    return photo[top : max(top + 1, bottom), left : max(left + 1, right)]


def _resized(inside: Image) -> Image:
    method = cv2.INTER_AREA if min(inside.shape[:2]) > SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(inside, (SIDE, SIDE), interpolation=method), np.uint8)


def cut_out(stored: bytes, boxes: Sequence[Box]) -> list[bytes]:
    """The crop of each box as a PNG file, which keeps every value. Raises UnreadablePicture."""
    photo = decode(stored)
    cut = (cv2.cvtColor(crop(photo, box), cv2.COLOR_RGB2BGR) for box in boxes)
    return [cv2.imencode(".png", pixels)[1].tobytes() for pixels in cut]


def view(image: Image, number: int, face_id: int) -> Image:
    """The crop (SIDE, SIDE, 3) itself for view 0, else a distortion that depends on (face, number) alone."""
    if number == 0:
        return image
    rng = np.random.default_rng([face_id, number])
    angle = np.deg2rad(rng.uniform(-ROTATION, ROTATION))
    shear = np.deg2rad(rng.uniform(-SHEAR, SHEAR))
    zoom_x, zoom_y = rng.uniform(1 - ZOOM, 1 + ZOOM, 2)
    shift = rng.uniform(-SHIFT, SHIFT, 2) * SIDE
    flip = -1.0 if rng.random() < 0.5 else 1.0
    turn = np.array([[np.cos(angle), -np.sin(angle + shear)], [np.sin(angle), np.cos(angle + shear)]])
    matrix = turn @ np.diag([zoom_x * flip, zoom_y])
    centre = np.full(2, (SIDE - 1) / 2)
    affine = np.column_stack([matrix, centre - matrix @ centre + shift])
    # WARP_INVERSE_MAP: like Keras' generator, the matrix says where each output pixel is read.
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(image, affine, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    )
