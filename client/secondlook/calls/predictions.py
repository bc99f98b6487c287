"""The model at work."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from secondlook.call import Call, Upload, read_bytes
from secondlook.results import Accepted, Batch, Prediction, Tried


def predict(file: Upload, *, run: int | None = None) -> Call[Prediction]:
    """What a model sees in a photo, which is not kept; by default the live one."""
    return Call("POST", "/predict", {"run": run}, files=(("file", file),), accept_key=False)


def predict_picture(file: Upload, *, run: int | None = None) -> Call[bytes]:
    """The same as a JPEG: the photo, the faces drawn over it."""
    query = {"run": run, "annotated": True}
    return Call("POST", "/predict", query, files=(("file", file),), read=read_bytes, accept_key=False)


def send_batch(files: Sequence[Upload], *, run: int | None = None) -> Call[Accepted]:
    """Ask about up to 64 photos at once."""
    return Call("POST", "/predictions", {"run": run}, files=tuple(("file", file) for file in files))


def get_batch(batch_id: int) -> Call[Batch]:
    """What a model sees in the photos of a batch, as far as they are answered."""
    return Call("GET", f"/predictions/{batch_id}")


def delete_batch(batch_id: int) -> Call[None]:
    """Delete the answers of a batch."""
    return Call("DELETE", f"/predictions/{batch_id}")


def keep_photo(
    file: Upload, run: int, *, corrections: Sequence[dict[str, Any]] = (), client_key: str | None = None
) -> Call[Tried]:
    """Keep a photo that a model was tried on; each correction is `{"box": ..., "label": ...}`."""
    form = {"run": run, "corrections": json.dumps(list(corrections))}
    form |= {"client_key": client_key or uuid.uuid4().hex}
    return Call("POST", "/tried", files=(("file", file),), form=form, accept_key=False)
