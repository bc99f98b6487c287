"""Labels to 0.95 balanced accuracy: the default policy, random, and what two other libraries would choose.

    .venv/bin/python -m benchmarks.selection [seeds]

Pool: the close-cut faces and every labelled face of the street scenes, down to three pixels; features are
means over the crop and four distorted views. With each seed the files are dealt anew into fifths. Each
fifth in turn is measured on (the share that the workbench locks) while the others are chosen from, and a
seed's curve is the mean of the five: every face is measured once, so it does not matter which fifth is the
hard one. Start 20, batches of 10, the same learner for all. The others start from a random 20, as they do
not say how to start, and replay half of the seeds. Differences are paired by seed; intervals: 95 %, seeds
drawn again and again.

A curve *touches* 0.95 when a batch first measures so, and is *there* when its isotonic fit is: a flat curve
of a hundred batches touches early, and by luck.
"""

import inspect
import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
from sklearn.isotonic import IsotonicRegression

from benchmarks.report import report
from tests.pictures import SHARED
from trainer.features import crops, networks
from trainer.label_efficiency import simulate
from trainer.label_efficiency.compared_strategies import (
    STRATEGIES,
    PoolState,
    Strategy,
    at_random,
    workbench_policy,
)
from trainer.label_efficiency.simulate import Curve, LabelledFaces, ReplaySetup
from trainer.selection import strategies

SEEDS, FOLDS, TARGET, EARLY = 20, 5, 0.95, 30
UPTO, RESAMPLES, VIEWS = 300, 2000, 5
STRENGTH = 0.1
"""1 over the penalty: of 0.005 to 1 the best when all faces are labelled, and within noise for 100
random ones (four folds), so it does not hold random labelling back."""
LARGE = 100_000


def known() -> LabelledFaces:
    pictures, labels, files = [], [], []
    for number, label in enumerate(("mask", "nomask")):
        for file in sorted((SHARED / "faces" / label).glob("*")):
            photo = crops.decode(file.read_bytes())
            pictures.append(crops.crop(photo, (0, 0, photo.shape[1], photo.shape[0])))
            labels.append(number)
            files.append(file.name)
    for scene in json.loads((SHARED / "scenes" / "faces.json").read_text()):
        photo = crops.decode((SHARED / "scenes" / scene["file"]).read_bytes())
        for face in scene["faces"]:
            if face["label"] in ("mask", "nomask"):
                pictures.append(crops.crop(photo, tuple(face["box"])))
                labels.append(int(face["label"] == "nomask"))
                files.append(scene["file"])
    embed = networks.shared().embedder
    views = [
        embed(np.stack([crops.view(one, view, place) for place, one in enumerate(pictures)]))
        for view in range(VIEWS)
    ]
    groups = np.unique(files, return_inverse=True)[1]
    return LabelledFaces(np.mean(views, axis=0, dtype=np.float32), np.array(labels), groups)


def scikit_activeml(make: Callable[[Any, int], Any]) -> Strategy:
    """One of its strategies, asked with the same learner on the same arrays."""

    def choose(state: PoolState, n: int) -> np.ndarray:
        from skactiveml import pool
        from skactiveml.classifier import SklearnClassifier

        if state.probabilities is None:
            return at_random(state, n)
        x = np.concatenate([state.labelled, state.unlabelled])
        y = np.concatenate([_labels_of(state), np.full(len(state.unlabelled), np.nan)])

        def learner(seed: int = 0) -> Any:
            return SklearnClassifier(simulate.learner(STRENGTH), classes=[0, 1], random_state=seed)

        strategy = make(pool, int(state.rng.integers(2**31)))
        wants = inspect.signature(strategy.query).parameters
        given = {
            "clf": learner(),
            "discriminator": learner(),
            "ensemble": [learner(seed) for seed in range(5)],
        }
        extra = {name: value for name, value in given.items() if name in wants}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(strategy.query(X=x, y=y, batch_size=n, **extra)) - len(state.labelled)

    return choose


def mod_al(name: str) -> Strategy:
    def choose(state: PoolState, n: int) -> np.ndarray:
        from modAL import batch, uncertainty
        from modAL.models import ActiveLearner

        if state.probabilities is None:
            return at_random(state, n)
        learner = ActiveLearner(
            simulate.learner(STRENGTH), X_training=state.labelled, y_training=_labels_of(state)
        )
        query = getattr(batch if "batch" in name else uncertainty, name)
        places, _ = query(learner, state.unlabelled, n_instances=n)
        return np.asarray(places)

    return choose


def _labels_of(state: PoolState) -> np.ndarray:
    """The labels of what is labelled: looked up by their features, which the pool holds once."""
    return np.array([_label_by_row[row.tobytes()] for row in state.labelled])


_label_by_row: dict[bytes, int] = {}

OURS = ("default", "random", "clustered margin")
OTHERS: dict[str, Strategy] = {
    "scikit-activeml margin": scikit_activeml(
        lambda p, s: p.UncertaintySampling("margin_sampling", random_state=s)
    ),
    "scikit-activeml entropy": scikit_activeml(lambda p, s: p.UncertaintySampling("entropy", random_state=s)),
    "scikit-activeml BADGE": scikit_activeml(lambda p, s: p.Badge(random_state=s)),
    "scikit-activeml TypiClust": scikit_activeml(lambda p, s: p.TypiClust(random_state=s)),
    "scikit-activeml CoreSet": scikit_activeml(lambda p, s: p.CoreSet(random_state=s)),
    "scikit-activeml ProbCover": scikit_activeml(lambda p, s: p.ProbCover(random_state=s)),
    "scikit-activeml Falcun": scikit_activeml(lambda p, s: p.Falcun(random_state=s)),
    "scikit-activeml DropQuery": scikit_activeml(lambda p, s: p.DropQuery(random_state=s)),
    "scikit-activeml ContrastiveAL": scikit_activeml(lambda p, s: p.ContrastiveAL(random_state=s)),
    "modAL margin": mod_al("margin_sampling"),
    "modAL entropy": mod_al("entropy_sampling"),
    "modAL ranked batch": mod_al("uncertainty_batch_sampling"),
}


def _begin(pool: LabelledFaces) -> None:
    simulate.start_worker(pool)
    _label_by_row.update(zip((row.tobytes() for row in pool.features), pool.labels.tolist(), strict=True))


def _one(name: str, seed: int, fold: int) -> Curve:
    pool, strategy = simulate.worker_faces, (STRATEGIES | OTHERS)[name]
    files = np.random.default_rng(seed).permutation(np.unique(pool.groups))
    measured = np.isin(pool.groups, files[fold::FOLDS])
    parts = np.flatnonzero(~measured), np.flatnonzero(measured)
    chance = np.random.default_rng([seed, fold, 1])
    upto = 10**6 if name in ("default", "random") else UPTO
    return simulate.replay_on(pool, strategy, ReplaySetup(*parts, upto, STRENGTH), chance)


def curves(pool: LabelledFaces, seeds: int) -> dict[str, list[Curve]]:
    with ProcessPoolExecutor(
        mp_context=get_context("spawn"), initializer=_begin, initargs=(pool,)
    ) as workers:
        tasks = {
            name: [
                [workers.submit(_one, name, seed, fold) for fold in range(FOLDS)]
                for seed in range(seeds // 2 if name in OTHERS else seeds)
            ]
            for name in (*OURS, *OTHERS)
        }
        done = {}
        for name, some in tasks.items():
            done[name] = [mean([task.result() for task in folds]) for folds in some]
            print(name, described(done[name]), flush=True)
    return done


def mean(folds: list[Curve]) -> Curve:
    """At the numbers of labels at which each of them has a model."""
    by_labels = [dict(curve) for curve in folds]
    common = sorted(set.intersection(*(set(one) for one in by_labels)))
    return [(labels, float(np.mean([one[labels] for one in by_labels]))) for labels in common]


def described(some: list[Curve]) -> str:
    at = [np.mean([dict(curve).get(n, np.nan) for curve in some]) for n in (20, EARLY, 100, 200)]
    there, touched = (np.median([by(curve) for curve in some]) for by in (needed, touching))
    return f"there at {there:.0f} labels, touching at {touched:.0f}; at 20/30/100/200 " + " ".join(
        f"{value:.3f}" for value in at
    )


def touching(curve: Curve) -> float:
    """Labels of the first batch that measures TARGET; infinite: none."""
    return simulate.labels_to(curve, TARGET) or np.inf


def needed(curve: Curve) -> float:
    """Labels from which on the curve is at TARGET, when all that goes down again is noise."""
    labels, accuracies = zip(*curve, strict=True)
    fitted = IsotonicRegression().fit_transform(labels, accuracies)
    return touching(list(zip(labels, fitted.tolist(), strict=True)))


def interval(gains: np.ndarray) -> str:
    drawn = np.random.default_rng(0).integers(0, len(gains), (RESAMPLES, len(gains)))
    low, high = np.percentile(gains[drawn].mean(axis=1), [2.5, 97.5])
    return f"{gains.mean():+.4g} ({low:+.4g} to {high:+.4g})"


def against(mine: list[Curve], other: list[Curve]) -> str:
    """Labels saved up to UPTO, and mean balanced accuracy over the curve gained, paired by seed."""
    pairs = list(zip(mine, other, strict=False))
    labels = [min(needed(theirs), UPTO) - min(needed(ours), UPTO) for ours, theirs in pairs]
    heights = [_height(ours) - _height(theirs) for ours, theirs in pairs]
    return f"labels saved {interval(np.array(labels))}, accuracy {interval(np.array(heights))}"


def _height(curve: Curve) -> float:
    return float(np.mean([accuracy for labels, accuracy in curve if labels <= UPTO]))


def ratio(mine: list[Curve], random: list[Curve], by: Callable[[Curve], float]) -> str:
    """Random's median labels over the others', and its interval."""
    ours, theirs = (np.array([by(curve) for curve in some]) for some in (mine, random))
    drawn = np.random.default_rng(0).integers(0, len(ours), (RESAMPLES, len(ours)))
    low, high = np.percentile(np.median(theirs[drawn], axis=1) / np.median(ours[drawn], axis=1), [2.5, 97.5])
    return f"{np.median(theirs) / np.median(ours):.2f} ({low:.2f} to {high:.2f})"


def large() -> dict[str, float]:
    """One selection from 100,000 faces, and the memory of this process."""
    chance = np.random.default_rng(0)
    features = np.empty((LARGE, 1280), np.float16)
    for some in np.array_split(features, 100):  # views: what is drawn at once would count as our memory
        some[:] = chance.standard_normal(some.shape, np.float32)
    chances = chance.dirichlet([1, 1], LARGE)
    taken, seconds = features[:1000], {}
    for name, call in {
        "default, with a model": lambda: workbench_policy(PoolState(features, chances, taken, chance), 20),
        "default, cold": lambda: strategies.density(features, 20, chance),
        "k-centre": lambda: strategies.k_centre(features, 20, chance, taken),
        "badge": lambda: strategies.badge(chances, features, 20, chance),
    }.items():
        began = time.perf_counter()
        call()
        seconds[f"one selection of 20 from {LARGE:,}, {name} (s)"] = time.perf_counter() - began
    return seconds | {"peak memory (MB)": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        figures: dict[str, Any] = alone.submit(large).result()
        pool = alone.submit(known).result()
    done = curves(pool, seeds)
    figures |= {name: described(some) for name, some in done.items()}
    default, random = done["default"], done["random"]
    for how, by in (("there", needed), ("touching", touching)):
        figures[f"random's median labels over the default's, {how}"] = ratio(default, random, by)
    early = [
        dict(a).get(EARLY, np.nan) - dict(b).get(EARLY, np.nan) for a, b in zip(default, random, strict=True)
    ]
    figures[f"at {EARLY} labels, default minus random"] = interval(np.array(early))
    best = min(
        OTHERS, key=lambda name: np.median([(needed(c), -_height(c)) for c in done[name]], axis=0).tolist()
    )
    figures |= {f"default against {name}": against(default, done[name]) for name in ("random", *OTHERS)}
    figures["the best of the others"] = best
    report(
        "selection", "0.95 with a quarter of random's labels; not behind the others; 100,000 in 3 s", figures
    )


if __name__ == "__main__":
    main()
