"""Photos and their faces."""

import uuid
from typing import Literal

from secondlook.call import Call, Upload, read_bytes, without_none
from secondlook.results import Box, Face, ListedFace, Page, Photo, PhotoAccepted, PhotoState


def send_photo(file: Upload, *, person: int | str | None = None) -> Call[PhotoAccepted]:
    """Send one photo; an owner may name who is in it. Its faces are proposed in the background."""
    return Call("POST", "/photos", files=(("file", file),), form={"person": person})


def list_photos(
    *, tag: int | None = None, cursor: int | None = None, limit: int | None = None
) -> Call[Page[Photo]]:
    """Photos, newest first; a friend's own."""
    return Call("GET", "/photos", {"tag": tag, "cursor": cursor, "limit": limit})


def get_photo(photo_id: int) -> Call[Photo]:
    """One photo with the faces found so far."""
    return Call("GET", f"/photos/{photo_id}")


def delete_photo(photo_id: int) -> Call[None]:
    """Delete a photo and everything derived from it."""
    return Call("DELETE", f"/photos/{photo_id}")


def retry_photo(photo_id: int) -> Call[PhotoState]:
    """Look again for the faces of a photo that failed."""
    return Call("POST", f"/photos/{photo_id}/retry")


def turn_photo(photo_id: int, degrees: Literal[90, 180, 270]) -> Call[PhotoState]:
    """Turn a photo clockwise and look for its faces anew."""
    return Call("POST", f"/photos/{photo_id}/turn", json={"degrees": degrees})


def draw_face(
    photo_id: int, box: Box, *, label: str | None = None, client_key: str | None = None
) -> Call[Face]:
    """Draw a face that the detector missed."""
    key = client_key or uuid.uuid4().hex
    body = without_none(box=box, label=label, client_key=key)
    return Call("POST", f"/photos/{photo_id}/faces", json=body, accept_key=False)


def complete_photo(photo_id: int, *, reject_left: bool = False) -> Call[None]:
    """Say that every face in the photo has its box; with `reject_left` unanswered boxes are no faces."""
    return Call("PUT", f"/photos/{photo_id}/complete", {"reject_left": reject_left})


def reopen_photo(photo_id: int) -> Call[None]:
    """Take that back."""
    return Call("DELETE", f"/photos/{photo_id}/complete")


def fetch(url: str) -> Call[bytes]:
    """The file at an address of the workbench that an answer names, such as `crop_url`."""
    return Call("GET", url, is_named=True, read=read_bytes)


def list_faces(
    *,
    state: Literal["proposed", "confirmed", "rejected"] | None = None,
    label: str | None = None,
    person: int | str | None = None,
    tag: int | None = None,
    cursor: int | None = None,
    limit: int | None = None,
) -> Call[Page[ListedFace]]:
    """Faces by id, filtered."""
    query = {"state": state, "label": label, "person": person, "tag": tag, "cursor": cursor, "limit": limit}
    return Call("GET", "/faces", query)
