"""Numbers to SVG coordinates; the templates draw them."""

from collections.abc import Sequence

WIDTH, HEIGHT = 600.0, 160.0


def line(values: Sequence[float], top: float) -> str:
    """`points` of a polyline in a WIDTH × HEIGHT box, 0 at the bottom and `top` at the top."""
    step = WIDTH / max(1, len(values) - 1)
    return " ".join(f"{i * step:.1f},{HEIGHT * (1 - value / top):.1f}" for i, value in enumerate(values))
