"""Exports: photos and labels in a format of other tools. The file is at `url` of a finished export."""

from collections.abc import Mapping
from typing import Any

from secondlook.call import Call, without_none
from secondlook.results import Accepted, Export, Page


def start_export(
    format: str,
    *,
    filter: Mapping[str, Any] | None = None,
    saved_filter: int | str | None = None,
    version: int | str | None = None,
    crops: bool = False,
    names: bool = False,
) -> Call[Accepted]:
    """Have photos and labels written to a zip file: of a version, or what a filter chooses."""
    chosen = without_none(filter=filter, saved_filter=saved_filter, version=version)
    body = without_none(format=format, crops=crops, names=names) | chosen
    return Call("POST", "/exports", json=body)


def list_exports(*, cursor: int | None = None, limit: int | None = None) -> Call[Page[Export]]:
    """Exports, newest first."""
    return Call("GET", "/exports", {"cursor": cursor, "limit": limit})


def get_export(export_id: int) -> Call[Export]:
    """How far an export is, what is in it, and where its file is."""
    return Call("GET", f"/exports/{export_id}")


def cancel_export(export_id: int) -> Call[Export]:
    """Stop making an export."""
    return Call("POST", f"/exports/{export_id}/cancel")


def delete_export(export_id: int) -> Call[None]:
    """Delete an export with its file, or stop making it."""
    return Call("DELETE", f"/exports/{export_id}")
