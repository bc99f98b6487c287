"""Photos and videos in parts, for whoever sends over a connection that breaks."""

from typing import Any

from apiflask import APIBlueprint
from flask import request

from db.settings import settings
from labeller.uploads import chunked, clips, open_uploads, quotas
from web.api import schemas, upload_schemas
from web.api.photos import shown_in, status
from web.auth.identity import me
from web.database import db

blueprint = APIBlueprint("api_uploads", __name__, tag="Photos")


@blueprint.post("/uploads")
@blueprint.input(schemas.UploadsIn)
@blueprint.output(upload_schemas.UploadsOut)
@blueprint.doc(security="token")
def look_up(json_data: schemas.UploadsIn) -> Any:
    """Ask, before sending, what of these files is here already."""
    known = chunked.arrived(db(), me(), json_data.sha256)
    videos = clips.known_clips(db(), me(), json_data.sha256)
    arrived = []
    for digest in dict.fromkeys([*known, *videos]):
        photo, parts = known.get(digest, (None, []))
        arrived.append({"sha256": digest, "photo_id": photo, "clip_id": videos.get(digest), "parts": parts})
    return {"part_bytes": chunked.PART_BYTES, "arrived": arrived}


@blueprint.put("/uploads/<sha256>/<int(min=0):part>")
@blueprint.input(schemas.PartQuery, location="query")
@blueprint.output(upload_schemas.PartOut)
@blueprint.doc(
    security="token", responses={409: "Damaged on its way: send all parts again.", 413: "Too large."}
)
def send_part(sha256: str, part: int, query_data: schemas.PartQuery) -> Any:
    """Send one part as the body; the last one to arrive makes the photo, or begins the search of a video."""
    depicted = shown_in(query_data.person)
    sent = chunked.Part(sha256, part, query_data.of, request.get_data())
    received = chunked.take_part(db(), me(), depicted, sent)
    db().commit()
    if received is None:
        return {"photo": None, "clip": None}
    chunked.delete_parts(me(), sha256)
    if isinstance(received, clips.ReceivedClip):
        return {"photo": None, "clip": _accepted(received.clip.id, received.clip.status, received.created)}
    photo = received.photo
    return {"photo": _accepted(photo.id, status(photo), received.created), "clip": None}


def _accepted(id: int, status: str, created: bool) -> dict[str, Any]:
    return {"id": id, "status": status, "duplicate_of": None if created else id}


@blueprint.get("/quota")
@blueprint.output(upload_schemas.QuotaOut)
@blueprint.doc(security="token")
def get_quota() -> Any:
    """How much of what you may send you have sent."""
    quota = quotas.quota_of(db(), me())
    uploads, size = open_uploads.count(me())
    photos, kept = quotas.kept_by(db(), me())
    return {
        "photos": {"used": photos, "limit": quota and quota.max_photos},
        "bytes": {"used": kept, "limit": quota and quota.max_bytes},
        "open_uploads": {"used": uploads, "limit": quota and settings().max_open_uploads},
        "open_bytes": {"used": size, "limit": quota and open_uploads.most_bytes()},
    }
