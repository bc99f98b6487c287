"""What a token of each scope may call, of what its person's role may."""

from flask import request

from db.models import Token

BROWSER_ONLY = frozenset(
    {
        "account.page",
        "account.end_session",
        "account.end_sessions",
        "account.add_token",
        "account.revoke_token",
        "passkeys.begin_adding",
        "passkeys.add",
        "passkeys.rename",
        "passkeys.remove",
        "backups.download",
    }
)
"""One's own ways in, and the file that holds the key of all. No token may call it, or what it makes or
learns would outlive the token."""
SENDING = frozenset(
    {"api_photos.send_photo", "api_photos.get_photo"}
    | {"api_uploads.look_up", "api_uploads.send_part", "api_uploads.get_quota", "api_clips.get_clip"}
)
LABELLING = frozenset(
    {"api_photos.get_photo", "api_photos.draw_face", "api_photos.complete_photo", "api_photos.reopen_photo"}
    | {"api_photos.list_faces", "api_runs.stats", "api_similar.find_similar", "api_classes.list_classes"}
)
LEASING = frozenset({"api_labelling.get_queue", "api_labelling.get_agreed"})
"""They look like reading, and keep faces from others for a while."""


def is_in_scope(used: Token, endpoint: str) -> bool:
    """Whether the token may call the endpoint, by the request's method, if its person's role may.

    Each may revoke itself. A page shows more than its data, so that only a token for all may open one.
    """
    if endpoint in BROWSER_ONLY:
        return False
    if used.scope == "all" or endpoint == "api_tokens.revoke_token":
        return True
    if used.scope == "send":
        return endpoint in SENDING
    if used.scope == "label":
        return endpoint in LABELLING or endpoint.startswith(("api_labelling.", "api_comments.", "pictures."))
    is_data = endpoint.startswith(("api_", "pictures.", "observed.")) and endpoint not in LEASING
    return used.scope == "read" and is_data and request.method in ("GET", "HEAD")
