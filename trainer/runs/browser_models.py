"""The models that a browser can load, and their files by hash."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from db import classes, signing
from db.models import Artifact, Run
from db.workbench import live_run
from trainer.features.input_margin import margin_of

FORMS = ("onnx16", "detector")
MOST_RUNS = 20
"""Runs to choose from."""


@dataclass(frozen=True)
class BrowserModel:
    """A run's classifier for a browser.

    `margin` is the share of a face's box that is added on each side. `classes` has, for each name, the
    indices of the probabilities that add up to it; `file` and `detector` are hashes.
    """

    run: int
    live: bool
    margin: float
    classes: Sequence[tuple[str, Sequence[int]]]
    file: str
    detector: str


def browser_models(session: Session, asked: int | None = None) -> list[BrowserModel]:
    """The models to choose from: the live one, that of the run `asked`, then the newest."""
    live = live_run(session)
    of_live = Run.id == (live.id if live else 0)
    files = {form: aliased(Artifact) for form in FORMS}
    query = select(Run.id, of_live, Run.classes, Run.backbone, *(file.blob for file in files.values()))
    for form, file in files.items():
        query = query.join(file, and_(file.run_id == Run.id, file.form == form))
    ranked = of_live.desc(), (Run.id == (asked or 0)).desc(), Run.id.desc()
    query = query.where(Run.status == "done").order_by(*ranked).limit(MOST_RUNS)
    named = classes.read(session)
    return [
        BrowserModel(run, is_live, margin_of(str(backbone)), _indices(named.shown(ids)), *hashes)
        for run, is_live, ids, backbone, *hashes in session.execute(query)
    ]


def _indices(names: Sequence[str]) -> list[tuple[str, list[int]]]:
    """The places of each name; classes that were merged have the same one."""
    return [(name, [i for i, other in enumerate(names) if other == name]) for name in dict.fromkeys(names)]


def read_file(session: Session, key: str) -> bytes | None:
    """A file for browsers by its hash; None if no run has it. Raises Tampered."""
    query = select(Artifact).where(Artifact.blob == key, Artifact.form.in_(FORMS)).limit(1)
    artifact = session.scalar(query)
    return None if artifact is None else signing.read_verified(artifact)
