"""How often do the 95 % intervals hold the truth? Simulated people, whose faces are right or wrong together.

    .venv/bin/python -m benchmarks.coverage [draws]

A person's own rate is drawn from a beta distribution with the recall as its mean and the given intraclass
correlation; the faces of two classes have either rates of their own or the same quantile. The figure is the
recall of one class, or the balanced accuracy of two.
"""

import itertools
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, binom

from benchmarks.report import report
from db.confidence_intervals import mean_share, score_interval

PEOPLE, RECALLS, CORRELATIONS = (5, 12, 30), (0.9, 0.95, 0.97, 0.99), (0.0, 0.1, 0.3, 0.5)
FACES = {"1 each": (1,), "10 each": (10,), "1 to 20": (1, 2, 4, 8, 20)}
CLASSES = ("one", "independent", "shared")
LEAST = 0.93


def main() -> None:
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    rng = np.random.default_rng(0)
    rows = {}
    for world in itertools.product(PEOPLE, FACES, RECALLS, CORRELATIONS, CLASSES):
        rows[world] = _coverage(rng, draws, *world)
    figures: dict[str, Any] = {}
    for people, recall in itertools.product(PEOPLE, RECALLS):
        of_row = [value for world, value in rows.items() if (world[0], world[2]) == (people, recall)]
        ours, naive, width = (np.array(values) for values in zip(*of_row, strict=True))
        figures[f"{people} people, recall {recall}"] = (
            f"least {ours.min():.3f}, mean {ours.mean():.3f}, width {width.mean():.2f};"
            f" as independent faces: least {naive.min():.2f}"
        )
    least = min(rows, key=lambda world: rows[world][0])
    figures["least of all"] = f"{rows[least][0]:.3f} ({', '.join(map(str, least))})"
    figures["rows, draws of each"] = f"{len(rows)}, {draws}"
    report(
        "coverage",
        "Share of the 95 % intervals of recall and balanced accuracy that hold the truth.",
        figures,
    )
    assert rows[least][0] >= LEAST


def _coverage(
    rng: np.random.Generator, draws: int, people: int, faces: str, recall: float, icc: float, classes: str
) -> tuple[float, float, float]:
    """Share of intervals that hold `recall`: ours, and as if faces were independent; mean width of ours."""
    counts = np.resize(FACES[faces], (people, 1)).repeat(1 if classes == "one" else 2, axis=1)
    held, naive, widths = 0, 0, 0.0
    for right in _right(rng, draws, counts, recall, icc, shared=classes == "shared"):
        interval = mean_share(right, counts).interval
        held += interval["low"] <= recall <= interval["high"]
        widths += interval["high"] - interval["low"]
        independent = score_interval(interval["value"], float(counts.sum()))
        naive += independent["low"] <= recall <= independent["high"]
    return held / draws, naive / draws, widths / draws


def _right(
    rng: np.random.Generator, draws: int, counts: NDArray[Any], recall: float, icc: float, *, shared: bool
) -> NDArray[Any]:
    """Right faces (draws, people, classes)."""
    shape = (draws, *counts.shape)
    if not icc:
        return rng.binomial(counts, recall, shape)
    quantiles = np.broadcast_to(rng.random((*shape[:2], 1)), shape) if shared else rng.random(shape)
    total = (1 - icc) / icc
    rates = beta.ppf(quantiles, recall * total, (1 - recall) * total)
    return np.asarray(binom.rvs(counts, np.clip(rates, 0, 1), random_state=rng))


if __name__ == "__main__":
    main()
