"""All formats by the names that people give (`--format`)."""

from labeller.errors import BadDataset
from labeller.formats.coco import CocoReader
from labeller.formats.coco_writer import CocoWriter
from labeller.formats.protocol import Format

FORMATS: tuple[Format, ...] = (
    Format("coco", "COCO", CocoReader, CocoWriter, ("photos nobody looked at", "proposals", "tags")),
)
_BY_NAME = {one.name: one for one in FORMATS}


def by_name(name: str) -> Format:
    """The format with this name. Raises BadDataset."""
    if name not in _BY_NAME:
        hint = f"There are {', '.join(_BY_NAME)}."
        raise BadDataset("unknown_format", f"There is no format “{name}”.", hint)
    return _BY_NAME[name]
