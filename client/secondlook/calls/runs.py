"""Runs and figures."""

from collections.abc import Mapping
from typing import Any

from secondlook.call import Call
from secondlook.results import Accepted, Comparison, ListedRun, Page, Run, Stats, Suspect, TrainingRule


def start_run(
    recipe: str | Mapping[str, Any] | None = None, *, version: int | str | None = None
) -> Call[Accepted]:
    """Train on the answers so far or on a version; joins a run on the same that has not started."""
    return Call("POST", "/runs", json={"version": version} | ({} if recipe is None else {"recipe": recipe}))


def list_runs(*, cursor: int | None = None, limit: int | None = None) -> Call[Page[ListedRun]]:
    """The runs, newest first, without their figures."""
    return Call("GET", "/runs", {"cursor": cursor, "limit": limit})


def get_run(run_id: int) -> Call[Run]:
    """How far a run is, and what came of it."""
    return Call("GET", f"/runs/{run_id}")


def cancel_run(run_id: int) -> Call[Run]:
    """Stop a run; the live model stays."""
    return Call("POST", f"/runs/{run_id}/cancel")


def promote_run(run_id: int, *, reason: str | None = None) -> Call[Run]:
    """Make this run's model live, whatever the comparison said."""
    return Call("POST", f"/runs/{run_id}/promote", {"reason": reason})


def roll_back() -> Call[Accepted]:
    """Make the previous model live again."""
    return Call("POST", "/runs/back")


def pin_run(run_id: int) -> Call[None]:
    """Keep the files of its model, whatever follows."""
    return Call("PUT", f"/runs/{run_id}/pin")


def unpin_run(run_id: int) -> Call[None]:
    """Let its files be dropped when newer models follow."""
    return Call("DELETE", f"/runs/{run_id}/pin")


def get_training_rule() -> Call[TrainingRule]:
    """When the workbench trains by itself."""
    return Call("GET", "/runs/rule")


def set_training_rule(train_after: int, *, nightly_hour: int | None = None) -> Call[TrainingRule]:
    """Set when it does: after so many new answers (0: never), each night at an hour (None: never)."""
    return Call("PUT", "/runs/rule", json={"train_after": train_after, "nightly_hour": nightly_hour})


def list_suspects(run_id: int, *, cursor: int | None = None, limit: int | None = None) -> Call[Page[Suspect]]:
    """Labelled faces from the most to the least doubtful label."""
    return Call("GET", f"/runs/{run_id}/suspects", {"cursor": cursor, "limit": limit})


def compare_runs(run_id: int, other_id: int) -> Call[Comparison]:
    """The first run minus the second, on the same faces that neither learned from."""
    return Call("GET", f"/runs/{run_id}/compare/{other_id}")


def stats() -> Call[Stats]:
    """Counts, and how good the live model is."""
    return Call("GET", "/stats")
