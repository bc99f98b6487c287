"""Notes on faces."""

from typing import Literal

from secondlook.call import Call
from secondlook.results import Comment, Note, Notes, Page


def list_face_comments(face_id: int) -> Call[Notes]:
    """The notes on a face, with the answers to them."""
    return Call("GET", f"/faces/{face_id}/comments")


def add_comment(face_id: int, text: str, *, answers: int | None = None) -> Call[Comment]:
    """Leave a note on a face, or answer the note with the id `answers`."""
    return Call("POST", f"/faces/{face_id}/comments", json={"text": text, "answers": answers})


def list_comments(
    *, state: Literal["open", "resolved"] | None = None, cursor: int | None = None, limit: int = 50
) -> Call[Page[Note]]:
    """Notes on all faces, newest first."""
    return Call("GET", "/comments", {"state": state, "cursor": cursor, "limit": limit})


def resolve_comment(comment_id: int) -> Call[Comment]:
    """Call a note resolved."""
    return Call("POST", f"/comments/{comment_id}/resolve")


def reopen_comment(comment_id: int) -> Call[Comment]:
    """Open a note again."""
    return Call("POST", f"/comments/{comment_id}/reopen")


def delete_comment(comment_id: int) -> Call[None]:
    """Delete your own note or answer."""
    return Call("DELETE", f"/comments/{comment_id}")
