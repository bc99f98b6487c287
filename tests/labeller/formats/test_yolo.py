"""YOLO label files: layouts, columns, classes and splits, in and out."""

from pathlib import Path

import pytest
import yaml

from labeller.errors import BadDataset
from labeller.formats.protocol import ReadOptions
from labeller.formats.records import Box, FaceRecord, PhotoRecord
from labeller.formats.yolo import YoloReader
from tests.labeller.formats.datasets import CLASSES, read
from tests.labeller.formats.foreign import dataset, prepare, said
from tests.labeller.formats.round_trip import write

NAMES = "names:\n  0: mask\n  1: nomask\n"


def one_line(folder: Path, line: str) -> tuple[list, list]:
    files = {"data.yaml": NAMES, "images/train/a.jpg": "", "labels/train/a.txt": line}
    photos, problems = read(YoloReader(), dataset(folder, files))
    return list(photos["images/train/a.jpg"].faces), problems


def test_a_line_of_four_columns_is_named_and_the_other_file_is_taken(tmp_path: Path) -> None:
    folder = prepare("odd/10-yolo-4-columns", tmp_path, "scene_341.jpg", "scene_660.jpg")

    photos, problems = read(YoloReader(), folder)

    (skipped,) = said(problems, "skipped")
    assert skipped.startswith("labels/train/scene_341.txt: line 1: ")
    assert "4 columns" in skipped
    assert photos["scene_660.jpg"].faces[0].box == (132, 141, 100, 123)
    assert not photos["scene_341.jpg"].looked_at  # its face was refused, so that it is not one without faces


def test_a_class_that_is_not_there_is_named_and_one_written_with_a_point_is_read(tmp_path: Path) -> None:
    folder = prepare("odd/11-yolo-class-range", tmp_path, "scene_341.jpg", "scene_660.jpg")

    photos, problems = read(YoloReader(), folder)

    (skipped,) = said(problems, "skipped")
    assert "labels/train/scene_341.txt: line 1" in skipped
    assert "7" in skipped
    assert photos["scene_341.jpg"].faces == ()
    assert [face.label for face in photos["scene_660.jpg"].faces] == ["nomask"]


def test_an_empty_text_is_a_photo_without_faces_and_none_is_one_nobody_looked_at(tmp_path: Path) -> None:
    folder = prepare("odd/19-no-annotations.yolo", tmp_path, "scene_341.jpg", "scene_660.jpg")

    photos, problems = read(YoloReader(), folder)

    assert photos["scene_341.jpg"].looked_at
    assert not photos["scene_660.jpg"].looked_at
    assert any("1 photo has no label file" in note for note in said(problems, "note"))


@pytest.mark.parametrize("is_looked_at", [True, False])
def test_a_person_may_say_what_photos_without_a_box_are(is_looked_at: bool, tmp_path: Path) -> None:
    folder = prepare("odd/19-no-annotations.yolo", tmp_path, "scene_341.jpg", "scene_660.jpg")

    photos, _ = read(YoloReader(), folder, ReadOptions(CLASSES, empty_is_looked_at=is_looked_at))

    assert [photo.looked_at for photo in photos.values()] == [is_looked_at, is_looked_at]


@pytest.mark.parametrize(
    ("line", "box"),
    [
        ("0 0.5 0.5 0.2 0.4", (80, 30, 40, 40)),
        ("0 0.1 0.1 0.3 0.1 0.3 0.5 0.1 0.5", (20, 10, 40, 40)),
        ("0 0.1 0.1 0.3 0.1 0.2 0.5", (20, 10, 40, 40)),
    ],
    ids=["box", "corners", "polygon"],
)
def test_every_shape_becomes_its_enclosing_box(line: str, box: Box, tmp_path: Path) -> None:
    (face,), problems = one_line(tmp_path, line)

    assert face.box == pytest.approx(box)
    assert bool(said(problems, "changed")) == (len(line.split()) > 5)


def test_a_sixth_column_is_the_score_of_a_proposal(tmp_path: Path) -> None:
    (face,), _ = one_line(tmp_path, "1 0.5 0.5 0.2 0.4 0.83")

    assert (face.label, face.state, face.confidence) == ("nomask", "proposed", 0.83)


@pytest.mark.parametrize(
    "line",
    ["0 nan 0.5 0.2 0.4", "0 0.5 0.5 -0.2 0.4", "0 0.5 0.5 0 0.4", "0 1.5 0.5 0.2 0.4", "x 0.5 0.5 0.2 0.4",
     "0 1e400 0.5 0.2 0.4", "1e300 0.5 0.5 0.2 0.4", "0.5 0.5 0.5 0.2 0.4", "-1 0.5 0.5 0.2 0.4", "0"],
)  # fmt: skip
def test_a_line_that_is_no_box_is_named_with_its_number(line: str, tmp_path: Path) -> None:
    faces, problems = one_line(tmp_path, "0 0.5 0.5 0.2 0.4\n" + line)

    assert len(faces) == 1
    (skipped,) = said(problems, "skipped")
    assert skipped.startswith("labels/train/a.txt: line 2: ")


@pytest.mark.parametrize(
    ("stated", "folder"),
    [
        ("train: ../train/images\nval: ../valid/images\n", "{}/images/a.jpg"),
        ("path: /somewhere/else\ntrain: images/train\nval: images/valid\n", "images/{}/a.jpg"),
        ("train: [images/train, more]\nvalid: images/valid\n", "images/{}/a.jpg"),
        ("", "images/{}/a.jpg"),
    ],
)
def test_splits_are_found_however_data_yaml_states_them(stated: str, folder: str, tmp_path: Path) -> None:
    files = {"data.yaml": stated + "names: [mask, nomask]\n"}
    pictures = [folder.format(split) for split in ("train", "valid")]
    for picture in pictures:
        files[picture] = ""
        files[picture.replace("images", "labels").replace(".jpg", ".txt")] = "0 0.5 0.5 0.2 0.4"

    photos, _ = read(YoloReader(), dataset(tmp_path, files))

    assert [photos[picture].split for picture in pictures] == ["train", "validation"]
    assert [len(photos[picture].faces) for picture in pictures] == [1, 1]


def test_names_that_yaml_takes_for_something_else_stay_names(tmp_path: Path) -> None:
    files = {"data.yaml": "names: [no, 1.0]\n", "a.jpg": "", "a.txt": "0 .5 .5 .2 .4\n1 .5 .5 .2 .4"}

    photos, _ = read(YoloReader(), dataset(tmp_path, files), ReadOptions(("no", "1.0")))

    assert [face.label for face in photos["a.jpg"].faces] == ["no", "1.0"]


def test_two_label_files_of_one_photo_are_a_conflict_that_names_both(tmp_path: Path) -> None:
    line = "0 0.5 0.5 0.2 0.4"
    files = {"data.yaml": NAMES, "images/a.jpg": "", "labels/a.txt": line, "labels/train/a.txt": line}

    _, problems = read(YoloReader(), dataset(tmp_path, files))

    (conflict,) = said(problems, "conflict")
    assert "labels/a.txt" in conflict
    assert "labels/train/a.txt" in conflict


def test_a_label_file_without_a_picture_is_named(tmp_path: Path) -> None:
    files = {"data.yaml": NAMES, "labels/a.txt": "0 0.5 0.5 0.2 0.4"}

    photos, problems = read(YoloReader(), dataset(tmp_path, files))

    assert photos == {}
    assert said(problems, "skipped") == ["labels/a.txt: : no picture of this name is there"]


@pytest.mark.parametrize(
    "files",
    [
        {"labels/a.txt": "0 0.5 0.5 0.2 0.4", "a.jpg": ""},
        {"data.yaml": NAMES, "a.jpg": ""},
        {"data.yaml": "names: 7\n", "a.jpg": "", "labels/a.txt": ""},
        {"data.yaml": "names: [mask", "a.jpg": "", "labels/a.txt": ""},
        {"data.yaml": "names: [[mask]]", "a.jpg": "", "labels/a.txt": ""},
        {"notes.json": "[]", "a.jpg": "", "labels/a.txt": ""},
    ],
    ids=["no names", "no labels", "a number", "half a list", "lists in a list", "other notes"],
)
def test_what_is_no_dataset_is_refused_whole(files: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(BadDataset):
        read(YoloReader(), dataset(tmp_path, files))


def labelled(name: str, split: str | None = "train", looked_at: bool = True) -> PhotoRecord:
    faces = (FaceRecord((0, 0, 64, 48), "nomask"), FaceRecord((5, 6, 7, 8), None, "rejected"))
    return PhotoRecord(name, faces if looked_at else (), (64, 48), looked_at, split=split)


def test_what_is_written_is_as_ultralytics_wants_it(tmp_path: Path) -> None:
    photos = [labelled("a.jpg"), labelled("b.jpg", "validation"), labelled("c.jpg", "locked")]

    paths = write(tmp_path, "yolo", photos)

    content = yaml.safe_load((tmp_path / "data.yaml").read_text())
    assert content == {
        "train": "images/train",
        "val": "images/val",
        "test": "images/test",
        "names": {0: "mask", 1: "nomask", 2: "incorrect"},
    }
    assert {"images/val/b.jpg", "labels/val/b.txt", "images/test/c.jpg"} <= set(paths)
    assert (tmp_path / "labels/train/a.txt").read_text() == "1 0.50000000 0.50000000 1.00000000 1.00000000\n"


def test_without_a_validation_photo_the_trainer_gets_the_training_set_and_is_told(tmp_path: Path) -> None:
    write(tmp_path, "yolo", [labelled("a.jpg", split=None)])

    text = (tmp_path / "data.yaml").read_text()
    assert yaml.safe_load(text)["val"] == "images/train"
    assert text.startswith("# No photo is in the validation split")


def test_what_nobody_looked_at_is_kept_from_the_trainer(tmp_path: Path) -> None:
    paths = write(tmp_path, "yolo", [labelled("a.jpg", looked_at=False)])

    assert paths == ["unlabelled/a.jpg", "data.yaml", "second_look.json"]
