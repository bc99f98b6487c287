"""The backbone: its weights, and its LiteRT form."""

from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow


def test_the_backbone_has_a_stable_id_and_all_its_weights() -> None:
    from trainer.features.backbone import backbone_id, model

    assert len(backbone_id()) == 64
    assert backbone_id() == backbone_id()
    assert len(model().get_weights()) == 260


def test_litert_and_keras_compute_the_same_features(face_crops: np.ndarray, data: Path) -> None:
    from trainer.features import backbone
    from trainer.features.embedder import Embedder

    features = Embedder(backbone.litert(), cores=2)(face_crops)
    expected = backbone.model().predict(backbone.scaled(face_crops), verbose=0)
    assert features.shape == (32, backbone.FEATURES)
    assert np.abs(features - expected).max() < 1e-3


def test_missing_or_foreign_weights_are_refused(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import h5py

    from tests.conftest import forget_settings
    from trainer.errors import BackboneMissing
    from trainer.features import backbone

    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.create_group("model_weights/some_layer")
    for path, message in ((tmp_path / "other.h5", "no layer"), (tmp_path / "absent.h5", "is no file")):
        monkeypatch.setenv("BACKBONE_WEIGHTS", str(path))
        forget_settings()
        with pytest.raises(BackboneMissing, match=message):
            backbone.model.__wrapped__()
