"""A window that shows what is watched, where OpenCV was built with windows and there is a screen."""

import os
import sys

import cv2

from labeller.detection.detections import Picture

TITLE = "Second Look"
QUIT = (27, ord("q"))
"""Escape and Q."""


def why_no_window() -> str | None:
    """A sentence that says why no window can be shown; None if one can."""
    gui = next(
        (line for line in cv2.getBuildInformation().splitlines() if line.strip().startswith("GUI:")), ""
    )
    if not gui or "NONE" in gui:
        return "No window: this OpenCV is built without one (opencv-python has one)."
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "No window: there is no screen."
    return None


class Window:
    """The window; it opens with the first picture."""

    def show(self, picture: Picture) -> bool:
        """Show an RGB picture; False once somebody pressed Q or Escape, or closed the window."""
        cv2.imshow(TITLE, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        if cv2.waitKey(1) & 0xFF in QUIT:
            return False
        return cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1
