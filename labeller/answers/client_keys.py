"""Client keys that say where an answer comes from: a key is unique, and its prefix is the origin.

The bench sends batches of its own and reads the prefix `batch-ID:` back (`static/bench`).
"""

import uuid

from sqlalchemy import ColumnElement

from db.models import Answer, Face, Photo

_FOLDER = "folder:"


def folder_key(photo: Photo, face: Face, number: int = 0) -> str:
    """The key of the `number`-th answer that an import folder gives for its photo's face."""
    key = f"{_FOLDER}{photo.sha256}:{face.id}"
    return f"{key}:{number}" if number else key


def is_from_folder() -> ColumnElement[bool]:
    """In a query: whether an answer comes from an import folder and not from a person."""
    return Answer.client_key.startswith(_FOLDER)


def comes_from_folder(answer: Answer) -> bool:
    """Whether the answer comes from an import folder and not from a person."""
    return answer.client_key.startswith(_FOLDER)


def new_batch() -> str:
    """The id of a new batch of answers."""
    return f"batch-{uuid.uuid4().hex}"


def batch_key(batch: str, face_id: int) -> str:
    """The key of a batch's answer to one face."""
    return f"{batch}:{face_id}"


def is_in_batch(batch: str) -> ColumnElement[bool]:
    """Whether an answer belongs to the batch."""
    return Answer.client_key.startswith(f"{batch}:", autoescape=True)


def undo_key() -> str:
    """The key of an undo that the server records itself."""
    return f"undo-{uuid.uuid4().hex}"


def tried_key(key: str, number: int) -> str:
    """The key of the `number`-th answer that was sent with a tried photo under `key`."""
    return f"tried-{key}:{number}"
