"""The formats in which a dataset can be written."""

from collections.abc import Mapping
from typing import Any

from labeller.errors import BadExport
from labeller.formats import formats
from labeller.formats.archive import ARCHIVE
from labeller.formats.protocol import Format

CROPPING = ("folders",)
"""Formats that can hold a crop of each face instead of whole photos."""


def require_whole(format: Format, source: Mapping[str, Any]) -> None:
    """Raises BadExport if part of the photos is asked for in an archive, which is of everything."""
    if format is ARCHIVE and source:
        hint = "Leave the choice of photos out, or use another format."
        raise BadExport("no_part", "An archive is of the whole workbench.", hint)


def find(name: str, *, crops: bool = False) -> Format:
    """The format of this name. Raises BadDataset for another one, and BadExport if it cannot hold crops."""
    format = formats.by_name(name)
    if crops and name not in CROPPING:
        hint = f"Use {' or '.join(CROPPING)}, or leave the crops out."
        raise BadExport("no_crops", f"{format.title} cannot hold crops.", hint)
    return format
