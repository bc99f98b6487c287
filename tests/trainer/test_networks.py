"""The real backbone, its LiteRT form, the head and the exported files agree with each other."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy.orm import Session

from db.models import Score
from tests.labeller.test_answers import draw
from tests.labeller.test_review import make_live
from tests.pictures import SHARED, jpeg, portrait
from trainer import crops
from trainer.evaluate import softmax
from trainer.recipe import Recipe

pytestmark = pytest.mark.slow
FACE = (175.0, 65.0, 100.0, 130.0)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """32 crops of real faces where they are at hand, else of drawn portraits."""
    files = (
        sorted((SHARED / "faces" / "nomask").glob("*"))[:16]
        + sorted((SHARED / "faces" / "mask").glob("*"))[:16]
    )
    if len(files) == 32:
        photos = [np.asarray(Image.open(file).convert("RGB")) for file in files]
        return np.stack([crops.crop(p, (0, 0, p.shape[1], p.shape[0])) for p in photos])
    return np.stack([crops.crop(np.asarray(portrait(seed, seed % 2 == 1)), FACE) for seed in range(32)])


def test_the_backbone_is_known_by_its_tensors() -> None:
    from trainer.backbone import backbone_id, model

    assert len(backbone_id()) == 64
    assert backbone_id() == backbone_id()
    assert len(model().get_weights()) == 260


def test_litert_equals_keras(images: np.ndarray, data: Path) -> None:
    from trainer import backbone
    from trainer.embed import Embedder

    features = Embedder(backbone.litert(), cores=2)(images)
    expected = backbone.model().predict(backbone.scaled(images), verbose=0)
    assert features.shape == (32, backbone.FEATURES)
    assert np.abs(features - expected).max() < 1e-3


def test_the_wrong_weights_are_refused(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import h5py

    from tests.conftest import forget_settings
    from trainer import backbone
    from trainer.errors import BackboneMissing

    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.create_group("model_weights/some_layer")
    for path, words in ((tmp_path / "other.h5", "no layer"), (tmp_path / "absent.h5", "is no file")):
        monkeypatch.setenv("BACKBONE_WEIGHTS", str(path))
        forget_settings()
        with pytest.raises(BackboneMissing, match=words):
            backbone.model.__wrapped__()


def blobs_of(chance: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Two classes that a line in 1280 dimensions separates, one three times as common."""
    labels = (np.arange(n) % 4 == 0).astype(np.int64)
    features = chance.normal(size=(n, 1280)).astype(np.float32)
    features[:, :20] += 2.5 * (2 * labels[:, None] - 1)
    return features, labels


def test_the_head_learns_stops_early_and_repeats_itself() -> None:
    from trainer.head import Data, fit

    chance = np.random.default_rng(0)
    train, held_out = Data(*blobs_of(chance, 200)), Data(*blobs_of(chance, 100))
    epochs: list[int] = []
    recipe = Recipe(epochs=200)
    head, best = fit(train, held_out, 2, recipe, lambda number, figures: epochs.append(number))
    assert (head.logits(held_out.features).argmax(1) == held_out.labels).mean() > 0.9
    assert epochs[-1] <= min(200, best + recipe.patience)
    again, _ = fit(train, held_out, 2, recipe)
    assert np.array_equal(head.kernel, again.kernel)


def test_exports_say_what_the_head_says(images: np.ndarray, data: Path) -> None:
    import keras

    from trainer import backbone, export
    from trainer.embed import Embedder
    from trainer.head import Head

    chance = np.random.default_rng(3)
    kernel = chance.normal(scale=0.05, size=(1280, 2)).astype(np.float32)
    head = Head(kernel, np.array([0.3, -0.2], np.float32), temperature=1.7)
    expected = head.probabilities(Embedder(backbone.litert())(images))
    assert export.check(export.litert_bytes(head), list(images), expected) < 1e-3
    path = data / "model.keras"
    path.write_bytes(export.keras_bytes(head))
    loaded = keras.models.load_model(path)
    assert np.abs(loaded.predict(backbone.scaled(images), verbose=0) - expected).max() < 1e-3
    with pytest.raises(ValueError, match="differs"):
        export.check(export.litert_bytes(head), list(images), expected[:, ::-1])
    assert Head.of(head.as_dict()).probabilities(np.ones((1, 1280), np.float32)) == pytest.approx(
        softmax(head.logits(np.ones((1, 1280), np.float32)) / 1.7)
    )


def test_views_differ_from_each_other_and_repeat_themselves(images: np.ndarray) -> None:
    one = images[0]
    assert np.array_equal(crops.view(one, 0, 5), one)
    assert np.array_equal(crops.view(one, 1, 5), crops.view(one, 1, 5))
    assert not np.array_equal(crops.view(one, 1, 5), crops.view(one, 2, 5))
    assert not np.array_equal(crops.view(one, 1, 5), crops.view(one, 1, 6))


def test_a_crop_at_the_edge_repeats_the_edge() -> None:
    photo = np.zeros((100, 100, 3), np.uint8)
    photo[:, :50] = (255, 0, 0)
    cut = crops.crop(photo, (-10.0, 40.0, 40.0, 40.0))
    assert cut.shape == (160, 160, 3)
    assert (cut[:, 0] == (255, 0, 0)).all()


def test_a_moved_box_is_scored_anew_and_nothing_else_is_touched(db: Session) -> None:
    from labeller import answers, intake, people
    from trainer import backbone, score
    from trainer.head import Head

    owner = people.owner(db)
    photo = intake.receive(db, jpeg(portrait(7, True)), owner).photo
    photo.status = "ready"
    faces = [draw(db, owner, photo, (x, 40, 120, 120)) for x in (20, 200)]
    run = make_live(db)
    kernel = np.random.default_rng(0).normal(scale=0.05, size=(backbone.FEATURES, 2)).astype(np.float32)
    run.head = Head(kernel, np.zeros(2, np.float32)).as_dict()
    db.commit()
    assert score.score_new_faces(db) == 2
    before = {one.face_id: one.probabilities for one in db.query(Score)}
    assert score.score_new_faces(db) == 0
    answers.record(db, owner, answers.Given("move", "adjust", faces[0].id, box=(60, 90, 100, 100)))
    db.commit()
    assert score.score_new_faces(db) == 1
    db.expire_all()
    after = {one.face_id: one for one in db.query(Score)}
    assert after[faces[0].id].box_version == faces[0].box_version
    assert after[faces[0].id].probabilities != before[faces[0].id]
    assert after[faces[1].id].probabilities == before[faces[1].id]
