"""Every address that answers GET, with what to put into those that take arguments."""

import re

from flask import Flask

from benchmarks.filled import EARLIER_RUN, LIVE_RUN, TEAM

BUSY = TEAM + 1
"""The friend with a tenth of all photos."""
LEFT_OUT = (
    "static", "home.asset", "openapi", "home.docs", "auth", "account", "simulations", "certificate",
    "runs.stream", "api_exports.get_export", "api_exports.download_export",
    "try_it", "webhooks.one", "webhooks.now", "api_webhooks.get", "api_webhooks.list_webhook_deliveries",
    "api_imports.get", "api_imports.list_import_parts", "api_clips", "api_predictions.get",
    "api_care.get_backup", "api_assignments.get",
    "model.file", "model.archive", "mine.download", "people.download", "backups.download", "audit.export",
)  # fmt: skip
"""Addresses (all that begin so) that read no faces, one that stays open, of what is not filled in (webhooks,
imports, clips, batches, backups, assignments), and downloads, which are as long as what is in them."""


def paths(faces: int) -> dict[str, list[str]]:
    """What to request of the endpoints that take arguments."""
    face, photo, late = faces // 2, faces // 4, faces // 20
    run, both = LIVE_RUN, f"one={LIVE_RUN}&other={EARLIER_RUN}"
    days = "since=2026-01-02&until=2026-01-03"
    gallery = [
        "", f"?before={late}", f"?person={BUSY}", f"?person={BUSY}&before={late}", f"?person={BUSY + 7}",
        "?state=proposed", "?state=confirmed&label=mask", "?label=mask", "?state=rejected", "?look=doubtful",
        "?look=unsure", "?look=against", "?look=disputed", "?look=gold", "?look=repeats", f"?{days}",
        f"?{days}&look=against", f"?person={BUSY}&look=against", "?view=photos", f"?view=photos&{days}",
        f"?view=photos&before={late}", "?view=photos&look=repeats", f"?view=photos&person={BUSY}",
        f"?view=photos&person={BUSY + 7}", "?tag=1", "?tag=2", f"?tag=1&before={late}", "?tag=1&label=mask",
        "?tag=2&state=rejected", f"?tag=1&person={BUSY}", "?view=photos&tag=1", "?view=photos&tag=2",
        f"?view=photos&tag=1&before={late}", "?saved=1",
    ]  # fmt: skip
    listed = [
        "", f"?cursor={face}&limit=400", "?state=rejected", "?state=confirmed&label=mask", "?label=nomask",
        f"?label=mask&cursor={face}", "?tag=1", "?tag=2", f"?tag=1&cursor={face}",
        f"?person=Person {BUSY - 1}", f"?person=Person {BUSY + 6}",
    ]  # fmt: skip
    queue = [f"?mode={mode}&limit={n}" for mode in ("label", "review") for n in (1, 30)]
    return {
        "upload.progress": [f"/upload/progress?id={photo}&id={photo + 1}"],
        "mine.page": ["/mine", f"/mine?before={late}"],
        "pictures.view": [f"/photos/{photo}/view.jpg"],
        "pictures.small": [f"/photos/{photo}/small.jpg"],
        "pictures.crop": [f"/faces/{face}/crop.jpg"],
        "pictures.thumb": [f"/faces/{face}/thumb.jpg"],
        "versions.page": ["/versions", "/versions?made_by=run"],
        "versions.one": ["/versions/1"],
        "versions.side_by_side": [
            f"/versions/compare?one=1&other=2&kind={kind}" for kind in ("added", "relabelled")
        ],
        "api_versions.get_version": ["/api/v1/versions/1"],
        "api_versions.compare_versions": [
            "/api/v1/versions/1/compare/2",
            "/api/v1/versions/1/compare/2?kind=removed",
        ],
        "api_tags.photo_tags": [f"/api/v1/photos/{photo}/tags"],
        "gallery.page": [f"/gallery{query}" for query in gallery],
        "faces.page": [f"/faces/{face}"],
        "api_comments.list_face_comments": [f"/api/v1/faces/{face}/comments"],
        "api_similar.find_similar": [f"/api/v1/faces/{faces}/similar"],
        "gallery.photo": [f"/photos/{photo}"],
        "boxes.page": ["/boxes", f"/boxes?after={photo}"],
        "boxes.photo": [f"/boxes/{photo}"],
        "runs.one": [f"/runs/{run}"],
        "model.page": [f"/runs/{run}/model"],
        "runs.live": [f"/runs/{run}/live"],
        "runs.suspects": [f"/runs/{run}/suspects"],
        "compare.page": [f"/compare?{both}"],
        "people.page": ["/people", f"/people?after={BUSY}"],
        "people.one": [f"/people/{BUSY}", f"/people/{BUSY + 7}", "/people/2"],
        "api_photos.list_photos": ["/api/v1/photos", f"/api/v1/photos?before={late}&limit=200"],
        "api_photos.get_photo": [f"/api/v1/photos/{photo}"],
        "api_photos.list_faces": [f"/api/v1/faces{query}" for query in listed],
        "api_people.list_people": ["/api/v1/people", f"/api/v1/people?cursor={BUSY}"],
        "api_people.get_person": [f"/api/v1/people/{BUSY}"],
        "api_labelling.get_queue": [f"/api/v1/queue{query}" for query in queue],
        "api_labelling.get_agreed": ["/api/v1/agreed", "/api/v1/agreed?label=mask"],
        "api_labelling.list_answers": ["/api/v1/answers?limit=50"],
        "api_runs.get_run": [f"/api/v1/runs/{run}"],
        "api_runs.list_suspects": [f"/api/v1/runs/{run}/suspects"],
        "api_runs.compare_runs": [f"/api/v1/runs/{run}/compare/{EARLIER_RUN}"],
    }


def every_path(app: Flask, faces: int) -> list[str]:
    """Raises AssertionError for an endpoint that takes arguments for which `paths` has none."""
    wanted, found = paths(faces), []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule.startswith("/api"), rule.rule)):
        if "GET" not in (rule.methods or ()) or rule.endpoint.startswith(LEFT_OUT):
            continue
        assert rule.endpoint in wanted or not rule.arguments, f"no arguments for {rule.rule}"
        found += wanted.get(rule.endpoint, [rule.rule])
    return found


def name_of(path: str, faces: int) -> str:
    """The address with the same name whatever the number of faces."""
    names = {faces // 2: "FACE", faces // 4: "PHOTO", faces // 20: "LATE", faces // 4 + 1: "NEXT"}
    for number, name in names.items():
        path = re.sub(rf"(/|\b(?:before|after|cursor|id)=){number}\b", rf"\g<1>{name}", path)
    return path
