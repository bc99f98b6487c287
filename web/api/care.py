"""Looking after the workbench over JSON: backups, the detector's thresholds, old photos anew."""

from typing import Any

from apiflask import APIBlueprint

from db.backup import kept
from db.box_thresholds import box_thresholds, first_detector
from db.models import Backup, Workbench
from labeller.detection import again_requests
from labeller.reports import detector_thresholds
from web.api import care_schemas as schemas
from web.api.paging import PageQuery, cut
from web.auth.identity import me
from web.database import db

blueprint = APIBlueprint("api_care", __name__, tag="Workbench")


@blueprint.get("/backups")
@blueprint.input(PageQuery, location="query")
@blueprint.output(schemas.BackupsOut)
@blueprint.doc(security="token")
def list_backups(query_data: PageQuery) -> Any:
    """The newest backups and all that are kept, newest first."""
    rows = [row for row in kept.recent(db()) if not query_data.cursor or row.id < query_data.cursor]
    shown, after = cut(rows, query_data.limit, lambda row: row.id)
    return {"items": [_backup_out(row) for row in shown], "next": after}


@blueprint.post("/backups")
@blueprint.output(schemas.BackupOut, status_code=202)
@blueprint.doc(security="token")
def start_backup() -> Any:
    """Make a backup; joins one that waits or is being made."""
    backup = kept.request(db(), me())
    db().commit()
    return _backup_out(backup)


@blueprint.get("/backups/schedule")
@blueprint.output(schemas.Schedule)
@blueprint.doc(security="token")
def get_backup_schedule() -> Any:
    """When backups are made by themselves, and how many are kept."""
    rule = db().get(Workbench, 1) or Workbench(backup_days=0, backup_hour=3, backups_kept=5)
    return {"days": rule.backup_days, "hour": rule.backup_hour, "kept": rule.backups_kept}


@blueprint.put("/backups/schedule")
@blueprint.input(schemas.ScheduleIn)
@blueprint.output(schemas.Schedule)
@blueprint.doc(security="token")
def set_backup_schedule(json_data: schemas.ScheduleIn) -> Any:
    """Set when backups are made by themselves, and how many are kept."""
    kept.set_schedule(db(), json_data.days, json_data.hour, json_data.kept, me())
    db().commit()
    return json_data.model_dump()


@blueprint.get("/backups/<int:backup_id>")
@blueprint.output(schemas.BackupOut)
@blueprint.doc(security="token")
def get_backup(backup_id: int) -> Any:
    """How far a backup is. Its file holds the key of all: it is downloaded in a browser."""
    return _backup_out(kept.get(db(), backup_id))


@blueprint.post("/backups/<int:backup_id>/cancel")
@blueprint.output(schemas.BackupOut)
@blueprint.doc(security="token", responses={409: "It is over."})
def cancel_backup(backup_id: int) -> Any:
    """Stop a backup that waits or is being made."""
    kept.cancel(db(), kept.get(db(), backup_id), me())
    db().commit()
    return _backup_out(kept.get(db(), backup_id))


@blueprint.delete("/backups/<int:backup_id>")
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token")
def delete_backup(backup_id: int) -> Any:
    """Delete a backup's file."""
    kept.delete(db(), kept.get(db(), backup_id), me())
    db().commit()
    return ""


@blueprint.get("/detector")
@blueprint.output(schemas.DetectorOut)
@blueprint.doc(security="token")
def get_detector() -> Any:
    """From which confidence boxes are shown, and how far looking again is."""
    return _detector_out()


@blueprint.put("/detector")
@blueprint.input(schemas.ThresholdsIn)
@blueprint.output(schemas.DetectorOut)
@blueprint.doc(security="token")
def set_thresholds(json_data: schemas.ThresholdsIn) -> Any:
    """Set from which confidence a box is shown first, and below which it is hidden."""
    detector_thresholds.set_thresholds(db(), me(), json_data.likely, json_data.hidden)
    db().commit()
    return _detector_out()


@blueprint.post("/detector/again")
@blueprint.input(schemas.AgainIn)
@blueprint.output(schemas.DetectorOut, status_code=202)
@blueprint.doc(security="token")
def detect_again(json_data: schemas.AgainIn) -> Any:
    """Let the detector look at old photos again. Answered faces stay as they are."""
    again_requests.request(db(), me(), only_unanswered=json_data.only_unanswered)
    db().commit()
    return _detector_out()


def _detector_out() -> dict[str, Any]:
    thresholds, again = box_thresholds(db()), again_requests.progress(db())
    return {
        "detector": first_detector(),
        "likely": thresholds.likely,
        "hidden": thresholds.hidden,
        "again": {"total": again.total, "left": again.left},
    }


def _backup_out(backup: Backup) -> dict[str, Any]:
    return {
        "id": backup.id,
        "status": backup.status,
        "progress": backup.progress,
        "scheduled": backup.scheduled,
        "file": backup.file,
        "bytes": backup.size,
        "error": backup.error,
        "created": backup.created_at.isoformat(),
        "finished": backup.finished_at.isoformat() if backup.finished_at else None,
    }
