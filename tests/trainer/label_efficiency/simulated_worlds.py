"""Synthetic people with known labels: how many labels did choosing save a simulated user?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from trainer.arrays import BoolArray, IntArray
from trainer.label_efficiency import simulate
from trainer.label_efficiency.compared_strategies import PoolState, workbench_policy
from trainer.label_efficiency.simulate import LabelledFaces

FACES_EACH = 4
HUGE = 12_000


@dataclass(frozen=True)
class World:
    """`centres` (components, d) with their class and share of the people; the spread of people and of
    faces."""

    centres: NDArray[np.float64]
    classes: NDArray[np.int64]
    shares: NDArray[np.float64]
    person: float
    face: float

    def faces(self, n: int, rng: np.random.Generator) -> LabelledFaces:
        """n faces of n / FACES_EACH people; a person's faces scatter around one point of one component."""
        people = -(-n // FACES_EACH)
        component = rng.choice(len(self.shares), people, p=self.shares)
        middle = self.centres[component] + self.person * rng.normal(size=(people, self.centres.shape[1]))
        group = np.repeat(np.arange(people), FACES_EACH)[:n]
        rows = middle[group] + self.face * rng.normal(size=(n, self.centres.shape[1]))
        return LabelledFaces(rows.astype(np.float32), self.classes[component][group], group)


def world(kind: str, rng: np.random.Generator) -> World:
    """`flat`: one blob a class, overlapping. `hard`: most people easy, some near the other class.
    `rare`: several kinds of people of whom there are few, each on a side of its own."""
    d = int(rng.integers(16, 33))
    axes = np.linalg.qr(rng.normal(size=(d, d)))[0]
    if kind == "flat":
        far = rng.uniform(1.5, 3.0)
        centres, classes, shares = (
            np.stack([-far * axes[0], far * axes[0]]),
            np.array([0, 1]),
            np.array([1, 1]),
        )
    else:
        many = int(rng.integers(4, 9)) if kind == "hard" else int(rng.integers(4, 8))
        mass = rng.uniform(0.25, 0.5) if kind == "hard" else rng.uniform(0.06, 0.15)
        easy = rng.uniform(5, 8)
        centres, classes, shares = [-easy * axes[0], easy * axes[0]], [0, 1], [(1 - mass) / 2] * 2
        for k in range(many):
            side = k % 2
            along = rng.uniform(-0.5, 1.0) if kind == "hard" else rng.uniform(-4, -1)
            off = rng.uniform(3, 7) * axes[1 + k] + (2 * side - 1) * rng.uniform(1, 3) * axes[1 + many]
            centres.append((2 * side - 1) * along * axes[0] + off)
            classes.append(side)
            shares.append(mass / many)
    weights = np.asarray(shares, float)
    return World(np.array(centres), np.array(classes), weights / weights.sum(), 1.2, 1.0)


@dataclass(frozen=True)
class User:
    """A user who labelled the faces at `labelled` of the pool; `control` (pool,) marks those drawn at
    random."""

    pool: LabelledFaces
    labelled: IntArray
    control: BoolArray
    locked: LabelledFaces
    huge: LabelledFaces


KINDS = ("flat", "hard", "rare", "hard")


def user(seed: int, locked_faces: int = 0) -> User:
    """Chooses by the workbench's policy, a tenth of each batch at random; the seed sets the number of labels.

    The seed also sets the number of locked faces, 250 to 450, unless it is given.
    """
    rng = np.random.default_rng([seed, 77])
    its = world(KINDS[seed % len(KINDS)], rng)
    pool = its.faces(int(rng.integers(600, 1400)), rng)
    usual = int(rng.integers(250, 450))
    locked, huge = its.faces(locked_faces or usual, rng), its.faces(HUGE, rng)
    labelled, control = label(pool, int(rng.integers(7, 20)) * 10, rng)
    return User(pool, labelled, control, locked, huge)


def label(pool: LabelledFaces, upto: int, rng: np.random.Generator) -> tuple[IntArray, BoolArray]:
    """Indices of the labelled faces, and which of the pool (n,) were chosen at random."""
    unlabelled, labelled = np.arange(len(pool.labels)), np.arange(0)
    control = np.zeros(len(pool.labels), bool)
    while len(labelled) < upto:
        batch = simulate.BATCH if len(labelled) else simulate.START
        at_random = rng.permutation(len(unlabelled))[: batch // 10]
        control[unlabelled[at_random]] = True
        labelled = np.concatenate([labelled, unlabelled[at_random]])
        unlabelled = np.delete(unlabelled, at_random)
        model = head(pool, labelled)
        probabilities = None if model is None else model.predict_proba(pool.features[unlabelled])
        state = PoolState(pool.features[unlabelled], probabilities, pool.features[labelled], rng)
        chosen = workbench_policy(state, batch - batch // 10, {"uncertain": 1})
        labelled = np.concatenate([labelled, unlabelled[chosen]])
        unlabelled = np.delete(unlabelled, chosen)
    return labelled, control


def head(pool: LabelledFaces, labelled: IntArray) -> LogisticRegression | None:
    """The model of the faces at these indices; None unless both classes have two of them."""
    if np.bincount(pool.labels[labelled], minlength=2).min() < 2:
        return None
    return simulate.fit(pool.features[labelled], pool.labels[labelled])


def accuracy(fitted: LogisticRegression | None, on: LabelledFaces) -> float:
    """Balanced accuracy; one half without a model."""
    if fitted is None:
        return 0.5
    right = fitted.predict(on.features) == on.labels
    return float(np.mean([right[on.labels == k].mean() for k in (0, 1)]))


def true_saving(person: User, seed: int, orders: int = 16) -> tuple[float, bool]:
    """The true number of labels saved, and whether not even the whole pool at random would be enough.

    R(n) is the mean balanced accuracy on the HUGE set (never the locked one) of heads that learned the true
    labels of the first n faces of `orders` random orders of the user's own pool, made monotonic by its
    running maximum. The saving is the n at which R first reaches what the user's own head reaches on the
    HUGE set, straight between sizes in log n, at most the pool, less the labels that the user gave.
    """
    rng, n = np.random.default_rng([seed, 78]), len(person.pool.labels)
    sizes = np.unique(np.geomspace(15, n, 16).astype(int))
    curve = np.zeros(len(sizes))
    for order in (rng.permutation(n) for _ in range(orders)):
        curve += [accuracy(head(person.pool, order[:size]), person.huge) for size in sizes]
    rising, reached = (
        np.maximum.accumulate(curve / orders),
        accuracy(head(person.pool, person.labelled), person.huge),
    )
    if capped := bool(rising[-1] < reached):
        return float(n - len(person.labelled)), capped
    return float(np.exp(np.interp(reached, rising, np.log(sizes)))) - len(person.labelled), capped
