"""The recipe of the 2020 article, and what each of its three slips does to its figures.

    .venv/bin/python -m benchmarks.article [--draws 3]

191 labelled faces as in the article, and all other pictures that are no near repeat of them. A dense layer
on the frozen network is fitted as published (51 views of each face, Adam, batches of 100, 10 epochs), once on
pictures scaled to [0, 1] as in the article and once to [-1, 1] as the network's weights expect; the views are
drawn once and not anew in each epoch, so that the network sees each of them once. Then it classifies the
faces it learned from (the article's validation), the other faces, and these with red and blue exchanged (its
camera loop). Beside them what *quick* makes of the same labels. Each draw is a process of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.report import report

LEARNED, VIEWS, BATCH, EPOCHS = 191, 51, 100, 10
SCALES = ("[0, 1]", "[-1, 1]")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--seed", type=int)
    arguments = parser.parse_args()
    if arguments.seed is not None:
        print(json.dumps(draw(arguments.seed)))
        return
    figures: dict[str, object] = {"labelled faces": LEARNED}
    for seed in range(arguments.draws):
        figures |= {f"draw {seed}: {name}": text for name, text in _in_own_process(seed).items()}
    report("article", "The article's 1.0000 is of its training images", figures)


def _in_own_process(seed: int) -> dict[str, str]:
    command = [sys.executable, "-m", "benchmarks.article", "--seed", str(seed)]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, env=os.environ | {"DATA": folder}, stdout=subprocess.PIPE, check=True)
    result: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return result


def draw(seed: int) -> dict[str, str]:
    """The figures of one draw of the labelled faces, each with its interval and n."""
    import tests.environment  # noqa: F401 - before the settings are read
    from benchmarks.photographs import labelled_faces
    from db import migrate
    from db.session import session_scope
    from tests.labelled import add_labelled_pictures, train_run

    pictures = labelled_faces(1000)
    order = np.random.default_rng(seed).permutation(len(pictures))
    migrate.upgrade()
    with session_scope() as session:
        learned = add_labelled_pictures(session, [pictures[i] for i in order[:LEARNED]])
        quick = train_run(session, "quick")
        others = add_labelled_pictures(session, [pictures[i] for i in order[LEARNED:]])
        groups = {face.photo.group_id for face in learned}
        others = [face for face in others if face.photo.group_id not in groups]
        figures = _published(learned, others, seed)
        figures["quick: other faces"] = _accuracy(_quick_hits(session, quick, others), others)
    return figures


def _published(learned: list[Any], others: list[Any], seed: int) -> dict[str, str]:
    """The recipe as published, at both scales."""
    from trainer.features import backbone, crops

    known, unseen = (_whole_pictures(faces) for faces in (learned, others))
    views = np.stack(
        [crops.view(image, n, seed * LEARNED + i) for i, image in enumerate(known) for n in range(VIEWS)]
    )
    figures, hits = {}, {}
    for scale, scaled in zip(SCALES, (backbone.tutorial_scaled, backbone.scaled), strict=True):
        predict = _fit(views, np.repeat(_masked(learned), VIEWS), scaled, seed)
        tried = {"training faces": (known, learned), "other faces": (unseen, others)}
        tried["other faces, red and blue exchanged"] = (unseen[..., ::-1], others)
        for name, (images, faces) in tried.items():
            hits[scale, name] = predict(images) == _masked(faces)
            figures[f"{scale}, {name}"] = _accuracy(hits[scale, name], faces)
    for name in ("other faces", "other faces, red and blue exchanged"):
        pair = hits["[-1, 1]", name], hits["[0, 1]", name]
        figures[f"[-1, 1] minus [0, 1], {name}"] = _difference(*pair, others)
    pair = hits["[0, 1]", "other faces, red and blue exchanged"], hits["[0, 1]", "other faces"]
    figures["exchanged minus right colours, [0, 1]"] = _difference(*pair, others)
    return figures


def _fit(views: Any, masked: Any, scaled: Callable[[Any], Any], seed: int) -> Callable[[Any], Any]:
    """The dense layer fitted on features of the views; it says which images (n, 160, 160, 3) are masked."""
    import keras

    from trainer.features import backbone

    def features(images: Any) -> Any:
        network = backbone.model()
        parts = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
        return np.concatenate([network.predict_on_batch(scaled(part)) for part in parts])

    keras.utils.set_random_seed(seed)
    dense = keras.Sequential([keras.Input((backbone.FEATURES,)), keras.layers.Dense(2, activation="softmax")])
    dense.compile("adam", "sparse_categorical_crossentropy")
    dense.fit(features(views), masked.astype(int), batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return lambda images: dense.predict(features(images), verbose=0).argmax(axis=1) == 1


def _whole_pictures(faces: list[Any]) -> Any:
    """Each picture resized to (160, 160, 3), as the article's crops are."""
    from db.storage import blobs
    from trainer.features import crops

    decoded = (crops.decode(blobs().get(face.photo.blob)) for face in faces)
    return np.stack([crops.tight(image, (0, 0, image.shape[1], image.shape[0])) for image in decoded])


def _quick_hits(session: Any, run: Any, faces: list[Any]) -> Any:
    from db import classes
    from trainer.features.feature_store import crops_of
    from trainer.features.networks import network_of
    from trainer.models.head import Head

    network = network_of(session, run)
    images = crops_of(session, network, [face.id for face in faces])
    features = network.embedder(np.stack([images[face.id] for face in faces]))
    predicted = Head.from_dict(run.head).probabilities(features).argmax(axis=1)
    names = classes.read(session).shown(run.classes)
    return np.array([names[i] == face.label for i, face in zip(predicted, faces, strict=True)])


def _masked(faces: list[Any]) -> Any:
    return np.array([face.label == "mask" for face in faces])


def _groups(faces: list[Any]) -> Any:
    return np.array([face.photo.group_id for face in faces])


def _accuracy(hits: Any, faces: list[Any]) -> str:
    """Balanced accuracy."""
    from db.confidence_intervals import mean_recall

    interval = mean_recall(hits, _masked(faces), _groups(faces))
    assert interval is not None
    return f"{_text(interval)}, n = {len(faces)}"


def _difference(first: Any, second: Any, faces: list[Any]) -> str:
    from trainer.evaluation.paired_test import difference

    return _text(difference(_masked(faces).astype(int), first, second, _groups(faces)).interval, "+")


def _text(interval: Any, sign: str = "") -> str:
    value, low, high = (format(interval[key], f"{sign}.3f") for key in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


if __name__ == "__main__":
    main()
