"""Videos over JSON; they are sent in parts, see `uploads`."""

from typing import Any

from apiflask import APIBlueprint

from db.models import Clip
from labeller.uploads import clips
from web.api import upload_schemas as schemas
from web.auth.identity import me
from web.database import db

blueprint = APIBlueprint("api_clips", __name__, tag="Photos")


@blueprint.get("/clips/<int:clip_id>")
@blueprint.output(schemas.ClipOut)
@blueprint.doc(security="token")
def get_clip(clip_id: int) -> Any:
    """How far a video is, and the photos that were made of its frames."""
    return clip_out(clips.visible_clip(db(), clip_id, me()))


def clip_out(clip: Clip) -> dict[str, Any]:
    """A video as the API returns it."""
    return {
        "id": clip.id,
        "status": clip.status,
        "progress": clip.progress,
        "error": clip.error,
        "photos": clips.photos_of(db(), clip),
    }
