"""Answers from a form: the buttons below a face in the gallery, under Disagreements and on a run."""

import uuid
from datetime import UTC, datetime

from flask import request

from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.errors import BadAnswer
from web.auth.identity import me
from web.database import db
from web.i18n import _

KINDS = ("label", "reject", "unsure")


def posted_answer() -> tuple[str, str | None]:
    """The kind of answer and its label, from the pressed button's value `kind` or `kind:label`."""
    kind, _separator, label = request.form.get("answer", "").partition(":")
    return kind, label or None


def page_made_at() -> datetime:
    """When the page of this form was made; an answer given after that is not overwritten."""
    try:
        return datetime.fromisoformat(request.form.get("seen_at", "")).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadAnswer("page_expired", _("This page is too old to answer from."), _("Reload it.")) from error


def record_posted_answer(face_id: int) -> None:
    """Record the form's answer to one face and commit. Raises BadAnswer without one."""
    kind, label = posted_answer()
    if kind not in KINDS:
        raise BadAnswer("no_answer", _("Choose what it is."), _("Press one of the buttons below the face."))
    key = uuid.uuid4().hex
    record_answer(db(), me(), AnswerInput(key, kind, face_id, label, seen_at=page_made_at()))
    db().commit()
