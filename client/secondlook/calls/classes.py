"""Classes, disagreement and picks by hand."""

from collections.abc import Sequence

from secondlook.call import Call
from secondlook.results import Class, Dispute, Gold, Map, MapProgress, Page, Picks


def list_classes(*, cursor: int | None = None, limit: int | None = None) -> Call[Page[Class]]:
    """The classes by id, those that were merged or retired included."""
    return Call("GET", "/classes", {"cursor": cursor, "limit": limit})


def add_class(name: str) -> Call[Class]:
    """Add a class; a retired one comes back with its answers."""
    return Call("POST", "/classes", json={"name": name})


def rename_class(class_id: int, name: str) -> Call[Class]:
    """Rename a class everywhere."""
    return Call("PATCH", f"/classes/{class_id}", json={"name": name})


def merge_class(class_id: int, into: int) -> Call[Class]:
    """Count the answers of this class as another's."""
    return Call("POST", f"/classes/{class_id}/merge", json={"into": into})


def retire_class(class_id: int) -> Call[None]:
    """Stop counting a class's answers; adding its name again brings them back."""
    return Call("DELETE", f"/classes/{class_id}")


def list_disputes(*, cursor: int | None = None, limit: int | None = None) -> Call[Page[Dispute]]:
    """Faces on which people disagree, with what each of them said."""
    return Call("GET", "/disputes", {"cursor": cursor, "limit": limit})


def mark_gold(face_ids: Sequence[int]) -> Call[Gold]:
    """Mark faces as certain: people are measured on them."""
    return Call("POST", "/faces/gold", json={"face_ids": list(face_ids)})


def get_map() -> Call[Map]:
    """Every face's place, by columns."""
    return Call("GET", "/map")


def get_map_progress() -> Call[MapProgress]:
    """How many faces have a place."""
    return Call("GET", "/map/progress")


def draw_map() -> Call[MapProgress]:
    """Lay the map out anew if faces have no place yet."""
    return Call("POST", "/map/draw")


def pick_faces(face_ids: Sequence[int]) -> Call[Picks]:
    """Send faces to review, in the order given."""
    return Call("POST", "/picks", json={"face_ids": list(face_ids)})


def undo_picks(pick_id: int) -> Call[None]:
    """Take faces that you sent out of review again."""
    return Call("DELETE", f"/picks/{pick_id}")
