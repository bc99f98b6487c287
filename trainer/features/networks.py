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
from trainer.features.input_margin import TUTORIAL, is_tight


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
    return _load(backbone.backbone_id(), backbone.litert)


def tutorial() -> Network:
    """The same weights, fed as in the tutorial."""
    return _load(backbone.backbone_id() + TUTORIAL, backbone.litert)


def network_of(session: Session, run: Run) -> Network:
    """The network whose features the run's head reads. Raises BackboneMissing if it is not stored here."""
    return by_id(session, str(run.backbone))


def by_id(session: Session, id: str) -> Network:
    """The network with this id, from memory or from a run's signed file, so without TensorFlow.

    Runs of earlier versions have no such file unless they were fine-tuned: for these the shared backbone is
    loaded. Raises BackboneMissing if it is another network.
    """
    if (artifact := _stored(session, id)) is not None:
        return _load(id, lambda: signing.read_verified(artifact))
    if id == backbone.backbone_id():
        return shared()
    if id == backbone.backbone_id() + TUTORIAL:
        return tutorial()
    raise BackboneMissing(f"There is no network {id[:16]} on this machine.")


def is_stored(session: Session, id: str) -> bool:
    """Whether a run's signed file has this network, so that it can be loaded without TensorFlow."""
    return _stored(session, id) is not None


def _stored(session: Session, id: str) -> Artifact | None:
    stored = select(Artifact).join(Run).where(Run.backbone == id, Artifact.form == "features")
    return session.scalar(stored.order_by(Run.id.desc()).limit(1))


def tuned(id: str, features: bytes) -> Network:
    """A network that was just fine-tuned, from its LiteRT form `features`."""
    return _load(id, lambda: features)


def _load(id: str, read: Callable[[], bytes]) -> Network:
    """The network from memory, or from the LiteRT file that `read` returns.

    If MAX_LOADED are in memory, the one that was not asked for longest is dropped.
    """
    with _loading:
        if id in _loaded:
            _loaded[id] = _loaded.pop(id)
            return _loaded[id]
        while len(_loaded) >= MAX_LOADED:
            del _loaded[next(iter(_loaded))]
        scale = backbone.tutorial_scale_into if is_tight(id) else backbone.scale_into
        _loaded[id] = Network(id, is_tight(id), Embedder(read(), scale=scale))
        return _loaded[id]
