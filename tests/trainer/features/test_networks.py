"""The real backbone, its LiteRT form, the head and the exported files agree with each other."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Run, Score
from tests.factories import add_live_run, draw_face
from tests.pictures import SIDE, face, jpeg, portrait
from trainer.arrays import Box, softmax
from trainer.data.recipe import Recipe
from trainer.features import crops

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """32 crops of as many people, by turns bare and masked."""
    pictures = [np.asarray(face(number, number % 2 == 1)) for number in range(32)]
    return np.stack([crops.crop(picture, (0, 0, SIDE, SIDE)) for picture in pictures])


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


def blobs_of(chance: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two classes that a line in 1280 dimensions separates, one three times as common; two heads' weights."""
    labels = (np.arange(n) % 4 == 0).astype(np.int64)
    features = chance.normal(size=(n, 1280))
    features[:, :20] += 2.5 * (2 * labels[:, None] - 1)
    weights = np.ones((n, 2), np.float32)
    weights[: n // 2, 1] = 0
    return features.astype(np.float16), labels, weights


def test_the_head_learns_stops_early_and_repeats_itself() -> None:
    from trainer.models.head_fit import Examples, fit_heads

    chance = np.random.default_rng(0)
    train, held_out = Examples(*blobs_of(chance, 200)), Examples(*blobs_of(chance, 100))
    epochs: list[int] = []
    recipe = Recipe(epochs=200)
    heads, best = fit_heads(train, held_out, 2, recipe, lambda number, figures: epochs.append(number))
    for head, least in zip(heads, (0.9, 0.8), strict=True):  # the second saw half of the faces
        assert (head.logits(held_out.features).argmax(1) == held_out.labels).mean() > least
    assert epochs[-1] <= min(200, best + recipe.patience)
    again, _ = fit_heads(train, held_out, 2, recipe)
    assert np.array_equal(heads[0].kernel, again[0].kernel)


def test_heads_side_by_side_are_those_fitted_alone() -> None:
    from trainer.models.head_fit import Examples, fit_heads

    features, labels, weights = blobs_of(np.random.default_rng(1), 200)
    recipe = Recipe(epochs=5, patience=0)
    both, _ = fit_heads(Examples(features, labels, weights), None, 2, recipe)
    seen = weights[:, 1] > 0
    alone, _ = fit_heads(
        Examples(features[seen], labels[seen], np.ones((seen.sum(), 1), np.float32)), None, 2, recipe
    )
    assert np.abs(both[1].kernel - alone[0].kernel).max() < 1e-5
    assert np.abs(both[0].kernel - alone[0].kernel).max() > 1e-3


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "sgd"])
def test_a_large_set_is_learned_from_in_batches(optimiser: str) -> None:
    from trainer.models.head_fit import Examples, fit_heads

    train = Examples(*blobs_of(np.random.default_rng(2), 400))
    recipe = Recipe(optimiser=optimiser, batch=64, epochs=5)
    heads, _ = fit_heads(train, None, 2, recipe)
    assert (heads[0].logits(train.features).argmax(1) == train.labels).mean() > 0.95
    assert np.array_equal(heads[0].kernel, fit_heads(train, None, 2, recipe)[0][0].kernel)


@pytest.mark.parametrize("network", ["shared", "tutorial"])
def test_exports_say_what_the_head_says(images: np.ndarray, data: Path, network: str) -> None:
    import keras

    from trainer.features import backbone, networks
    from trainer.models import export
    from trainer.models.head import Head

    chance = np.random.default_rng(3)
    kernel = chance.normal(scale=0.05, size=(1280, 2)).astype(np.float32)
    head = Head(kernel, np.array([0.3, -0.2], np.float32), temperature=1.7)
    expected = head.probabilities(getattr(networks, network)().embedder(images))
    base = getattr(export, network)()
    files = export.build_files(head, base, list(images))
    path = data / "model.keras"
    path.write_bytes(files["keras"].data)
    scaled = backbone.scaled(images)
    loaded = keras.models.load_model(path)
    assert np.abs(loaded.predict(scaled, verbose=0) - expected).max() < 1e-4
    assert np.abs(export.run_litert(files["tflite"].data, scaled) - expected).max() < 1e-3
    assert np.abs(export.run_onnx(files["onnx"].data, scaled) - expected).max() < 1e-3
    assert all(one.difference < 1e-3 for one in files.values())
    assert Head.from_dict(head.as_dict()).probabilities(np.ones((1, 1280), np.float32)) == pytest.approx(
        softmax(head.logits(np.ones((1, 1280), np.float32)) / 1.7)
    )


def test_a_file_that_says_something_else_is_not_offered(images: np.ndarray, data: Path) -> None:
    from trainer.models import export
    from trainer.models.head import Head

    head = Head(np.random.default_rng(3).normal(size=(1280, 2)).astype(np.float32), np.zeros(2, np.float32))
    shared = export.shared()

    def wrong(classes: int) -> bytes:
        old = export.template_head(classes)
        return export._replace_weights(shared.template(classes), old.bias, old.bias + 1)

    with pytest.raises((export.ExportMismatch, ValueError)):
        export.build_files(head, export.ExportBackbone(shared.network, wrong), list(images[:2]))


def test_views_differ_from_each_other_and_repeat_themselves(images: np.ndarray) -> None:
    one = images[0]
    assert np.array_equal(crops.view(one, 0, 5), one)
    assert np.array_equal(crops.view(one, 1, 5), crops.view(one, 1, 5))
    assert not np.array_equal(crops.view(one, 1, 5), crops.view(one, 2, 5))
    assert not np.array_equal(crops.view(one, 1, 5), crops.view(one, 1, 6))


@pytest.mark.parametrize(
    "box", [(-10.0, 40.0, 40.0, 40.0), (60.0, 60.0, 80.0, 80.0), (-50.0, -50.0, 20.0, 20.0)]
)
def test_a_crop_holds_only_what_the_photo_has(box: Box) -> None:
    photo = np.full((100, 100, 3), 200, np.uint8)
    photo[40:60, 40:60] = 10
    for cut in (crops.crop(photo, box), crops.tight(photo, box)):
        assert cut.shape == (160, 160, 3)
        assert (cut > 0).all()
    wide = crops.crop(photo, (40.0, 40.0, 20.0, 20.0))
    assert (wide[0] == 200).all(), "10 % of it on each side"
    assert (crops.tight(photo, (40.0, 40.0, 20.0, 20.0)) == 10).all()


def test_a_moved_box_is_scored_anew_and_nothing_else_is_touched(db: Session) -> None:
    from labeller.answers.answer_input import AnswerInput
    from labeller.answers.record import record_answer
    from labeller.people import people
    from labeller.uploads import intake
    from trainer.features import backbone
    from trainer.models.head import Head
    from trainer.runs import score

    owner = people.owner(db)
    photo = intake.receive(db, jpeg(portrait(7, True)), owner).photo
    photo.status = "ready"
    faces = [draw_face(db, owner, photo, (x, 40, 120, 120)) for x in (20, 200)]
    run = add_live_run(db)
    kernel = np.random.default_rng(0).normal(scale=0.05, size=(backbone.FEATURES, 2)).astype(np.float32)
    run.head, run.backbone = Head(kernel, np.zeros(2, np.float32)).as_dict(), backbone.backbone_id()
    db.commit()
    over = Run(recipe={}, seed=0, classes=["mask", "nomask"], status="cancelled")
    db.add(over)
    db.flush()
    left = {"box_version": 1, "probabilities": [1, 0], "label": "mask", "margin": 1.0}
    db.add(Score(run_id=over.id, face_id=faces[0].id, **left))
    db.commit()
    assert score.score_new_faces(db) == 2
    assert set(db.scalars(select(Score.run_id))) == {run.id}, "what a run that is over left is gone"
    before = {one.face_id: one.probabilities for one in db.query(Score)}
    assert score.score_new_faces(db) == 0
    record_answer(db, owner, AnswerInput("move", "adjust", faces[0].id, box=(60, 90, 100, 100)))
    db.commit()
    assert score.score_new_faces(db) == 1
    db.expire_all()
    after = {one.face_id: one for one in db.query(Score)}
    assert after[faces[0].id].box_version == faces[0].box_version
    assert after[faces[0].id].probabilities != before[faces[0].id]
    assert after[faces[1].id].probabilities == before[faces[1].id]
