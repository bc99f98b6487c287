"""`python -m trainer.runs.replay`: repeat a run from its manifest, recipe and seed, and compare its metrics.

Reads the run's id from standard input and writes a `Replay` as a line of JSON. Nothing is published. The
metrics may differ if faces have been erased since.
"""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from db.child_protocol import open_line_writer, read_request
from db.models import Run
from db.session import session_scope
from db.storage import blobs
from trainer.data.dataset import Dataset
from trainer.data.recipe import Recipe
from trainer.errors import NoModel
from trainer.evaluation import report
from trainer.models.presets import fit_model
from trainer.runs.inputs import gather_inputs, held_out_outputs
from trainer.runs.kept_models import require_files
from trainer.runs.requests import get_run

COMPARED = ("locked", "cross_validated", "tried", "train")


@dataclass(frozen=True)
class Replay:
    """A repeated run. `missing` is the number of faces erased since the run.

    `difference` is the largest between the two values of a metric, infinite if a metric is missing.
    """

    run: int
    difference: float
    missing: int
    metrics: dict[str, Any]


def replay(session: Session, run: Run) -> Replay:
    """Compute the run's metrics again. Raises NoModel if the run is not done or its files were dropped."""
    if run.status != "done" or run.manifest is None:
        raise NoModel("not_done", "Only a run that is done can be replayed.")
    require_files(run)
    dataset = Dataset.from_manifest(blobs().get(run.manifest))
    recipe = Recipe.parse(run.recipe)
    inputs = gather_inputs(session, dataset, recipe)
    fitted = fit_model(inputs, recipe, lambda number, epoch: None, lambda share: None)
    outputs = held_out_outputs(session, inputs.data, fitted, recipe)
    metrics = report.run_metrics(inputs.data, outputs)
    compared = [name for name in COMPARED if name in (run.metrics or {})]  # earlier versions had no `tried`
    difference = max(_largest_difference((run.metrics or {})[name], metrics[name]) for name in compared)
    missing = len(dataset.rows) - len(inputs.data.rows)
    return Replay(run.id, difference, missing, {name: metrics[name] for name in COMPARED})


def _largest_difference(old: Any, new: Any) -> float:
    """The largest difference between numbers at the same path of two JSON values."""
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        return max((_largest_difference(old[key], new[key]) for key in old), default=0.0)
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return max((_largest_difference(a, b) for a, b in zip(old, new, strict=True)), default=0.0)
    if isinstance(old, int | float) and isinstance(new, int | float):
        return abs(old - new)
    return 0.0 if old == new else float("inf")


def main() -> None:
    number, write_line = read_request(), open_line_writer()
    with session_scope() as session:
        write_line(**asdict(replay(session, get_run(session, number))))


if __name__ == "__main__":
    main()
