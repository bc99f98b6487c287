"""What other tools wrote holds the same 52 boxes as our own list of them."""

from pathlib import Path

import pytest

from labeller.formats.cvat import CvatReader
from labeller.formats.label_studio import LabelStudioReader
from labeller.formats.records import Box, PhotoRecord
from labeller.formats.voc import VocReader
from labeller.formats.wider_face import WiderFaceReader
from labeller.formats.yolo import YoloReader
from tests.labeller.formats.datasets import SCENES, read, right_answers
from tests.labeller.formats.foreign import SPLITS, prepare, said

READERS = {
    "lssdk-yolo": YoloReader,
    "labelstudio-yolo": YoloReader,
    "datumaro-yolo": YoloReader,
    "datumaro-yolo-ultralytics": YoloReader,
    "supervision-yolo": YoloReader,
    "lssdk-voc": VocReader,
    "labelstudio-voc": VocReader,
    "datumaro-voc": VocReader,
    "datumaro-voc-one-based": VocReader,
    "supervision-voc": VocReader,
    "labelstudio-json": LabelStudioReader,
    "labelstudio-json-min": LabelStudioReader,
    "lssdk-json-from-coco": LabelStudioReader,
    "datumaro-cvat": CvatReader,
    "datumaro-widerface": WiderFaceReader,
}
WITH_SPLITS = [sample for sample in READERS if sample.startswith("datumaro")]
CUT_TO_WHOLE_PIXELS = ("lssdk-voc", "labelstudio-voc")
"""Label Studio cuts corners to whole pixels, which loses one in some of the boxes."""
UNANSWERED = "scene_660.jpg"
"""The photo that nobody had answered on the server of Label Studio."""


@pytest.mark.parametrize("sample", READERS)
def test_a_foreign_dataset_has_the_boxes_that_its_tool_was_given(sample: str, tmp_path: Path) -> None:
    photos, problems = read(READERS[sample](), prepare(sample, tmp_path))

    assert photos.keys() == SCENES.keys()
    for name, right in right_answers().items():
        if name == UNANSWERED and sample.startswith("labelstudio"):
            assert photos[name].faces == ()
            continue
        assert photos[name].size == SCENES[name]
        assert [face.label for face in photos[name].faces] == [label for _, label in right]
        assert largest_error(photos[name], right) <= (1 if sample in CUT_TO_WHOLE_PIXELS else 0)
    assert said(problems, "skipped") == []
    assert said(problems, "conflict") == []


def largest_error(photo: PhotoRecord, right: list[tuple[Box, str]]) -> float:
    """In pixels, of any side of any box; two of the right boxes end outside of their photo."""
    assert photo.size
    errors = []
    for face, (box, _) in zip(photo.faces, right, strict=True):
        assert face.box
        cut = (*box[:2], min(box[2], photo.size[0] - box[0]), min(box[3], photo.size[1] - box[1]))
        errors += [abs(one - other) for one, other in zip(face.box, cut, strict=True)]
    return max(errors)


@pytest.mark.parametrize("sample", WITH_SPLITS)
def test_splits_are_taken_where_a_dataset_states_them(sample: str, tmp_path: Path) -> None:
    photos, _ = read(READERS[sample](), prepare(sample, tmp_path))

    assert {name: photo.split for name, photo in photos.items()} == SPLITS


@pytest.mark.parametrize("sample", ["labelstudio-json", "labelstudio-json-min", "labelstudio-voc"])
def test_a_photo_that_nobody_answered_is_not_one_without_faces(sample: str, tmp_path: Path) -> None:
    photos, _ = read(READERS[sample](), prepare(sample, tmp_path))

    assert [name for name, photo in photos.items() if not photo.looked_at] == [UNANSWERED]


@pytest.mark.parametrize("sample", ["datumaro-voc", "lssdk-voc", "supervision-voc", "datumaro-voc-one-based"])
def test_which_base_was_used_is_said(sample: str, tmp_path: Path) -> None:
    base = 1 if sample in ("supervision-voc", "datumaro-voc-one-based") else 0

    _, problems = read(VocReader(), prepare(sample, tmp_path))

    assert f"counting from {base}" in said(problems, "note")[0]
