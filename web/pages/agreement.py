"""How far people agree, and the faces they do not agree about, settled side by side."""

import uuid

from apiflask import APIBlueprint
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from db.base import now
from labeller.answers import record
from labeller.errors import BadAnswer
from labeller.reports import annotator_agreement
from web.auth.identity import me
from web.database import db
from web.pages.gallery import seen_at

pages = APIBlueprint("agreement", __name__, enable_openapi=False)


@pages.get("/agreement")
def page() -> ResponseReturnValue:
    """A labeller sees their own record; the owner sees everybody's."""
    figures, records = annotator_agreement.measure(db())
    own = [one for one in records if me().role == "owner" or one.person.id == me().id]
    found = annotator_agreement.disputed(db())
    count = annotator_agreement.count_disputed(db())
    return render_template(
        "agreement/agreement.html",
        figures=figures,
        records=own,
        found=found,
        disagreements=count,
        seen_at=now(),
    )


@pages.post("/agreement/<int:face_id>")
def settle(face_id: int) -> ResponseReturnValue:
    """An answer that knows the others'. What came after the page was made is not overwritten."""
    kind, _, label = request.form.get("answer", "").partition(":")
    if kind not in ("label", "reject", "unsure"):
        raise BadAnswer("no_answer", "Choose what it is.", "Press one of the buttons below the face.")
    given = record.Given(uuid.uuid4().hex, kind, face_id, label or None, seen_at=seen_at())
    record.record(db(), me(), given)
    db().commit()
    return redirect(url_for(".page"))
