"""How far people agree, and the faces they disagree about."""

from apiflask import APIBlueprint
from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from db.base import now
from labeller.reports import annotator_agreement
from web.auth.identity import me
from web.database import db
from web.pages.answer_form import record_posted_answer

pages = APIBlueprint("agreement", __name__, enable_openapi=False)


@pages.get("/agreement")
def page() -> ResponseReturnValue:
    """A labeller sees their own record; the owner sees everybody's."""
    agreement, records = annotator_agreement.measure(db())
    visible = [record for record in records if me().role == "owner" or record.person.id == me().id]
    return render_template(
        "agreement/agreement.html",
        agreement=agreement,
        records=visible,
        measured=annotator_agreement.MEASURED,
        disputes=annotator_agreement.disputed_faces(db()),
        disagreements=annotator_agreement.count_disputed(db()),
        seen_at=now(),
    )


@pages.post("/agreement/<int:face_id>")
def settle(face_id: int) -> ResponseReturnValue:
    """Answer with the others' answers in view."""
    record_posted_answer(face_id)
    return redirect(url_for(".page"))
