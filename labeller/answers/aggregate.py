"""What a face's answers amount to. No database: rows in, columns set."""

from collections.abc import Sequence

from db.classes import Classes
from db.models import Answer, Face


def fold(face: Face, standing: Sequence[Answer], classes: Classes) -> None:
    """Set the face's columns to what its standing answers (undone ones left out), oldest first, say.

    Who answered knowing what others had said settles the matter; before that, nobody's answer is better
    than another's: the first person's latest word counts, and the face is disputed when another differs.
    """
    _place(face, standing)
    said = [one for one in standing if opinion(one, classes)]
    settled = max((i for i, one in enumerate(said) if one.informed), default=0)
    latest = {one.person_id: one for one in said[settled:]}
    sure = [one for one in latest.values() if one.kind != "unsure"]
    first = next(iter(sure or latest.values()), None)
    kind, face.label = (first and opinion(first, classes)) or (None, None)
    drawn_and_taken_back = face.source == "human" and not any(one.kind == "draw" for one in standing)
    gone = first is None and drawn_and_taken_back
    face.state = "confirmed" if face.label else "rejected" if gone or kind == "reject" else "proposed"
    face.decided_by = first.person_id if first else None
    face.decided_at = first.created_at if first else None
    face.disputed = not face.gold and len({opinion(one, classes) for one in sure}) > 1
    face.opinions = len({one.person_id for one in said})
    face.waiting = not gone and (first is None or face.opinions < face.wanted)


def opinion(answer: Answer, classes: Classes) -> tuple[str, str | None] | None:
    """(`label`, class), (`reject`, None) or (`unsure`, None); None if it does not say what the face is."""
    if answer.kind in ("reject", "unsure"):
        return answer.kind, None
    name = classes.resolve(answer.label)
    return ("label", name) if name else None


def _place(face: Face, standing: Sequence[Answer]) -> None:
    boxes = [one.box for one in standing if one.box]
    box = tuple(boxes[-1] if boxes else face.proposed_box)
    if box != face.box:
        face.x, face.y, face.w, face.h = box
        face.box_version += 1  # embeddings and scores of the old box no longer match
