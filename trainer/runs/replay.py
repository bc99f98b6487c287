"""`python -m trainer.replay`: a run again, from its manifest, recipe and seed; do the figures agree?

Reads the run's id from standard input and writes a `Replay` as a line of JSON. Nothing is published. Faces
erased since cannot come back; with some missing the figures may differ.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from db.child_protocol import asked, speaker
from db.models import Run
from db.session import session_scope
from db.storage import blobs
from trainer.data.dataset import Dataset
from trainer.data.recipe import Recipe
from trainer.errors import NoModel
from trainer.evaluation import report
from trainer.runs.requests import get_run
from trainer.runs.train import Material, measured

COMPARED = ("locked", "cross_validated", "train")


@dataclass(frozen=True)
class Replay:
    """`difference` is the largest between two figures of the same name, infinite when one is not there."""

    run: int
    difference: float
    missing: int
    metrics: dict[str, Any]


def replay(session: Session, run: Run) -> Replay:
    """The run's figures computed anew. Raises NoModel for a run that is not done."""
    if run.status != "done" or run.manifest is None:
        raise NoModel("not_done", "Only a run that is done can be replayed.")
    listed = Dataset.of(blobs().get(run.manifest))
    recipe = Recipe.of(run.recipe)
    material = Material(session, recipe, lambda share: None)
    data = material.gather(listed)
    learned = material.learn(data, lambda number, epoch: None, lambda share: None)
    told = measured(session, data, learned, recipe)
    learned = replace(learned, head=replace(learned.head, temperature=told.temperature))
    found = report.run_metrics(data, told)
    apart = max(_apart((run.metrics or {})[name], found[name]) for name in COMPARED)
    return Replay(run.id, apart, len(listed.rows) - len(data.rows), {name: found[name] for name in COMPARED})


def _apart(one: Any, other: Any) -> float:
    """The largest difference of two numbers in the same place."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return max((_apart(one[key], other[key]) for key in one), default=0.0)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return max((_apart(a, b) for a, b in zip(one, other, strict=True)), default=0.0)
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other)
    return 0.0 if one == other else float("inf")


def main() -> None:
    number, say = asked(), speaker()
    with session_scope() as session:
        say(**asdict(replay(session, get_run(session, number))))


if __name__ == "__main__":
    main()
