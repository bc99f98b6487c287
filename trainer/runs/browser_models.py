"""The models that a browser can load, and their files by hash."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import classes, signing
from db.classes import Classes
from db.models import Artifact, Run
from db.workbench import live_run
from trainer.features.input_margin import margin_of

FORMS = ("onnx16", "detector")
MOST_RUNS = 20
"""Runs to choose from: the live one and the newest."""


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


def browser_models(session: Session) -> list[BrowserModel]:
    """The models to choose from, the live one first, then the newest."""
    live = live_run(session)
    is_live = Run.id == (live.id if live else None)
    query = select(Run).join(Artifact).where(Run.status == "done", Artifact.form == "onnx16")
    runs = session.scalars(query.order_by(is_live.desc(), Run.id.desc()).limit(MOST_RUNS))
    named = classes.read(session)
    return [_describe(session, run, named, live is not None and run.id == live.id) for run in runs]


def _describe(session: Session, run: Run, named: Classes, live: bool) -> BrowserModel:
    file, detector = (session.get_one(Artifact, (run.id, form)).blob for form in FORMS)
    shown = named.shown(run.classes)
    indices = {name: [i for i, other in enumerate(shown) if other == name] for name in shown}
    margin = margin_of(str(run.backbone))
    return BrowserModel(run.id, live, margin, list(indices.items()), file, detector)


def read_file(session: Session, key: str) -> bytes | None:
    """A file for browsers by its hash; None if no run has it. Raises Tampered."""
    query = select(Artifact).where(Artifact.blob == key, Artifact.form.in_(FORMS)).limit(1)
    artifact = session.scalar(query)
    return None if artifact is None else signing.read_verified(artifact)
