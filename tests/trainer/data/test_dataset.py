"""The dataset of a run and its manifest."""

import json
from dataclasses import replace

from trainer.data.dataset import Dataset, Row

ROW = Row(7, 2, 1, "train", 3, (1.0, 2.0, 30.0, 40.0), None, 9, "human", None)


def test_a_manifest_gives_the_dataset_back() -> None:
    data = Dataset((ROW, replace(ROW, face_id=8, tried=True)), (1, 2))
    assert Dataset.from_manifest(data.manifest()) == data


def test_nothing_was_tried_in_manifests_that_do_not_say() -> None:
    content = json.loads(Dataset((ROW,), (1, 2)).manifest())
    content["rows"] = [row[:10] for row in content["rows"]]
    assert Dataset.from_manifest(json.dumps(content).encode()).rows == (ROW,)
