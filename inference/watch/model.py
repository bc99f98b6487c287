"""A run's model, as it classifies crops."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from db import classes
from db.models import Run
from db.workbench import live_run
from trainer.arrays import Box, FloatArray, Image
from trainer.errors import BackboneMissing, NoModel
from trainer.features.networks import Network, network_of
from trainer.models.head import Head
from trainer.runs import requests
from trainer.runs.kept_models import require_files


@dataclass(frozen=True)
class Model:
    """The model of a run; `names` are those of its classes, in the order of its probabilities.

    Classes that were merged since have the same name.
    """

    run_id: int
    names: tuple[str, ...]
    network: Network
    head: Head

    def classify(self, picture: Image, boxes: Sequence[Box]) -> FloatArray:
        """Calibrated probabilities (n, classes) of the faces in n boxes of an RGB picture."""
        crops = np.stack([self.network.crop(picture, box) for box in boxes])
        return self.head.probabilities(self.network.embedder(crops))


def chosen_run(session: Session, run_id: int | None) -> Run:
    """The run with this id, or the live one. Raises NotFound and NoModel."""
    run = live_run(session) if run_id is None else requests.get_run(session, run_id)
    if run is None:
        raise NoModel("no_model", "There is no model yet.", "Label some faces and train one first.")
    require_files(run)
    if run.status != "done" or not (run.head and run.head["bias"]):
        raise NoModel("no_model", f"Run {run.id} has no model.", "Choose a run that is done.")
    return run


def load(session: Session, run: Run) -> Model:
    """Its model, in memory. Raises NoModel if its network is not on this machine, and Tampered."""
    assert run.head is not None
    try:
        network = network_of(session, run)
    except BackboneMissing as error:
        raise NoModel("no_network", str(error), "Train again, or choose another run.") from error
    names = tuple(classes.read(session).shown(run.classes))
    return Model(run.id, names, network, Head.from_dict(run.head))
