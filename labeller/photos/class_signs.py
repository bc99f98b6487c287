"""The sign and the colours of a class by its number: as in the pages' `lib/marks.js` and `colours.css`."""

RGB = tuple[int, int, int]
Point = tuple[float, float]

_ON_LIGHT = (
    "#0f766e", "#b45309", "#6d28d9", "#be185d", "#1d4ed8",
    "#4d7c0f", "#a21caf", "#0e7490", "#9f1239", "#57534e",
)  # fmt: skip
_ON_DARK = (
    "#4fd1bf", "#f5a65b", "#b79cff", "#ff8cc0", "#8fb3ff",
    "#a9d35f", "#ee9bff", "#6fd3ea", "#ff9aae", "#b8b2ab",
)  # fmt: skip
_ARM = 0.42
_OUTLINES: tuple[tuple[Point, ...], ...] = (
    (),  # a disc
    ((-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)),
    ((0, -1.25), (1.2, 0.9), (-1.2, 0.9)),
    ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    ((-_ARM, -1.2), (_ARM, -1.2), (_ARM, -_ARM), (1.2, -_ARM), (1.2, _ARM), (_ARM, _ARM), (_ARM, 1.2),
     (-_ARM, 1.2), (-_ARM, _ARM), (-1.2, _ARM), (-1.2, -_ARM), (-_ARM, -_ARM)),
    ((0, 1.25), (1.2, -0.9), (-1.2, -0.9)),
)  # fmt: skip


def on_light(number: int) -> RGB:
    """The colour on light ground, and of a plate with white text."""
    return _rgb(_ON_LIGHT[number % len(_ON_LIGHT)])


def on_dark(number: int) -> RGB:
    """The colour on dark ground."""
    return _rgb(_ON_DARK[number % len(_ON_DARK)])


def outline(number: int, centre: Point, radius: float) -> list[Point]:
    """Corners of the sign, which is about as large as a disc of this radius; none if it is that disc."""
    corners = _OUTLINES[number % len(_OUTLINES)]
    return [(centre[0] + x * radius, centre[1] + y * radius) for x, y in corners]


def _rgb(colour: str) -> RGB:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
