"""WIDER FACE: counts, zero lines, flags, datumaro's dialect."""

from pathlib import Path

import pytest

from labeller.errors import BadDataset
from labeller.formats.records import FaceRecord, PhotoRecord
from labeller.formats.wider_face import WiderFaceReader
from tests.labeller.formats.datasets import picture, put, read
from tests.labeller.formats.foreign import dataset, prepare, said
from tests.labeller.formats.round_trip import write

FILE = "wider_face_split/wider_face_train_bbx_gt.txt"


def read_lines(folder: Path, *lines: str) -> tuple[dict[str, PhotoRecord], list]:
    files = {"a.jpg": "", "b.jpg": "", FILE: "\n".join(lines)}
    return read(WiderFaceReader(), dataset(folder, files))


def test_the_published_order_and_its_oddities(tmp_path: Path) -> None:
    folder = prepare("odd/28-wider", tmp_path, "scene_341.jpg", "scene_660.jpg")
    put(folder, "WIDER_train/images/0--Parade/scene_none.jpg", picture((64, 48)))

    photos, problems = read(WiderFaceReader(), folder)

    none = photos["WIDER_train/images/0--Parade/scene_none.jpg"]
    assert (none.faces, none.looked_at) == ((), True)
    assert [(face.box, face.state) for face in photos["scene_660.jpg"].faces] == [
        ((132, 141, 100, 123), "rejected")
    ]
    assert [(face.box, face.state) for face in photos["scene_341.jpg"].faces] == [
        ((67, 197, 93, 121), "confirmed")
    ]
    (skipped,) = said(problems, "skipped")
    assert skipped.startswith(f"{FILE}: line 10: ")
    assert {photo.split for photo in photos.values()} == {"train"}


def test_a_photo_without_a_count_has_no_faces(tmp_path: Path) -> None:
    photos, problems = read_lines(tmp_path, "no_label/a.jpg", "no_label/b.jpg", "1", "1.0 2.0 3.0 4.0 mask")

    assert photos["a.jpg"].looked_at
    assert [(face.box, face.label) for face in photos["b.jpg"].faces] == [((1, 2, 3, 4), "mask")]
    assert [one.message[:19] for one in problems] == ["1 photo without a b"]


def test_datumaro_has_the_flag_for_invalid_last(tmp_path: Path) -> None:
    line = "1 2 3 4 0 0 0 {} 0 {} mask"

    photos, _ = read_lines(tmp_path, "x/a.jpg", "1", line.format(0, 1), "x/b.jpg", "1", line.format(1, 0))

    assert [photo.faces[0].state for photo in photos.values()] == ["rejected", "confirmed"]


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        (["x/a.jpg", "2", "1 2 3 4"], "line 1"),
        (["x/a.jpg", "1", "1 2 3 4", "5 6 7 8"], "line 4"),
        (["x/a.jpg", "2", "1 2 3 4", "1 2"], "line 4"),
        (["9 9 9 9", "x/a.jpg", "1", "1 2 3 4"], "line 1"),
        (["x/a.jpg", "2", "1 2 3 4", "1 2 nan 4"], "line 4"),
    ],
    ids=["too few", "too many", "short", "before the first", "no number"],
)
def test_counts_and_lines_that_do_not_fit_are_named(lines: list[str], place: str, tmp_path: Path) -> None:
    photos, problems = read_lines(tmp_path, *lines)

    (skipped,) = said(problems, "skipped")
    assert skipped.startswith(f"{FILE}: {place}: ")
    assert [face.box for face in photos["a.jpg"].faces] == [(1, 2, 3, 4)]


def test_another_folder_is_refused_whole(tmp_path: Path) -> None:
    with pytest.raises(BadDataset):
        read(WiderFaceReader(), dataset(tmp_path, {"a.jpg": "", "labels.txt": ""}))


def test_what_is_written_is_as_published(tmp_path: Path) -> None:
    faces = (FaceRecord((1.4, 2, 3.2, 4), "mask"), FaceRecord((5, 6, 7, 8), None, "rejected"))
    photo = PhotoRecord(
        "a.jpg", (*faces, FaceRecord((9, 9, 9, 9), None, "proposed")), (64, 48), split="train"
    )

    write(tmp_path, "widerface", [photo, PhotoRecord("b.jpg", (), (64, 48), split="train")])

    assert (tmp_path / FILE).read_text() == (
        "0--Photos/a.jpg\n2\n1 2 4 4 0 0 0 0 0 0 \n5 6 7 8 0 0 0 1 0 0 \n"
        "0--Photos/b.jpg\n0\n0 0 0 0 0 0 0 0 0 0 \n"
    )
    assert (tmp_path / "WIDER_train/images/0--Photos/a.jpg").exists()
