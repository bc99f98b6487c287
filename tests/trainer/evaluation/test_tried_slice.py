"""Figures of the photos that were kept after a try."""

import numpy as np
import pytest

from db.confidence_intervals import mean_recall, share
from trainer.data.dataset import Dataset, Row
from trainer.evaluation.tried_slice import NONE_KEPT, TOO_FEW, tried_metrics


def dataset(*labels: int, tried: int) -> Dataset:
    """Faces with these class ids, each on a photo of its own, of which the first `tried` were kept."""
    box = (0.0, 0.0, 50.0, 50.0)
    return Dataset(
        tuple(
            Row(n, 1, label, "train", n, box, None, n, "human", None, n < tried)
            for n, label in enumerate(labels)
        ),
        (4, 5),
    )


def test_only_kept_faces_that_a_model_had_not_learned_from_count() -> None:
    data = dataset(*[4, 5] * 10, tried=14)
    judged = np.arange(20) != 0
    predicted = data.labels.copy()
    predicted[[3, 18]] = 0  # one kept face and one other are wrong
    figures, reason = tried_metrics(data, judged, predicted)
    assert reason is None
    assert figures is not None
    kept = np.arange(1, 14)
    correct = kept != 3
    assert figures == {
        "n": 13,
        "people": 0,
        "photos_without_person": 13,
        "balanced_accuracy": mean_recall(correct, data.labels[kept], kept),
        "per_class": {
            "4": {"n": 6, "recall": share(np.ones(6), np.arange(6))},
            "5": {"n": 7, "recall": share(correct[data.labels[kept] == 1], np.arange(7))},
        },
    }


def test_a_class_of_fewer_than_five_people_has_no_figure_and_then_nothing_is_balanced() -> None:
    data = dataset(4, 4, 4, 4, 4, 5, 5, 5, 5, 5, tried=9)
    figures, _ = tried_metrics(data, np.ones(10, bool), data.labels)
    assert figures is not None
    assert figures["balanced_accuracy"] is None
    assert figures["per_class"]["4"]["recall"]["n"] == 5
    assert figures["per_class"]["5"] == {"n": 4, "recall": None}


@pytest.mark.parametrize(("tried", "text", "values"), [(0, NONE_KEPT, {}), (4, TOO_FEW, {"n": 4})])
def test_too_few_are_no_figure(tried: int, text: str, values: dict[str, int]) -> None:
    data = dataset(4, 4, 4, 4, 5, 5, tried=tried)
    expected = (None, [{"text": text, "values": values}])
    assert tried_metrics(data, np.ones(6, bool), data.labels) == expected
