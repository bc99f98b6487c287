"""The quick recipe compared with the tutorial's: same machine, same labels, tested on unseen people.

    .venv/bin/python -m benchmarks.retrain [--repeats 3]

Each repeat is a process of its own with another 200 labelled faces: first *quick* with no feature computed
yet (cold), then 10 more labels and *quick* again (warm), then *tutorial* on all of them. Both models then
classify every other picture that is not a near repeat of one they learned from. Timed from the request of the
run to its end, without the 4 ms of the message; the networks are loaded, as in an idle worker.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from typing import Any

import numpy as np

from benchmarks.report import report

LABELLED, NEW = 200, 10


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int)
    arguments = parser.parse_args()
    if arguments.seed is not None:
        print(json.dumps(repeat(arguments.seed)))
        return
    repeats = [_in_own_process(seed) for seed in range(arguments.repeats)]
    figures = summary(repeats)
    report(
        "retrain",
        "Quick is at least 200x (warm) and 50x (cold) as fast as the tutorial, and not worse",
        figures,
    )


def _in_own_process(seed: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.retrain", "--seed", str(seed)]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, env=os.environ | {"DATA": folder}, stdout=subprocess.PIPE, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"repeat {seed}: {result}", flush=True)
    return result


def repeat(seed: int) -> dict[str, Any]:
    """Seconds of each run of one repeat, and which of the other pictures both models classify correctly."""
    import tests.environment  # noqa: F401 - before the settings are read
    from benchmarks.photographs import labelled_faces
    from db import migrate
    from db.session import session_scope
    from tests.labelled import add_labelled_pictures, train_run
    from trainer.features import networks
    from trainer.models import export

    pictures = labelled_faces(1000)
    order = np.random.default_rng(seed).permutation(len(pictures))
    learned, others = order[: LABELLED + NEW], order[LABELLED + NEW :]
    migrate.upgrade()
    networks.shared()
    export.warm_up(2)
    seconds = {}
    with session_scope() as session:
        add_labelled_pictures(session, [pictures[i] for i in learned[:LABELLED]])
        fresh = learned[LABELLED:]
        rounds = (("cold", [], "quick"), ("warm", fresh, "quick"), ("tutorial", [], "tutorial"))
        for name, more, recipe in rounds:
            add_labelled_pictures(session, [pictures[i] for i in more])
            began = time.monotonic()
            run = train_run(session, recipe)
            seconds[name] = time.monotonic() - began
            assert run.status == "done", run.error
        return {"seconds": seconds, "people": test_models(session, [pictures[i] for i in others])}


def test_models(session: Any, pictures: list[Any]) -> dict[str, Any]:
    """Labels and groups of unseen faces, and which of them the quick and the tutorial model get right."""
    from sqlalchemy import select

    from db import classes
    from db.models import Photo, Run
    from tests.labelled import add_labelled_pictures
    from trainer.features.feature_store import crops_of
    from trainer.features.networks import network_of
    from trainer.models.head import Head

    before = set(session.scalars(select(Photo.group_id)))
    faces = [face for face in add_labelled_pictures(session, pictures) if face.photo.group_id not in before]
    results: dict[str, Any] = {"labels": [str(face.label) for face in faces]}
    results["groups"] = [face.photo.group_id for face in faces]
    quick, tutorial = session.scalars(select(Run).order_by(Run.id.desc()).limit(2)).all()[::-1]
    for name, run in (("quick", quick), ("tutorial", tutorial)):
        network = network_of(session, run)
        crops = crops_of(session, network, [face.id for face in faces])
        features = network.embedder(np.stack([crops[face.id] for face in faces]))
        predicted = Head.from_dict(run.head).probabilities(features).argmax(axis=1)
        names = classes.read(session).shown(run.classes)
        results[name] = [names[i] == face.label for i, face in zip(predicted, faces, strict=True)]
    return results


def summary(repeats: list[dict[str, Any]]) -> dict[str, Any]:
    from db.confidence_intervals import mean_recall
    from trainer.evaluation.paired_test import difference

    def column(name: str) -> list[float]:
        return [result["seconds"][name] for result in repeats]

    tutorial, cold, warm = column("tutorial"), column("cold"), column("warm")
    people = [result["people"] for result in repeats]
    figures: dict[str, Any] = {
        "labelled faces": LABELLED + NEW,
        "tutorial (s)": _listed(tutorial),
        "quick, cold (s)": _listed(cold),
        "quick, warm after 10 new labels (s)": _listed(warm),
        "cold: times faster": _listed([t / c for t, c in zip(tutorial, cold, strict=True)]),
        "warm: times faster": _listed([t / w for t, w in zip(tutorial, warm, strict=True)]),
        "least of them, warm": round(min(np.divide(tutorial, warm))),
        "least of them, cold": round(min(np.divide(tutorial, cold))),
    }
    for number, results in enumerate(people):
        labels, groups = np.array(results["labels"]) == "mask", np.array(results["groups"])
        correct = {name: np.array(results[name]) for name in ("quick", "tutorial")}
        for name, hits in correct.items():
            accuracy = mean_recall(hits, labels, groups)
            assert accuracy is not None
            figures[f"repeat {number}: {name}, n = {len(labels)}"] = _with_interval(accuracy)
        gap = difference(labels.astype(int), correct["quick"], correct["tutorial"], groups)
        figures[f"repeat {number}: quick minus tutorial"] = _with_interval(gap.interval)
    return figures


def _listed(values: list[float]) -> str:
    return " ".join(f"{value:.2f}" if value < 100 else f"{value:.0f}" for value in values)


def _with_interval(interval: dict[str, float]) -> str:
    return f"{interval['value']:+.3f} ({interval['low']:+.3f} to {interval['high']:+.3f})"


if __name__ == "__main__":
    main()
