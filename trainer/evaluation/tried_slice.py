"""Metrics of the faces on photos that somebody kept after trying a model on them.

They are chosen by hand, mostly because a model was wrong: a slice of its own, harder than what comes along.
"""

from typing import Any

import numpy as np

from db.confidence_intervals import mean_recall, share
from db.i18n import N_
from db.messages import Message, message
from trainer.arrays import BoolArray, IntArray
from trainer.data.dataset import Dataset
from trainer.evaluation.metrics import people_missing

NONE_KEPT = N_("No photo that a model was tried on has been kept and labelled yet.")
TOO_FEW = N_(
    "There is no figure before five people of a class, or five photos without a person: %(n)s labelled faces"
    " on kept photos so far."
)


def tried_metrics(
    data: Dataset, judged: BoolArray, predicted: IntArray
) -> tuple[dict[str, Any] | None, list[Message] | None]:
    """Balanced accuracy and recalls of the kept faces among the `judged` rows (n,), or why there are none.

    `predicted` (n,) are class indices by models that had not learned from these rows. Without five people
    of each class, or photos without a person, there is no balanced accuracy; of a class, no recall.
    """
    rows = judged & np.array([row.tried for row in data.rows], bool)
    labels, groups = data.labels[rows], data.groups[rows]
    if not len(labels):
        return None, [message(NONE_KEPT)]
    enough = people_missing(labels, groups, len(data.classes)) == 0
    if not enough.any():
        return None, [message(TOO_FEW, n=len(labels))]
    correct = predicted[rows] == labels
    per_class = {}
    for index, id in enumerate(data.classes):
        inside = labels == index
        recall = share(correct[inside], groups[inside]) if enough[index] else None
        per_class[str(id)] = {"n": int(inside.sum()), "recall": recall}
    balanced = mean_recall(correct, labels, groups) if enough.all() else None
    return data.size(rows) | {"balanced_accuracy": balanced, "per_class": per_class}, None
