"""Boxes and labels drawn on a picture: a class has a colour and a sign, so that nobody needs the colour."""

import functools
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from labeller.detection.detections import Picture
from labeller.photos.class_signs import on_dark, outline
from trainer.arrays import Box

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
    colour = on_dark(label.number)
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
    _draw_sign(picture, label.number, (x + pad + size // 2, y + pad + size // 2), 0.4 * size)
    start = x + size + 2 * pad, y + pad + round(0.85 * size)
    cv2.putText(picture, label.text, start, WHITE, _font(), size, 600)


def _draw_sign(picture: Picture, number: int, centre: Point, radius: float) -> None:
    if corners := outline(number, centre, radius):
        points = [np.array(corners).round().astype(np.int32)]
        cv2.fillPoly(picture, points, on_dark(number), cv2.LINE_AA)
    else:
        cv2.circle(picture, centre, round(radius), on_dark(number), cv2.FILLED, cv2.LINE_AA)
