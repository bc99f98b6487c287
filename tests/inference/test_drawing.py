"""Boxes and labels on a picture."""

import numpy as np
import pytest

from inference.drawing import Label, draw
from labeller.photos.class_signs import on_dark


@pytest.mark.parametrize(
    "box", [(60.0, 80.0, 100.0, 90.0), (-20.0, -5.0, 90.0, 60.0), (250.0, 200.0, 120.0, 90.0)]
)
@pytest.mark.parametrize("number", [0, 1, 5, 10])
def test_a_face_has_a_box_and_a_sign_in_the_colour_of_its_class(
    box: tuple[float, float, float, float], number: int
) -> None:
    picture = np.full((240, 320, 3), 128, np.uint8)
    draw(picture, [Label(box, number, "mask 0.97")])
    coloured = (picture == on_dark(number)).all(axis=2)
    x, y, w, h = (round(value) for value in box)
    edges = [coloured[y + h, max(0, x) : x + w]] if y + h < 240 else []
    edges += [coloured[y + h // 2 : y + h, column] for column in (x, x + w) if 0 <= column < 320]
    assert edges
    assert all(edge.all() for edge in edges)
    assert (picture == (24, 28, 26)).all(axis=2).sum() > 500, "the plate of the text"
    inside = picture[max(0, y) + h // 3 : y + 2 * h // 3, max(0, x) + 12 : x + w - 12]
    assert (inside == 128).mean() > 0.5, "the face stays visible"
