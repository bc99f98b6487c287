"""Client keys that say where an answer comes from: a key is unique, and its prefix is the origin.

The bench sends batches of its own and reads the prefix `batch-ID:` back (`static/bench`).
"""

import uuid

from sqlalchemy import ColumnElement, or_

from db.models import Answer, Face, Photo
from labeller.photos.box import Box

_FOLDER, _DATASET = "folder:", "dataset:"


def folder_key(photo: Photo, face: Face, number: int = 0) -> str:
    """The key of the `number`-th answer that an import folder gives for its photo's face."""
    key = f"{_FOLDER}{photo.sha256}:{face.id}"
    return f"{key}:{number}" if number else key


def is_from_folder() -> ColumnElement[bool]:
    """In a query: whether an answer comes from an import folder and not from a person."""
    return Answer.client_key.startswith(_FOLDER)


def dataset_key(photo: Photo, box: Box, what: str) -> str:
    """The key of what an imported dataset says of a box: the same for the same, however often it comes."""
    return f"{keys_of_dataset(photo)}{','.join(f'{side:.2f}' for side in box)}:{what}"


def keys_of_dataset(photo: Photo) -> str:
    """How the keys of all that datasets say of a photo begin."""
    return f"{_DATASET}{photo.id}:"


def is_imported() -> ColumnElement[bool]:
    """In a query: whether an answer came with an import and was not given here."""
    return or_(Answer.client_key.startswith(_FOLDER), Answer.client_key.startswith(_DATASET))


def comes_from_import(answer: Answer) -> bool:
    """Whether the answer came with an import and was not given here."""
    return answer.client_key.startswith((_FOLDER, _DATASET))


def holds_ids(key: str) -> bool:
    """Whether ids of this workbench are in the key, so that it says nothing in another one."""
    return key.startswith((_FOLDER, _DATASET))


def moved_key(key: str, ids: tuple[int, int], photo: Photo, face: Face) -> str:
    """The key here of an answer from another workbench, where photo and face had these ids: keys of imports
    hold such."""
    parts, (photo_id, face_id) = key.split(":"), ids
    if key.startswith(_FOLDER) and parts[2:3] == [str(face_id)]:
        parts[2] = str(face.id)
    elif key.startswith(_DATASET) and parts[1] == str(photo_id):
        parts[1] = str(photo.id)
    return ":".join(parts)


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
