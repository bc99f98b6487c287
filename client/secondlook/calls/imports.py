"""Imports: datasets in formats of other tools. A worker checks all of one, then takes it photo by photo."""

import json
from collections.abc import Mapping
from typing import Literal

from secondlook.call import Call, Upload
from secondlook.results import Import, ImportAccepted, ImportParts, ImportSummary, Page


def start_import(
    file: Upload | None = None,
    *,
    upload: str | None = None,
    parts: int | None = None,
    name: str | None = None,
    format: str | None = None,
    person: int | str | None = None,
    mapping: Mapping[str, str] | None = None,
    voc_base: Literal[0, 1] | None = None,
    normalised: bool | None = None,
    crops: bool | None = None,
    empty_is_looked_at: bool | None = None,
) -> Call[ImportAccepted]:
    """Send a dataset as a zip or tar; a large one in parts before, and here its `upload` and `parts`.

    Without `format` it is found out. `mapping` says which class a name of the dataset is.
    """
    form = {
        "upload": upload,
        "parts": parts,
        "name": name,
        "format": format,
        "person": person,
        "mapping": None if mapping is None else json.dumps(dict(mapping)),
        "voc_base": voc_base,
        "normalised": normalised,
        "crops": crops,
        "empty_is_looked_at": empty_is_looked_at,
    }
    return Call("POST", "/imports", files=() if file is None else (("file", file),), form=form)


def list_imports(*, cursor: int | None = None, limit: int | None = None) -> Call[Page[ImportSummary]]:
    """Imports, newest first, without the lines of their reports."""
    return Call("GET", "/imports", {"cursor": cursor, "limit": limit})


def get_import(import_id: int) -> Call[Import]:
    """How far an import is, and its report."""
    return Call("GET", f"/imports/{import_id}")


def cancel_import(import_id: int) -> Call[Import]:
    """Stop an import. What came in stays."""
    return Call("POST", f"/imports/{import_id}/cancel")


def send_import_part(key: str, part: int, data: bytes) -> Call[ImportParts]:
    """Send part number `part` (from 0) of an archive under a key of 32 hexadecimal digits that you choose."""
    return Call("PUT", f"/imports/parts/{key}/{part}", body=data)


def list_import_parts(key: str) -> Call[ImportParts]:
    """Which parts of an archive have arrived."""
    return Call("GET", f"/imports/parts/{key}")
