"""How large a file may be that is sent in one request."""

from db.settings import settings

TAKES_DATASETS = frozenset({"api_imports.start_import", "imports.start"})
LARGEST_DATASET_MB = 400
"""In one request: less than one address may have on the way at once. Larger ones come in parts."""


def file_limit(endpoint: str | None) -> int:
    """The most megabytes of a file that is sent to the endpoint."""
    if endpoint in TAKES_DATASETS:
        return max(settings().max_upload_mb, min(settings().max_import_mb, LARGEST_DATASET_MB))
    return settings().max_upload_mb
