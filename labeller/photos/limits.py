"""The size limit of uploads."""

from db.settings import settings
from labeller.errors import BadPhoto, PhotoTooLarge


def check_size(data: bytes) -> None:
    """Raises BadPhoto for an empty file and PhotoTooLarge for one over MAX_UPLOAD_MB."""
    if not data:
        raise BadPhoto("empty_file", "This file is empty.", "Choose the photo again.")
    limit = settings().max_upload_mb
    if len(data) > limit << 20:
        hint = f"The limit is {limit} MB. Send the photo in its normal size."
        raise PhotoTooLarge("file_too_large", "This file is too large.", hint)
