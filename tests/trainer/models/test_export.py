"""Exported files predict what the head predicts, or are not published."""

from pathlib import Path

import numpy as np
import pytest

from trainer.arrays import softmax

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("network", ["shared", pytest.param("tutorial", marks=pytest.mark.full_size)])
def test_exported_files_predict_what_the_head_predicts(
    face_crops: np.ndarray, data: Path, network: str
) -> None:
    import keras

    from trainer.features import backbone, networks
    from trainer.models import export
    from trainer.models.head import Head

    rng = np.random.default_rng(3)
    kernel = rng.normal(scale=0.05, size=(1280, 2)).astype(np.float32)
    head = Head(kernel, np.array([0.3, -0.2], np.float32), temperature=1.7)
    expected = head.probabilities(getattr(networks, network)().embedder(face_crops))
    base = getattr(export, network)()
    files = export.build_files(head, base, list(face_crops))
    path = data / "model.keras"
    path.write_bytes(files["keras"].data)
    scaled = backbone.scaled(face_crops)
    loaded = keras.models.load_model(path)
    assert np.abs(loaded.predict(scaled, verbose=0) - expected).max() < 1e-4
    assert np.abs(export.run_litert(files["tflite"].data, scaled) - expected).max() < 1e-3
    assert np.abs(export.run_onnx(files["onnx"].data, scaled) - expected).max() < 1e-3
    assert np.abs(export.run_onnx(files["onnx16"].data, scaled) - expected).max() < 1e-2
    assert len(files["onnx16"].data) < 0.56 * len(files["onnx"].data)
    assert all(files[form].difference < 1e-3 for form in ("keras", "tflite", "onnx"))
    assert Head.from_dict(head.as_dict()).probabilities(np.ones((1, 1280), np.float32)) == pytest.approx(
        softmax(head.logits(np.ones((1, 1280), np.float32)) / 1.7)
    )


def test_a_file_that_predicts_something_else_is_refused(face_crops: np.ndarray, data: Path) -> None:
    from trainer.models import export
    from trainer.models.head import Head

    head = Head(np.random.default_rng(3).normal(size=(1280, 2)).astype(np.float32), np.zeros(2, np.float32))
    shared = export.shared()

    def wrong_template(classes: int) -> bytes:
        old = export.template_head(classes)
        return export._replace_weights(shared.template(classes), old.bias, old.bias + 1)

    with pytest.raises((export.ExportMismatch, ValueError)):
        export.build_files(head, export.ExportBackbone(shared.network, wrong_template), list(face_crops[:2]))
