"""Boxes and labels drawn on a picture: a class has a colour and a sign, so that nobody needs the colour."""

import functools
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from labeller.detection.detections import Picture
from trainer.arrays import Box

COLOURS = (
    (79, 209, 191), (245, 166, 91), (183, 156, 255), (255, 140, 192), (143, 179, 255),
    (169, 211, 95), (238, 155, 255), (111, 211, 234), (255, 154, 174), (184, 178, 171),
)  # fmt: skip
"""RGB by the number of the class: those of the pages on dark ground."""
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
SIDE_PER_PIXEL = 480
"""Pixels of a picture's shorter side per pixel of a line's width."""
TEXT_SHARE, LEAST_TEXT = 0.03, 12
"""Height of letters as a share of the shorter side, and in pixels at least."""
Point = tuple[int, int]


@dataclass(frozen=True)
class Label:
    """What is drawn at a face: its box (x, y, w, h), the number of its class, from 0, and a text."""

    box: Box
    number: int
    text: str


def draw(picture: Picture, labels: list[Label]) -> None:
    """Draw the labels on an RGB picture, in place."""
    short = min(picture.shape[:2])
    line, size = max(1, round(short / SIDE_PER_PIXEL)), max(LEAST_TEXT, round(TEXT_SHARE * short))
    for one in labels:
        _draw_box(picture, one, line)
    for one in labels:
        _draw_text(picture, one, size)


@functools.cache
def _font() -> Any:
    """OpenCV's own font, which has Latin, Greek and Cyrillic letters."""
    return cv2.FontFace("sans")


def _draw_box(picture: Picture, label: Label, line: int) -> None:
    """A line of the class' colour between a black and a white hairline: seen on any ground."""
    x, y, w, h = (round(value) for value in label.box)
    colour = COLOURS[label.number % len(COLOURS)]
    for grown, drawn, width in ((line + 1, BLACK, line), (-line - 1, WHITE, line), (0, colour, 2 * line)):
        cv2.rectangle(picture, (x - grown, y - grown), (x + w + grown, y + h + grown), drawn, width)


def _draw_text(picture: Picture, label: Label, size: int) -> None:
    """The sign and the text on a dark plate above the box, or inside it at the picture's upper edge."""
    x, y, _, _ = (round(value) for value in label.box)
    pad = max(2, size // 4)
    left, _, width, _ = cv2.getTextSize((0, 0), label.text, (0, 0), _font(), size, 600)
    plate = size + 2 * pad + left + width + pad, size + 2 * pad
    x = max(0, min(x, picture.shape[1] - plate[0]))
    y = y - plate[1] if y >= plate[1] else max(0, y)
    cv2.rectangle(picture, (x, y), (x + plate[0], y + plate[1]), (24, 28, 26), cv2.FILLED)
    _draw_sign(picture, label.number, (x + pad + size // 2, y + pad + size // 2), size // 2)
    start = x + size + 2 * pad, y + pad + round(0.85 * size)
    cv2.putText(picture, label.text, start, WHITE, _font(), size, 600)


def _draw_sign(picture: Picture, number: int, centre: Point, radius: int) -> None:
    """The sign of a class: disc, square, triangle, diamond, cross; after these the same, hollow."""
    colour = COLOURS[number % len(COLOURS)]
    turn, kind = divmod(number, len(SIGNS) + 1)
    width = cv2.FILLED if turn % 2 == 0 else max(1, radius // 4)
    if kind == 0:
        cv2.circle(picture, centre, radius, colour, width, cv2.LINE_AA)
        return
    corners = np.array([[centre[0] + dx * radius, centre[1] + dy * radius] for dx, dy in SIGNS[kind - 1]])
    points = [corners.round().astype(np.int32)]
    if width == cv2.FILLED:
        cv2.fillPoly(picture, points, colour, cv2.LINE_AA)
    else:
        cv2.polylines(picture, points, True, colour, width, cv2.LINE_AA)


_ARM = 0.35
SIGNS = (
    ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    ((0, -1), (1, 0.9), (-1, 0.9)),
    ((0, -1), (1, 0), (0, 1), (-1, 0)),
    ((-_ARM, -1), (_ARM, -1), (_ARM, -_ARM), (1, -_ARM), (1, _ARM), (_ARM, _ARM), (_ARM, 1), (-_ARM, 1),
     (-_ARM, _ARM), (-1, _ARM), (-1, -_ARM), (-_ARM, -_ARM)),
)  # fmt: skip
"""Corners of the signs after the disc, from -1 to 1."""
