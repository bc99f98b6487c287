"""The queue and the answers."""

import uuid
from collections.abc import Sequence
from typing import Literal

from secondlook.call import Call, without_none
from secondlook.results import (
    Agreed,
    AnswerRecorded,
    AnswerResults,
    AnswerToSend,
    Box,
    GivenAnswer,
    Leases,
    Page,
    Progress,
    Queue,
)


def get_queue(
    mode: Literal["label", "review"] = "label", *, limit: int | None = None, assignment: int | None = None
) -> Call[Queue]:
    """Faces to answer, leased to you; with `assignment` those that are assigned to you."""
    return Call("GET", "/queue", {"mode": mode, "limit": limit, "assignment": assignment})


def get_agreed(*, label: str | None = None, limit: int | None = None) -> Call[Agreed]:
    """Faces that the live model is sure of, leased to you."""
    return Call("GET", "/agreed", {"label": label, "limit": limit})


def get_progress() -> Call[Progress]:
    """How many answers there are, and how many are needed, until a retrain is worth it."""
    return Call("GET", "/progress")


def send_answer(
    kind: Literal["label", "reject", "adjust", "unsure", "draw", "undo", "redo"],
    face_id: int | None = None,
    *,
    label: str | None = None,
    box: Box | None = None,
    photo_id: int | None = None,
    drawn_key: str | None = None,
    seconds: float | None = None,
    seen_at: str | None = None,
    client_key: str | None = None,
) -> Call[AnswerRecorded]:
    """Answer a face. The same `client_key` again changes nothing; without one it gets its own."""
    body = without_none(
        client_key=client_key or uuid.uuid4().hex,
        kind=kind,
        face_id=face_id,
        photo_id=photo_id,
        drawn_key=drawn_key,
        label=label,
        box=box,
        seconds=seconds,
        seen_at=seen_at,
    )
    return Call("POST", "/answers", json=body, accept_key=False)


def send_answers(answers: Sequence[AnswerToSend]) -> Call[AnswerResults]:
    """Several answers in their order, each for itself."""
    return Call("POST", "/answers/many", json={"answers": list(answers)}, accept_key=False)


def list_answers(*, cursor: int | None = None, limit: int | None = None) -> Call[Page[GivenAnswer]]:
    """Your answers that stand, newest first."""
    return Call("GET", "/answers", {"cursor": cursor, "limit": limit})


def renew_leases(keep: Sequence[int] = (), drop: Sequence[int] = ()) -> Call[Leases]:
    """Keep the faces you are busy with for yourself, and let others have those that you leave."""
    return Call("POST", "/leases", json={"keep": list(keep), "drop": list(drop)}, accept_key=False)
