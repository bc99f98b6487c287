"""The type of a box."""

Box = tuple[float, float, float, float]
"""(x, y, width, height) in pixels of the upright photo."""
