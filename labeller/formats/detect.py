"""Which format a dataset has, by its files, when nobody said."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from labeller.errors import BadDataset
from labeller.formats import json_stream
from labeller.formats.archive import ARCHIVE, is_archive
from labeller.formats.coco import is_coco, is_results
from labeller.formats.formats import by_name
from labeller.formats.listing import SIDECAR
from labeller.formats.names import shown, suffix
from labeller.formats.protocol import Format, Listing
from labeller.formats.text import open_bytes

ASKED = 20
"""Files of one kind that are looked into: they are alike."""
START = 4096
"""Bytes in which the first element of an XML file stands."""
_ROOT = re.compile(rb"<(annotations?)[\s/>]")


def detect_format(listing: Listing) -> Format:
    """The one format that the files speak for. Raises BadDataset if there are several or none."""
    if is_archive(listing):
        return ARCHIVE
    seen = dict(_signs(listing))
    if not seen and next(listing.pictures(), None):
        return by_name("folders")
    if len(seen) == 1:
        return by_name(next(iter(seen)))
    kinds = Counter(suffix(key) or "without ending" for key in listing.files)
    files = ", ".join(f"{count} {shown(kind, 20)}" for kind, count in kinds.most_common(5)) or "no files"
    message = f"It cannot be told which format this is: there are {files}."
    if seen:
        found = " and ".join(f"{name} ({shown(file)})" for name, file in seen.items())
        message = f"There are files of several formats: {found}."
    raise BadDataset("which_format", message, "Say which format it is.")


def _signs(listing: Listing) -> Iterator[tuple[str, str]]:
    """Each format that a file speaks for, with that file."""
    kinds: dict[str, list[str]] = {}
    for key in listing.files:
        kinds.setdefault(suffix(key), []).append(key)
    for key in (*kinds.get(".csv", []), *kinds.get(".tsv", [])):
        yield "csv", key
    for key in islice(kinds.get(".json", []), ASKED):
        yield from ((name, key) for name in _of_json(listing, key))
    for key in islice(kinds.get(".xml", []), ASKED):
        yield from ((name, key) for name in _of_xml(listing, key))
    for key in _texts(kinds):
        yield ("widerface" if key.endswith("_bbx_gt.txt") else "yolo"), key


def _of_json(listing: Listing, key: str) -> Iterator[str]:
    if key.rpartition("/")[2] == SIDECAR:
        return
    kind, keys = json_stream.shape(listing.files[key], key)
    if is_coco(kind, keys) or is_results(kind, keys):
        yield "coco"
    elif kind == "list" and {"data", "annotations", "predictions", "annotation_id", "completions"} & keys:
        yield "labelstudio"


def _of_xml(listing: Listing, key: str) -> Iterator[str]:
    with open_bytes(listing.files[key], key) as file:
        start = file.read(START)
    root = _ROOT.search(start.replace(b"\x00", b""))
    if root:
        yield "voc" if root[1] == b"annotation" else "cvat"


def _texts(kinds: dict[str, list[str]]) -> Iterator[str]:
    """Text files that are labels: those of WIDER FACE by their name, those of YOLO by what lies with them."""
    texts = kinds.get(".txt", [])
    wider = [key for key in texts if key.endswith("_bbx_gt.txt")]
    yield from wider
    described = [*kinds.get(".yaml", []), *kinds.get(".yml", []), *kinds.get(".names", [])]
    named = [key for key in texts if key.rpartition("/")[2] == "classes.txt"]
    labels = [key for key in texts if "labels" in key.split("/")[:-1]]
    if not wider:
        yield from (*described, *named, *labels[:1])
