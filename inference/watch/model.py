"""A run's model, as it classifies crops."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from db import classes
from db.models import Run
from trainer.arrays import Box, FloatArray, Image
from trainer.errors import BackboneMissing, NoModel
from trainer.features.networks import Network, network_of
from trainer.models.head import Head


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


def load(session: Session, run: Run) -> Model:
    """Its model, in memory. Raises NoModel if its network is not on this machine, and Tampered."""
    assert run.head is not None
    try:
        network = network_of(session, run)
    except BackboneMissing as error:
        raise NoModel("no_network", str(error), "Train again, or choose another run.") from error
    names = tuple(classes.read(session).shown(run.classes))
    return Model(run.id, names, network, Head.from_dict(run.head))
