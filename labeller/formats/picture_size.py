"""The upright size of a picture, from its header alone."""

from pathlib import Path

from PIL import Image

from labeller.formats.records import Size

ORIENTATION, SIDEWAYS = 0x0112, frozenset({5, 6, 7, 8})


def header_size(path: Path) -> Size | None:
    """Of a JPEG or PNG, whose headers Pillow reads in Python; None for others, whose decoders are native
    code.

    Nothing is decoded in this process: decoders of untrusted pictures run in a child.
    """
    try:
        with Image.open(path, formats=("JPEG", "PNG")) as picture:
            width, height = picture.size
            sideways = picture.getexif().get(ORIENTATION) in SIDEWAYS
    except Exception:  # noqa: BLE001  a damaged header raises whatever it likes
        return None
    return (height, width) if sideways else (width, height)
