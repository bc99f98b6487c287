"""Rectangles that are turned, as the corners they end up with."""

from math import cos, isfinite, nan, radians, sin

from labeller.formats.records import Box

Point = tuple[float, float]


def turn(box: Box, degrees: float, about: Point) -> list[Point]:
    """The corners of a box (pixels) that is turned clockwise about a point; NaN for no finite angle."""
    angle = radians(degrees) if isfinite(degrees) else nan
    left, top, width, height = box
    corners = [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]
    return [_turned(corner, angle, about) for corner in corners]


def _turned(point: Point, angle: float, about: Point) -> Point:
    across, down = point[0] - about[0], point[1] - about[1]
    return about[0] + across * cos(angle) - down * sin(angle), about[1] + across * sin(angle) + down * cos(
        angle
    )
