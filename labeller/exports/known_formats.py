"""The formats in which a dataset can be written."""

from labeller.errors import BadExport
from labeller.formats import formats
from labeller.formats.protocol import Format

CROPPING = ("folders",)
"""Formats that can hold a crop of each face instead of whole photos."""


def find(name: str, *, crops: bool = False) -> Format:
    """The format of this name. Raises BadDataset for another one, and BadExport if it cannot hold crops."""
    format = formats.by_name(name)
    if crops and name not in CROPPING:
        hint = f"Use {' or '.join(CROPPING)}, or leave the crops out."
        raise BadExport("no_crops", f"{format.title} cannot hold crops.", hint)
    return format
