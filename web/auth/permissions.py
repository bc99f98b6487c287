"""Which roles may call which endpoint, and with which token. An endpoint not listed here is refused."""

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from db.models import Token
from web.auth.identity import current, token

ANYONE = frozenset({"anyone"})
ALL = frozenset({"owner", "labeller", "friend"})
TEAM = frozenset({"owner", "labeller"})
OWNER = frozenset({"owner"})

ALLOWED: dict[str, frozenset[str]] = {
    "static": ANYONE,
    "home.asset": ANYONE,
    "home.healthz": ANYONE,
    "observed.readyz": ANYONE,
    "observed.metrics_page": OWNER,
    "documentation.docs": ANYONE,
    "documentation.spec": ANYONE,
    "certificate.page": ANYONE,
    "certificate.file": ANYONE,
    "home.page": ALL,
    "auth.invitation": ANYONE,
    "auth.accept": ANYONE,
    "auth.personal": ANYONE,
    "auth.come_back": ANYONE,
    "auth.hello": ANYONE,
    "auth.sign_out": ALL,
    "account.page": TEAM,
    "account.end_session": ALL,
    "account.end_sessions": ALL,
    "account.add_token": TEAM,
    "account.revoke_token": TEAM,
    "passkeys.begin_sign_in": ANYONE,
    "passkeys.finish_sign_in": ANYONE,
    "passkeys.begin_adding": OWNER,
    "passkeys.add": OWNER,
    "passkeys.rename": OWNER,
    "passkeys.remove": OWNER,
    "upload.page": ALL,
    "upload.send": ALL,
    "upload.progress": ALL,
    "upload.delete": ALL,
    "upload.try_again": ALL,
    "upload.turn_photo": ALL,
    "mine.page": ALL,
    "mine.agree": ALL,
    "mine.download": ALL,
    "mine.erase": ALL,
    "pictures.view": ALL,
    "pictures.small": ALL,
    "pictures.crop": ALL,
    "pictures.thumb": ALL,
    "gallery.page": OWNER,
    "gallery.photo": OWNER,
    "gallery.answer": OWNER,
    "gallery.undo": OWNER,
    "gallery.erase": OWNER,
    "gallery.restore": OWNER,
    "tags.page": OWNER,
    "tags.tag_chosen": OWNER,
    "tags.tag_photo": OWNER,
    "tags.edit_tag": OWNER,
    "tags.save_filter": OWNER,
    "tags.edit_filter": OWNER,
    "tags.send_to_review": OWNER,
    "tags.send_all_to_review": OWNER,
    "transfers.page": OWNER,
    "transfers.listed": OWNER,
    "transfers.start_export": OWNER,
    "transfers.cancel_export": OWNER,
    "transfers.delete_export": OWNER,
    "label.label": TEAM,
    "label.review": TEAM,
    "label.agreed": TEAM,
    "boxes.page": TEAM,
    "boxes.photo": TEAM,
    "agreement.page": TEAM,
    "agreement.settle": TEAM,
    "map.page": TEAM,
    "map.shown": TEAM,
    "map.progress": TEAM,
    "map.draw": TEAM,
    "map.send": TEAM,
    "map.undo": TEAM,
    "faces.page": TEAM,
    "faces.search": TEAM,
    "classes.page": OWNER,
    "classes.edit": OWNER,
    "classes.undo": OWNER,
    "runs.page": TEAM,
    "runs.start": TEAM,
    "runs.one": TEAM,
    "runs.rule": OWNER,
    "runs.live": TEAM,
    "runs.stream": TEAM,
    "runs.cancel": TEAM,
    "runs.promote": OWNER,
    "runs.pin": OWNER,
    "runs.roll_back": OWNER,
    "runs.suspects": TEAM,
    "runs.relabel": TEAM,
    "model.page": TEAM,
    "model.file": OWNER,
    "model.archive": OWNER,
    "compare.page": TEAM,
    "try_it.page": ALL,
    "try_it.file": ALL,
    "try_it.offline": ALL,
    "try_it.worker": ALL,
    "try_it.friends": OWNER,
    "simulations.page": TEAM,
    "detector.page": TEAM,
    "detector.move": OWNER,
    "detector.look_again": OWNER,
    "backups.page": OWNER,
    "backups.listed": OWNER,
    "backups.start": OWNER,
    "backups.cancel": OWNER,
    "backups.delete": OWNER,
    "backups.download": OWNER,
    "backups.schedule": OWNER,
    "operations.page": OWNER,
    "operations.now": OWNER,
    "operations.retry_photos": OWNER,
    "operations.retry_photo": OWNER,
    "operations.retry_run": OWNER,
    "audit.page": OWNER,
    "audit.export": OWNER,
    "people.page": OWNER,
    "people.invite": OWNER,
    "people.revoke": OWNER,
    "people.one": OWNER,
    "people.rename": OWNER,
    "people.merge": OWNER,
    "people.replace_link": OWNER,
    "people.download": OWNER,
    "people.erase": OWNER,
    "people.end_session": OWNER,
    "people.end_sessions": OWNER,
    "people.tokens": OWNER,
    "people.revoke_token": OWNER,
    "api_photos.send_photo": ALL,
    "api_photos.list_photos": ALL,
    "api_photos.get_photo": ALL,
    "api_photos.delete_photo": ALL,
    "api_photos.retry_photo": ALL,
    "api_photos.turn_photo": ALL,
    "api_photos.draw_face": TEAM,
    "api_photos.complete_photo": TEAM,
    "api_photos.reopen_photo": TEAM,
    "api_photos.list_faces": TEAM,
    "api_tried.keep_photo": ALL,
    "api_uploads.look_up": ALL,
    "api_uploads.send_part": ALL,
    "api_uploads.get_quota": ALL,
    "api_clips.get_clip": ALL,
    "api_tokens.list_tokens": ALL,
    "api_tokens.revoke_token": ALL,
    "api_people.list_people": OWNER,
    "api_people.delete_person": OWNER,
    "api_labelling.get_queue": TEAM,
    "api_labelling.get_agreed": TEAM,
    "api_labelling.get_progress": TEAM,
    "api_labelling.send_answer": TEAM,
    "api_labelling.send_answers": TEAM,
    "api_labelling.list_answers": TEAM,
    "api_labelling.renew_leases": TEAM,
    "api_runs.start_run": TEAM,
    "api_runs.get_run": TEAM,
    "api_runs.cancel_run": TEAM,
    "api_runs.promote_run": OWNER,
    "api_runs.list_suspects": TEAM,
    "api_runs.compare_runs": TEAM,
    "api_runs.stats": TEAM,
    "api_similar.find_similar": TEAM,
    "api_similar.find_similar_to_photo": TEAM,
    "api_tags.list_tags": TEAM,
    "api_tags.put_tag": TEAM,
    "api_tags.take_tag_off": TEAM,
    "api_tags.rename_tag": OWNER,
    "api_tags.delete_tag": OWNER,
    "api_tags.photo_tags": TEAM,
    "api_filters.list_filters": TEAM,
    "api_filters.save_filter": OWNER,
    "api_filters.rename_filter": OWNER,
    "api_filters.delete_filter": OWNER,
    "api_filters.send_to_review": TEAM,
    "api_exports.start_export": OWNER,
    "api_exports.list_exports": OWNER,
    "api_exports.get_export": OWNER,
    "api_exports.cancel_export": OWNER,
    "api_exports.delete_export": OWNER,
    "api_exports.download_export": OWNER,
    "api_predictions.predict": ALL,
    "api_predictions.send_batch": TEAM,
    "api_predictions.get_batch": TEAM,
    "api_predictions.delete_batch": TEAM,
}


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
    | {"api_photos.list_faces", "api_runs.stats", "api_similar.find_similar"}
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
        return endpoint in LABELLING or endpoint.startswith(("api_labelling.", "pictures."))
    is_data = endpoint.startswith(("api_", "pictures.", "observed.")) and endpoint not in LEASING
    return used.scope == "read" and is_data and request.method in ("GET", "HEAD")


def check() -> ResponseReturnValue | None:
    """Before each request: let it pass, redirect to /hello if nobody is signed in, or refuse."""
    if request.endpoint is None:
        return None  # no such address: the 404 handler answers
    allowed = ALLOWED.get(request.endpoint, frozenset())
    person, used = current(), token()
    if used is not None and allowed is not ANYONE and not is_in_scope(used, request.endpoint):
        return abort(403)
    if allowed is ANYONE or (person is not None and person.role in allowed):
        return None
    if person is None and not request.path.startswith("/api/"):
        return redirect(url_for("auth.hello"))
    return abort(401 if person is None else 403)
