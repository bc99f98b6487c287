"""Near repeats: photos that differ in few bits of their hashes."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from labeller.photos.decode import decode
from labeller.photos.near_duplicates import NEAR, distances
from tests.hostile_files import encode
from tests.pictures import face, jpeg, portrait


def photos() -> list[Image.Image]:
    """Photographs that scikit-image ships, at most 400 pixels wide and high, and some faces."""
    from skimage import data

    photographs = [data.chelsea(), data.coffee(), data.rocket(), data.retina(), data.hubble_deep_field()]
    shrunk = [ImageOps.contain(Image.fromarray(pixels), (400, 400)) for pixels in photographs]
    return shrunk + [draw(n, n % 2 == 1) for n in range(4) for draw in (portrait, face)]


def burst(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The next frame of a burst out of the hand: a little shifted, turned and brighter, compressed anew."""
    width, height = picture.size
    shift = rng.uniform(-0.008, 0.008, 2) * (width, height)
    frame = picture.rotate(float(rng.uniform(-0.5, 0.5)), Image.Resampling.BICUBIC, translate=tuple(shift))
    return inner(frame)


def inner(picture: Image.Image) -> Image.Image:
    """Without its outermost 2 %, so that a frame of a burst has something to shift into."""
    width, height = picture.size
    return picture.crop(
        (round(width * 0.02), round(height * 0.02), round(width * 0.98), round(height * 0.98))
    )


def differ(one: Image.Image, other: bytes) -> int:
    """In how many bits the hashes of a photo and of another file differ, or of its mirror image."""
    first = np.frombuffer(decode(jpeg(one), 50).dhash, np.uint8)[None]
    second = decode(other, 50)
    return int(min(distances(first, second.dhash)[0], distances(first, second.mirror)[0]))


@pytest.mark.slow
def test_live_photo_pairs_mirror_images_and_bursts_are_near_repeats() -> None:
    rng = np.random.default_rng(1)
    for picture in photos():
        assert differ(picture, encode(picture, "HEIF", quality=60)) <= NEAR, "a Live Photo, exported twice"
        assert differ(picture, jpeg(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT))) <= NEAR
        assert differ(inner(picture), jpeg(burst(picture, rng), quality=80)) <= NEAR
