"""Faces that look like another one."""

from typing import Literal

from secondlook.call import Call, Upload
from secondlook.results import SimilarFaces, SimilarToPhoto


def find_similar(
    face_id: int,
    *,
    limit: int = 12,
    state: Literal["proposed", "confirmed"] | None = None,
    label: str | None = None,
) -> Call[SimilarFaces]:
    """The faces most like one, nearest first, without itself."""
    return Call("GET", f"/faces/{face_id}/similar", {"limit": limit, "state": state, "label": label})


def find_similar_to_photo(file: Upload, *, limit: int = 12) -> Call[SimilarToPhoto]:
    """For each face in a photo, which is not kept, the faces most like it."""
    return Call("POST", "/similar", {"limit": limit}, files=(("file", file),), accept_key=False)
