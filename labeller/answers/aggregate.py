"""Aggregating a face's answers into its label, state and box. No database: rows in, columns set."""

from collections.abc import Sequence

from db.classes import Classes
from db.models import Answer, Face


def apply_answers(face: Face, answers: Sequence[Answer], classes: Classes) -> None:
    """Set the face's columns from its standing answers (undone ones left out), oldest first.

    An informed answer, given in the knowledge of the others', settles the face. Before one, every person's
    latest opinion counts: the first person's becomes the label, and the face is disputed if another differs.
    """
    _apply_box(face, answers)
    opinions = [one for one in answers if opinion(one, classes)]
    settled_from = max((i for i, one in enumerate(opinions) if one.informed), default=0)
    latest = {one.person_id: one for one in opinions[settled_from:]}
    sure = [one for one in latest.values() if one.kind != "unsure"]
    deciding = next(iter(sure or latest.values()), None)
    kind, face.label = (deciding and opinion(deciding, classes)) or (None, None)
    was_drawn = any(one.kind == "draw" for one in answers)
    is_withdrawn = deciding is None and face.source == "human" and not was_drawn
    is_rejected = is_withdrawn or kind == "reject"
    face.state = "confirmed" if face.label else "rejected" if is_rejected else "proposed"
    face.decided_by = deciding.person_id if deciding else None
    face.decided_at = deciding.created_at if deciding else None
    face.disputed = not face.gold and len({opinion(one, classes) for one in sure}) > 1
    face.opinions = len({one.person_id for one in opinions})
    face.waiting = not is_withdrawn and (deciding is None or face.opinions < face.opinions_wanted)


def opinion(answer: Answer, classes: Classes) -> tuple[str, str | None] | None:
    """(`label`, class), (`reject`, None) or (`unsure`, None); None if the answer says nothing of the kind."""
    if answer.kind in ("reject", "unsure"):
        return answer.kind, None
    name = classes.resolve(answer.label)
    return ("label", name) if name else None


def _apply_box(face: Face, answers: Sequence[Answer]) -> None:
    boxes = [one.box for one in answers if one.box]
    box = tuple(boxes[-1] if boxes else face.proposed_box)
    if box != face.box:
        face.x, face.y, face.w, face.h = box
        face.box_version += 1  # embeddings and scores of the old box are out of date
