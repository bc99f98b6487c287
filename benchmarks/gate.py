"""What does the rule of promotion keep back, and does choosing flatter the figure that is shown? Simulated.

    .venv/bin/python -m benchmarks.gate [series]

Single comparisons: a newer model that is truly better or worse by so many points, and that differs from the
live one on 8 % of the faces. Series: 20 retrains of equally good models, each wrong on other faces; the
figure shown is that of the model that is live at the end, on the faces that decided. "Before" is the rule
until version 0.3, which kept back what was lower by more than one point.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from benchmarks.report import report
from trainer.evaluation.paired_test import Difference, difference

DISCORDANT, CORRELATION = 0.08, 0.15
POINTS = (-5.0, -1.0, 0.0, 0.5, 2.0)
SIZES = {"100 faces of 25": (100, 25), "200 of 50": (200, 50), "400 of 100": (400, 100)}
ACCURACY, RETRAINS = 0.93, 20
Rule = Callable[[Difference], bool]
"""Whether a model is kept back."""


def main() -> None:
    series = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    rng = np.random.default_rng(0)
    figures: dict[str, Any] = {}
    for name, (faces, people) in SIZES.items():
        for points in POINTS:
            gaps = [_one_comparison(rng, faces, people, points / 100) for _ in range(series)]
            shares = [f"{np.mean([rule(gap) for gap in gaps]):.1%}" for rule in (_before, _now)]
            figures[f"{name} people, {points:+.1f} points: kept back"] = f"{shares[1]} (before {shares[0]})"
    for name, (faces, people) in SIZES.items():
        biases = [_bias(rng, faces, people, rule, max(100, series // 5)) for rule in (_before, _now)]
        figures[f"{name} people: bias after {RETRAINS} retrains, points"] = (
            f"{biases[1]} (before {biases[0]})"
        )
    figures["comparisons of each"] = series
    report("gate", "The rule of promotion, simulated.", figures)


def _before(gap: Difference) -> bool:
    return gap.interval["value"] < -0.01 or gap.worse


def _now(gap: Difference) -> bool:
    return gap.worse


def _one_comparison(rng: np.random.Generator, faces: int, people: int, gain: float) -> Difference:
    """Two models that differ on DISCORDANT of the faces, whose people are won or lost together in part."""
    groups, labels = np.arange(faces) % people, np.arange(faces) // people % 2
    lean = _quantiles(rng, groups)
    won = lean < (DISCORDANT + gain) / 2
    lost = lean > 1 - (DISCORDANT - gain) / 2
    return difference(labels, ~lost, ~won, groups)


def _quantiles(rng: np.random.Generator, groups: NDArray[Any]) -> NDArray[Any]:
    """Uniform numbers (faces,), normal scores of which correlate by CORRELATION within a group."""
    shared = rng.normal(size=groups.max() + 1)[groups]
    own = rng.normal(size=len(groups))
    return np.asarray(ndtr(np.sqrt(CORRELATION) * shared + np.sqrt(1 - CORRELATION) * own))


def _bias(rng: np.random.Generator, faces: int, people: int, rule: Rule, series: int) -> str:
    """Mean of the figure shown at the end minus the true accuracy, which never changes, with its error."""
    groups, labels = np.arange(faces) % people, np.arange(faces) // people % 2
    shown = []
    for _ in range(series):
        newest = rng.random(faces) < ACCURACY
        live = newest
        for _ in range(RETRAINS):
            newest = _retrained(rng, newest)
            if not rule(difference(labels, newest, live, groups)):
                live = newest
        shown.append(live.mean() - ACCURACY)
    return f"{100 * np.mean(shown):+.2f} ± {196 * np.std(shown) / np.sqrt(series):.2f}"


def _retrained(rng: np.random.Generator, right: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """An equally good model that differs on about 7 % of the faces."""
    draw = rng.random(len(right))
    lost, won = 0.035 / ACCURACY, 0.035 / (1 - ACCURACY)
    return np.where(right, draw >= lost, draw < won)


if __name__ == "__main__":
    main()
