"""Forms of a model that earlier versions of the workbench did not make, added to the runs of that time."""

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import blob_hold, signing
from db.models import Artifact, Outcome, Run
from db.storage import blobs
from trainer.features import backbone, networks
from trainer.features.feature_store import crops_of
from trainer.features.input_margin import TUTORIAL
from trainer.models import browser_forms, export

CHECKED_FACES = 8
"""Faces on which the new form of the classifier is compared with the old one."""


def add_forms(session: Session, run_id: int) -> None:
    """Add the forms that a run's model lacks, and commit. Safe to run twice.

    Raises Tampered, and ExportMismatch if the new form predicts something else than the old one.
    """
    run, old = session.get(Run, run_id), session.get(Artifact, (run_id, "onnx"))
    if run is None or old is None or session.get(Artifact, (run_id, "onnx16")) is not None:
        return
    classifier = signing.read_verified(old)
    files = {"onnx16": browser_forms.half_precision(classifier), "detector": browser_forms.detector()}
    difference = _difference(session, run, classifier, files["onnx16"]) + (old.difference or 0.0)
    if run.backbone in (backbone.backbone_id(), backbone.backbone_id() + TUTORIAL):
        files["features"] = backbone.litert()
    stored = {form: blobs().put(content) for form, content in files.items()}
    blob_hold.keep(session, files.values())
    for form, blob in stored.items():
        session.merge(
            Artifact(
                run_id=run_id, form=form, blob=blob, signature=signing.sign(run_id, form, blob),
                difference=difference if form == "onnx16" else None,
            )
        )  # fmt: skip
    session.commit()


def _difference(session: Session, run: Run, old: bytes, new: bytes) -> float:
    """The largest difference of a probability on some of the run's faces. Raises ExportMismatch."""
    faces = list(
        session.scalars(select(Outcome.face_id).where(Outcome.run_id == run.id).limit(CHECKED_FACES))
    )
    found = list(crops_of(session, networks.network_of(session, run), faces).values())
    if not found:
        return 0.0
    images = backbone.scaled(np.stack(found))
    expected = export.run_onnx(old, images)
    return export.check("onnx16", export.run_onnx(new, images), expected, export.HALF_TOLERANCE)
