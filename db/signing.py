"""Signatures of model files: a file is used only if its hash and this workbench's signature match."""

import hashlib
import hmac

from db.errors import Conflict
from db.models import Artifact
from db.settings import settings
from db.storage import blobs


class Tampered(Conflict):
    """A model file is gone or is not what this workbench wrote; the message says which."""

    def __init__(self, message: str) -> None:
        super().__init__("tampered", message, "It is not used. Go back to another run, or train again.")


def sign(run_id: int, form: str, blob: str) -> str:
    """HMAC-SHA-256 of run, form and content hash with the workbench's secret key, in hex."""
    message = f"{run_id}:{form}:{blob}".encode()
    return hmac.new(settings().signing_key().encode(), message, hashlib.sha256).hexdigest()


def workbench_id() -> str:
    """What archives call this workbench: always the same, and nothing of the key can be told from it."""
    return hmac.new(settings().signing_key().encode(), b"workbench", hashlib.sha256).hexdigest()[:16]


def read_verified(artifact: Artifact) -> bytes:
    """The file's bytes, after checking its signature and its hash. Raises Tampered."""
    name = f"{artifact.form} of run {artifact.run_id}"
    if not hmac.compare_digest(artifact.signature, sign(artifact.run_id, artifact.form, artifact.blob)):
        raise Tampered(f"The signature of {name} is not ours.")
    try:
        data = blobs().get(artifact.blob)
    except FileNotFoundError as error:
        raise Tampered(f"The file {name} is gone.") from error
    if hashlib.sha256(data).hexdigest() != artifact.blob:
        raise Tampered(f"The stored bytes of {name} have changed.")
    return data
