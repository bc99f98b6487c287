"""The backbone: its weights, and its LiteRT form."""

from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow


def test_the_backbone_is_known_by_its_tensors() -> None:
    from trainer.features.backbone import backbone_id, model

    assert len(backbone_id()) == 64
    assert backbone_id() == backbone_id()
    assert len(model().get_weights()) == 260


def test_litert_equals_keras(images: np.ndarray, data: Path) -> None:
    from trainer.features import backbone
    from trainer.features.feature_store import Embedder

    features = Embedder(backbone.litert(), cores=2)(images)
    expected = backbone.model().predict(backbone.scaled(images), verbose=0)
    assert features.shape == (32, backbone.FEATURES)
    assert np.abs(features - expected).max() < 1e-3


def test_the_wrong_weights_are_refused(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import h5py

    from tests.conftest import forget_settings
    from trainer.errors import BackboneMissing
    from trainer.features import backbone

    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.create_group("model_weights/some_layer")
    for path, words in ((tmp_path / "other.h5", "no layer"), (tmp_path / "absent.h5", "is no file")):
        monkeypatch.setenv("BACKBONE_WEIGHTS", str(path))
        forget_settings()
        with pytest.raises(BackboneMissing, match=words):
            backbone.model.__wrapped__()
