"""Notes on faces over JSON: written, answered, resolved; the pages speak this too."""

from typing import Any

from apiflask import APIBlueprint
from flask import url_for

from db.models import Comment
from labeller.comments import read, write
from labeller.photos.access import shown_face
from web.api import comment_schemas as schemas
from web.auth.identity import me
from web.database import db

blueprint = APIBlueprint("api_comments", __name__, tag="Notes")


@blueprint.get("/faces/<int:face_id>/comments")
@blueprint.output(schemas.NotesOut)
@blueprint.doc(security="token")
def list_face_comments(face_id: int) -> Any:
    """The notes on a face, with the answers to them."""
    face = shown_face(db(), face_id)
    return {"items": [_note_out(thread) for thread in read.threads_on(db(), face.id)]}


@blueprint.post("/faces/<int:face_id>/comments")
@blueprint.input(schemas.CommentIn)
@blueprint.output(schemas.CommentOut, status_code=201)
@blueprint.doc(security="token")
def add_comment(face_id: int, json_data: schemas.CommentIn) -> Any:
    """Leave a note on a face for the team, or answer one. A note says nothing about the face's label."""
    comment = write.add_comment(db(), me(), face_id, json_data.text, json_data.answers)
    db().commit()
    return _comment_out(comment)


@blueprint.get("/comments")
@blueprint.input(schemas.CommentsQuery, location="query")
@blueprint.output(schemas.NotePageOut)
@blueprint.doc(security="token")
def list_comments(query_data: schemas.CommentsQuery) -> Any:
    """Notes on all faces, newest first."""
    page = read.threads(db(), query_data.state, query_data.cursor or None, query_data.limit)
    return {"items": [_note_out(thread) for thread in page.items], "next": page.next}


@blueprint.post("/comments/<int:comment_id>/resolve")
@blueprint.output(schemas.CommentOut)
@blueprint.doc(security="token")
def resolve_comment(comment_id: int) -> Any:
    """Call a note resolved. Safe to repeat."""
    note = write.resolve(db(), me(), comment_id)
    db().commit()
    return _comment_out(note)


@blueprint.post("/comments/<int:comment_id>/reopen")
@blueprint.output(schemas.CommentOut)
@blueprint.doc(security="token")
def reopen_comment(comment_id: int) -> Any:
    """Open a note again. Safe to repeat."""
    note = write.reopen(db(), comment_id)
    db().commit()
    return _comment_out(note)


@blueprint.delete("/comments/<int:comment_id>")
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token", responses={403: "Somebody else wrote it; only an owner may delete it."})
def delete_comment(comment_id: int) -> Any:
    """Delete your own note or answer. Answers to a deleted note become notes."""
    write.delete_comment(db(), me(), comment_id)
    db().commit()
    return ""


def _comment_out(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.id,
        "text": comment.text,
        "person": comment.person.name,
        "mine": comment.person_id == me().id,
        "created": comment.created_at.isoformat(),
    }


def _note_out(thread: read.Thread) -> dict[str, Any]:
    note, face = thread.note, thread.note.face
    return _comment_out(note) | {
        "face_id": face.id,
        "photo_id": face.photo_id,
        "thumb_url": url_for("pictures.thumb", face_id=face.id, v=face.box_version),
        "resolved": note.resolved_at.isoformat() if note.resolved_at else None,
        "answers": [_comment_out(one) for one in thread.answers],
    }
