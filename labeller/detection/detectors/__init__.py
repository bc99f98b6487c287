"""The detectors: each module has a function `load() -> Detector` and imports its network inside it or on top.

Their names are those of the modules. Nothing here is imported before it is asked for: TensorFlow, which MTCNN
needs, takes seconds and 300 MB.
"""

import functools
import importlib
import pkgutil

from db.box_thresholds import first_detector
from db.settings import settings
from labeller.detection.detections import Detector


class UnknownDetector(ValueError):
    """DETECTORS names a detector that does not exist."""


def names() -> tuple[str, ...]:
    """The detectors of DETECTORS: the first decides, the others confirm. Raises UnknownDetector."""
    known = sorted(module.name for module in pkgutil.iter_modules(__path__))
    for name in settings().detectors:
        if name not in known:
            raise UnknownDetector(
                f"DETECTORS={name}: there is no such detector; choose from {', '.join(known)}"
            )
    return settings().detectors


@functools.cache
def load(name: str) -> Detector:
    """The detector of that name, with its network in memory."""
    detector: Detector = importlib.import_module(f"{__name__}.{name}").load()
    return detector


def first() -> Detector:
    """The detector that decides."""
    return load(first_detector())
