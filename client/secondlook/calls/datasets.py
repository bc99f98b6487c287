"""Tags, saved filters and versions of the data."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from secondlook.call import Call
from secondlook.results import (
    Page,
    PhotoTags,
    SavedFilter,
    SentToReview,
    Tag,
    Tagged,
    Version,
    VersionComparison,
)


def list_tags(*, cursor: int | None = None, limit: int | None = None) -> Call[Page[Tag]]:
    """Every tag, and how many photos and faces have it."""
    return Call("GET", "/tags", {"cursor": cursor, "limit": limit})


def put_tag(name: str, *, face_ids: Sequence[int] = (), photo_ids: Sequence[int] = ()) -> Call[Tagged]:
    """Put a tag on photos and faces; it is made if there is none of that name."""
    return Call("PUT", "/tags", json={"name": name, "face_ids": list(face_ids), "photo_ids": list(photo_ids)})


def take_tag_off(tag_id: int, *, face_ids: Sequence[int] = (), photo_ids: Sequence[int] = ()) -> Call[Tagged]:
    """Take a tag off photos and faces."""
    body = {"face_ids": list(face_ids), "photo_ids": list(photo_ids)}
    return Call("PUT", f"/tags/{tag_id}/off", json=body)


def rename_tag(tag_id: int, name: str) -> Call[None]:
    """Rename a tag."""
    return Call("PUT", f"/tags/{tag_id}", json={"name": name})


def delete_tag(tag_id: int) -> Call[None]:
    """Take a tag off everything and delete it."""
    return Call("DELETE", f"/tags/{tag_id}")


def photo_tags(photo_id: int) -> Call[PhotoTags]:
    """The tags of a photo and of its faces."""
    return Call("GET", f"/photos/{photo_id}/tags")


def list_filters(*, cursor: int | None = None, limit: int | None = None) -> Call[Page[SavedFilter]]:
    """The saved filters of the gallery."""
    return Call("GET", "/filters", {"cursor": cursor, "limit": limit})


def save_filter(
    name: str,
    *,
    view: Literal["faces", "photos"] = "faces",
    person: int | None = None,
    state: str | None = None,
    label: str | None = None,
    look: str | None = None,
    since: str | None = None,
    until: str | None = None,
    tag: int | None = None,
) -> Call[SavedFilter]:
    """Save a filter under a name; days are as 2026-11-24. It is evaluated anew whenever it is used."""
    fields = {"person": person, "state": state, "label": label, "look": look, "tag": tag}
    days = {"since": since, "until": until}
    return Call("POST", "/filters", json={"name": name, "view": view} | fields | days)


def rename_filter(filter_id: int, name: str) -> Call[None]:
    """Rename a saved filter."""
    return Call("PUT", f"/filters/{filter_id}", json={"name": name})


def delete_filter(filter_id: int) -> Call[None]:
    """Delete a saved filter; what it shows stays."""
    return Call("DELETE", f"/filters/{filter_id}")


def send_to_review(
    *,
    filter: Mapping[str, Any] | None = None,
    tag: int | None = None,
    saved_filter: int | None = None,
    whole_photos: bool = False,
) -> Call[SentToReview]:
    """Send the newest 1,000 faces of a filter, a tag or a saved filter to review."""
    return Call("POST", "/review", json=_source(filter, tag, saved_filter, whole_photos))


def list_versions(
    *, made_by: Literal["hand", "run"] | None = None, cursor: int | None = None, limit: int | None = None
) -> Call[Page[Version]]:
    """Versions of the data, newest first: made by hand, or of what a run collected."""
    return Call("GET", "/versions", {"made_by": made_by, "cursor": cursor, "limit": limit})


def make_version(
    name: str,
    *,
    note: str = "",
    filter: Mapping[str, Any] | None = None,
    tag: int | None = None,
    saved_filter: int | None = None,
    whole_photos: bool = False,
    run: int | None = None,
) -> Call[Version]:
    """Freeze photos, boxes, labels and splits as they are now; without a source, all of them."""
    source = _source(filter, tag, saved_filter, whole_photos)
    return Call("POST", "/versions", json={"name": name, "note": note, "run": run} | source)


def get_version(version_id: int) -> Call[Version]:
    """One version, and what of it has been deleted since."""
    return Call("GET", f"/versions/{version_id}")


def rename_version(version_id: int, name: str, *, note: str | None = None) -> Call[Version]:
    """Name a version, also one that a run made."""
    return Call("PUT", f"/versions/{version_id}", json={"name": name, "note": note})


def delete_version(version_id: int) -> Call[None]:
    """Delete a version that no run used; its photos stay."""
    return Call("DELETE", f"/versions/{version_id}")


def compare_versions(
    version_id: int,
    other_id: int,
    *,
    kind: Literal["added", "removed", "relabelled", "moved", "split"] | None = None,
    cursor: int | None = None,
    limit: int | None = None,
) -> Call[VersionComparison]:
    """What differs from the first version to the other, and the faces of one kind."""
    query = {"kind": kind, "cursor": cursor, "limit": limit}
    return Call("GET", f"/versions/{version_id}/compare/{other_id}", query)


def _source(
    filter: Mapping[str, Any] | None, tag: int | None, saved_filter: int | None, whole_photos: bool
) -> dict[str, Any]:
    return {"filter": filter, "tag": tag, "saved_filter": saved_filter, "whole_photos": whole_photos}
