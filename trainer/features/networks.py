"""The networks that runs read features from: the shared backbone, the tutorial's use of it, tuned ones."""

import threading
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import signing
from db.models import Artifact, Run
from trainer.arrays import Box, Image
from trainer.errors import BackboneMissing
from trainer.features import backbone, crops
from trainer.features.embedder import Embedder

TUTORIAL = ":tutorial"


@dataclass(frozen=True)
class Network:
    """`id` names it in `Embedding.backbone` and `Run.backbone`.

    `tight`: it is fed as the tutorial does it, squashed crops without margin and pixels in [0, 1].
    """

    id: str
    tight: bool
    embedder: Embedder

    def crop(self, photo: Image, box: Box) -> Image:
        return crops.tight(photo, box) if self.tight else crops.crop(photo, box)


_ready: dict[str, Network] = {}
_loading = threading.Lock()  # the worker's threads ask at once
KEPT = 3
"""Networks ready at once: the shared one, the live run's, the one in training."""


def shared() -> Network:
    """The backbone that every workbench starts with."""
    return _keep(backbone.backbone_id(), lambda: Embedder(backbone.litert()))


def tutorial() -> Network:
    """The same tensors, fed as the tutorial feeds them."""
    return _keep(
        backbone.backbone_id() + TUTORIAL,
        lambda: Embedder(backbone.litert(), scale=backbone.tutorial_scale_into),
    )


def network_of(session: Session, run: Run) -> Network:
    """The network that the run's head reads. Raises BackboneMissing when it was never finished or is gone."""
    return by_id(session, str(run.backbone))


def by_id(session: Session, id: str) -> Network:
    """The network of that id; a tuned one from its run's signed file. Raises BackboneMissing."""
    if id == backbone.backbone_id():
        return shared()
    if id == backbone.backbone_id() + TUTORIAL:
        return tutorial()
    tuned = select(Artifact).join(Run).where(Run.backbone == id, Artifact.form == "features").limit(1)
    artifact = session.scalar(tuned)
    if artifact is None:
        raise BackboneMissing(f"There is no network {id[:16]} on this machine.")
    return _keep(id, lambda: Embedder(signing.read(artifact)))


def tuned(id: str, features: bytes) -> Network:
    """A network that was just made, from its LiteRT form."""
    return _keep(id, lambda: Embedder(features))


def _keep(id: str, build: Any) -> Network:
    with _loading:
        if id not in _ready:
            while len(_ready) >= KEPT:
                del _ready[next(name for name in _ready if name != backbone.backbone_id())]
            _ready[id] = Network(id, id.endswith(TUTORIAL), build())
        return _ready[id]
