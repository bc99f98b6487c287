"""Looking after the workbench."""

from typing import Literal

from secondlook.call import Call
from secondlook.results import Backup, Detector, Page, Schedule


def list_backups(*, cursor: int | None = None, limit: int | None = None) -> Call[Page[Backup]]:
    """The newest backups and all that are kept, newest first."""
    return Call("GET", "/backups", {"cursor": cursor, "limit": limit})


def start_backup() -> Call[Backup]:
    """Make a backup; joins one that waits or is being made."""
    return Call("POST", "/backups")


def get_backup(backup_id: int) -> Call[Backup]:
    """How far a backup is."""
    return Call("GET", f"/backups/{backup_id}")


def cancel_backup(backup_id: int) -> Call[Backup]:
    """Stop a backup that waits or is being made."""
    return Call("POST", f"/backups/{backup_id}/cancel")


def delete_backup(backup_id: int) -> Call[None]:
    """Delete a backup's file."""
    return Call("DELETE", f"/backups/{backup_id}")


def get_backup_schedule() -> Call[Schedule]:
    """When backups are made by themselves, and how many are kept."""
    return Call("GET", "/backups/schedule")


def set_backup_schedule(days: Literal[0, 1, 7], *, hour: int = 3, kept: int = 5) -> Call[Schedule]:
    """Make one every so many days (0: none) at an hour of the server's day, and keep so many."""
    return Call("PUT", "/backups/schedule", json={"days": days, "hour": hour, "kept": kept})


def get_detector() -> Call[Detector]:
    """From which confidence boxes are shown, and how far looking again is."""
    return Call("GET", "/detector")


def set_thresholds(likely: float, hidden: float) -> Call[Detector]:
    """Set from which confidence a box is shown first, and below which it is hidden."""
    return Call("PUT", "/detector", json={"likely": likely, "hidden": hidden})


def detect_again(*, only_unanswered: bool = False) -> Call[Detector]:
    """Let the detector look at old photos again."""
    return Call("POST", "/detector/again", json={"only_unanswered": only_unanswered})
