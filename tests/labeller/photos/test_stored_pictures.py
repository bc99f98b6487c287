"""Pictures made from stored photos, which may be larger than what any reader is warned of."""

import io

import numpy as np
import pytest
from PIL import Image

from labeller.photos.annotate import Mark
from labeller.photos.decode import annotated, decode_pixels, smaller
from tests.pictures import jpeg

SIZES = ((1024, 1024), (1700, 1300))


@pytest.mark.parametrize("size", SIZES)
def test_a_face_is_cut_out_of_a_photo_of_any_size(size: tuple[int, int]) -> None:
    photo = jpeg(Image.new("RGB", size, "grey"))
    for square in (None, (0.1, 0.1, 0.3, 0.3)):
        with Image.open(io.BytesIO(smaller(photo, 160, square))) as cut:
            assert max(cut.size) == 160


@pytest.mark.parametrize("size", SIZES)
def test_marks_are_drawn_over_a_photo_of_any_size(size: tuple[int, int]) -> None:
    pixels = decode_pixels(jpeg(Image.new("RGB", size, "grey")), 50)
    with Image.open(io.BytesIO(annotated(pixels, [Mark((200, 300, 100, 120), 0, "mask 97%")]))) as drawn:
        assert drawn.size == size
        inside = np.asarray(drawn)[330:390, 240:260]
    assert abs(inside.astype(int) - 128).max() < 8, "the face itself stays to be seen"


def test_no_label_covers_another_face() -> None:
    boxes = [(60.0, 60.0 + 30 * n, 24.0, 28.0) for n in range(4)]
    pixels = decode_pixels(jpeg(Image.new("RGB", (400, 300), "grey")), 50)
    marks = [Mark(box, number, "nomask 51%") for number, box in enumerate(boxes)]
    with Image.open(io.BytesIO(annotated(pixels, marks))) as drawn:
        shown = np.asarray(drawn).astype(int)
    for x, y, w, h in boxes:
        inside = shown[int(y) + 8 : int(y + h) - 8, int(x) + 8 : int(x + w) - 8]
        assert abs(inside - 128).mean() < 20
