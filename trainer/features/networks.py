"""The networks that compute features: the shared backbone, the tutorial's use of it, fine-tuned ones."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

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
    """A network that turns crops into features. `Embedding.backbone` and `Run.backbone` hold its `id`.

    A `tight` network is fed as in the tutorial: crops without margin, pixels in [0, 1].
    """

    id: str
    tight: bool
    embedder: Embedder

    def crop(self, photo: Image, box: Box) -> Image:
        """The crop (160, 160, 3) of the box (x, y, w, h) that this network is fed."""
        return crops.tight(photo, box) if self.tight else crops.crop(photo, box)


_loaded: dict[str, Network] = {}
_loading = threading.Lock()  # threads of the worker may ask at the same time
MAX_LOADED = 3
"""Networks in memory: the shared one, the live run's, the one in training."""


def shared() -> Network:
    """The pretrained backbone as it is, with crops that have a margin."""
    return _load(backbone.backbone_id(), lambda: Embedder(backbone.litert()))


def tutorial() -> Network:
    """The same weights, fed as in the tutorial."""
    return _load(
        backbone.backbone_id() + TUTORIAL,
        lambda: Embedder(backbone.litert(), scale=backbone.tutorial_scale_into),
    )


def network_of(session: Session, run: Run) -> Network:
    """The network whose features the run's head reads. Raises BackboneMissing if it is not stored here."""
    return by_id(session, str(run.backbone))


def by_id(session: Session, id: str) -> Network:
    """The network with this id; a fine-tuned one is read from its run's signed file.

    Raises BackboneMissing if there is no such file.
    """
    if id == backbone.backbone_id():
        return shared()
    if id == backbone.backbone_id() + TUTORIAL:
        return tutorial()
    tuned = select(Artifact).join(Run).where(Run.backbone == id, Artifact.form == "features").limit(1)
    artifact = session.scalar(tuned)
    if artifact is None:
        raise BackboneMissing(f"There is no network {id[:16]} on this machine.")
    return _load(id, lambda: Embedder(signing.read_verified(artifact)))


def tuned(id: str, features: bytes) -> Network:
    """A network that was just fine-tuned, from its LiteRT form `features`."""
    return _load(id, lambda: Embedder(features))


def _load(id: str, build: Callable[[], Embedder]) -> Network:
    """The network from memory, or built; another one is dropped if MAX_LOADED are in memory."""
    with _loading:
        if id not in _loaded:
            while len(_loaded) >= MAX_LOADED:
                del _loaded[next(name for name in _loaded if name != backbone.backbone_id())]
            _loaded[id] = Network(id, id.endswith(TUTORIAL), build())
        return _loaded[id]
