"""What this workbench wrote, it knows again: a model file is used only with its hash and our signature."""

import hashlib
import hmac

from db.models import Artifact
from db.settings import settings
from db.storage import blobs


class Tampered(Exception):
    """A stored model is not what this workbench wrote; the message says which."""


def sign(run_id: int, form: str, blob: str) -> str:
    """HMAC-SHA-256 over run, form and content hash, by the workbench's secret key."""
    said = f"{run_id}:{form}:{blob}".encode()
    return hmac.new(settings().signing_key().encode(), said, hashlib.sha256).hexdigest()


def read(artifact: Artifact) -> bytes:
    """The file's bytes. Raises Tampered, or FileNotFoundError when they are gone."""
    name = f"{artifact.form} of run {artifact.run_id}"
    if not hmac.compare_digest(artifact.signature, sign(artifact.run_id, artifact.form, artifact.blob)):
        raise Tampered(f"The signature of {name} is not ours.")
    data = blobs().get(artifact.blob)
    if hashlib.sha256(data).hexdigest() != artifact.blob:
        raise Tampered(f"The stored bytes of {name} have changed.")
    return data
