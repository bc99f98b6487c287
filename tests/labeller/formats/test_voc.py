"""Pascal VOC: which base corners count from, names without a suffix, splits, what XML must not do."""

from pathlib import Path

import pytest
from defusedxml import ElementTree

from labeller.errors import BadDataset
from labeller.formats.protocol import ReadOptions
from labeller.formats.records import FaceRecord, PhotoRecord
from labeller.formats.voc import VocReader
from tests.labeller.formats.datasets import CLASSES, read
from tests.labeller.formats.foreign import dataset, prepare, said
from tests.labeller.formats.round_trip import write


def annotation(*corners: str, name: str = "a.jpg", size: tuple[int, int] = (200, 100), more: str = "") -> str:
    """A photo with one face, whose four corners are written as given."""
    bounds = "".join(
        f"<{tag}>{corner}</{tag}>"
        for tag, corner in zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=False)
    )
    thing = f"<object><name> mask </name>{more}<bndbox>{bounds}</bndbox></object>" if corners else ""
    stated = f"<size><width>{size[0]}</width><height>{size[1]}</height></size>"
    return f"<annotation><filename>{name}</filename>{stated}{thing}</annotation>"


def test_a_box_over_the_whole_photo_is_read_to_the_pixel(tmp_path: Path) -> None:
    photos, problems = read(VocReader(), prepare("odd/05-one-based", tmp_path, "scene_251.jpg"))

    assert [face.box for face in photos["scene_251.jpg"].faces] == [(0, 0, 400, 206), (0, 181, 39, 25)]
    assert said(problems, "note")[0].startswith(
        ": : corners were read as counting from 1: a box ends at the full"
    )
    assert len(problems) == 1


def test_a_person_who_knows_the_base_is_believed(tmp_path: Path) -> None:
    folder = prepare("odd/05-one-based", tmp_path, "scene_251.jpg")

    photos, problems = read(VocReader(), folder, ReadOptions(CLASSES, voc_base=0))

    assert photos["scene_251.jpg"].faces[0].box == (1, 1, 399, 205)
    assert "counting from 0: as you said" in said(problems, "note")[0]


def test_an_external_entity_is_refused_and_its_content_is_in_no_message(tmp_path: Path) -> None:
    folder = prepare("odd/09-external-entity.voc", tmp_path, "scene_341.jpg")

    with pytest.raises(BadDataset) as refusal:
        read(VocReader(), folder)

    assert "scene_341.xml" in refusal.value.message
    assert "DOCTYPE" in refusal.value.message
    hostname = Path("/etc/hostname")
    assert not hostname.exists() or hostname.read_text().strip() not in refusal.value.message


def test_one_damaged_file_is_named_and_the_others_are_taken(tmp_path: Path) -> None:
    files = {
        "a.jpg": "",
        "a.xml": annotation("2", "3", "4", "5"),
        "b.xml": annotation("2", "3", "4", "5")[:60],
    }

    photos, problems = read(VocReader(), dataset(tmp_path, files))

    assert photos["a.jpg"].faces[0].box == (1, 2, 3, 3)
    assert photos["a.jpg"].faces[0].label == "mask"
    assert len(said(problems, "skipped")) == 1
    assert said(problems, "skipped")[0].startswith("b.xml: ")


@pytest.mark.parametrize(
    ("corners", "base"),
    [
        (("0", "5", "9", "9"), 0),
        (("2.0", "5", "9", "9"), 0),
        (("-1", "5", "9", "9"), 0),
        (("2", "5", "9", "9"), 1),
        (("1", "1", "200", "100"), 1),
    ],
)
def test_the_last_file_may_tell_the_base_of_the_first(
    corners: tuple[str, ...], base: int, tmp_path: Path
) -> None:
    files = {
        "a.jpg": "",
        "b.jpg": "",
        "a.xml": annotation("11", "21", "20", "30"),
        "b.xml": annotation(*corners, name="b.jpg"),
    }

    photos, _ = read(VocReader(), dataset(tmp_path, files))

    assert photos["a.jpg"].faces[0].box == (11 - base, 21 - base, 9 + base, 9 + base)


def test_a_name_without_a_suffix_or_without_a_name_at_all_is_found_by_its_stem(tmp_path: Path) -> None:
    files = {
        "JPEGImages/a.png": "",
        "JPEGImages/b.jpg": "",
        "Annotations/a.xml": annotation(name="a"),
        "Annotations/b.xml": annotation(name=""),
    }

    photos, _ = read(VocReader(), dataset(tmp_path, files))

    assert list(photos) == ["JPEGImages/a.png", "JPEGImages/b.jpg"]
    assert all(photo.looked_at for photo in photos.values())


def test_of_equal_names_that_counts_which_lies_as_the_label_file_does(tmp_path: Path) -> None:
    files = {}
    for folder in ("train", "valid"):
        files[f"{folder}/a.jpg"] = ""
        files[f"{folder}/a.xml"] = annotation("2", "2", "9", "9" if folder == "train" else "19")

    photos, problems = read(VocReader(), dataset(tmp_path, files))

    assert [photo.faces[0].box for photo in photos.values()] == [(1, 1, 8, 8), (1, 1, 8, 18)]
    assert said(problems, "conflict") == []


def test_a_picture_without_a_file_was_not_looked_at(tmp_path: Path) -> None:
    photos, _ = read(VocReader(), dataset(tmp_path, {"a.jpg": "", "b.jpg": "", "a.xml": annotation()}))

    assert [photos[name].looked_at for name in ("a.jpg", "b.jpg")] == [True, False]


def test_the_lists_of_one_class_and_names_with_spaces_are_understood(tmp_path: Path) -> None:
    files = {
        "my a.jpg": "",
        "my a.xml": annotation(name="my a.jpg"),
        "ImageSets/Main/val.txt": "my a  -1\r\n",
        "ImageSets/Main/trainval.txt": "my a\r\n",
    }

    photos, _ = read(VocReader(), dataset(tmp_path, files))

    assert photos["my a.jpg"].split == "validation"


def test_attributes_name_the_person(tmp_path: Path) -> None:
    more = "<attributes><attribute><name>person</name><value>Ann &amp; Bo</value></attribute></attributes>"
    files = {"a.jpg": "", "a.xml": annotation("2", "2", "9", "9", more=more)}

    photos, _ = read(VocReader(), dataset(tmp_path, files))

    assert photos["a.jpg"].person == "Ann & Bo"


@pytest.mark.parametrize(
    "corners",
    [
        ("9", "9", "2", "2"),
        ("2", "2", "x", "9"),
        ("2", "2", "", "9"),
        ("2", "2", "inf", "9"),
        ("300", "2", "400", "9"),
    ],
)
def test_a_box_that_is_none_is_named_with_its_place(corners: tuple[str, ...], tmp_path: Path) -> None:
    photos, problems = read(VocReader(), dataset(tmp_path, {"a.jpg": "", "a.xml": annotation(*corners)}))

    assert photos["a.jpg"].faces == ()
    assert not photos["a.jpg"].looked_at
    assert said(problems, "skipped")[0].startswith("a.xml: object 1: ")


@pytest.mark.parametrize("text", ["", "<annotations/>", "hello"])
def test_what_is_no_dataset_is_refused_whole(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadDataset):
        read(VocReader(), dataset(tmp_path, {"a.xml": text}))


def test_what_is_written_counts_from_one_in_whole_pixels(tmp_path: Path) -> None:
    faces = (FaceRecord((0, 0, 64, 48), "mask"), FaceRecord((1.4, 2.6, 3, 0.3), "nomask"))

    paths = write(tmp_path, "voc", [PhotoRecord("a & b.jpg", faces, (64, 48), split="validation")])

    root = ElementTree.parse(tmp_path / "Annotations/a & b.xml").getroot()
    corners = [[end.text for end in bounds] for bounds in root.iter("bndbox")]
    assert corners == [["1", "1", "64", "48"], ["2", "4", "4", "4"]]
    assert root.findtext("filename") == "a & b.jpg"
    assert (tmp_path / "ImageSets/Main/val.txt").read_text() == "a & b\n"
    assert (tmp_path / "labelmap.txt").read_text().splitlines()[1:] == [
        "background:::",
        "mask:::",
        "nomask:::",
        "incorrect:::",
    ]
    assert "JPEGImages/a & b.jpg" in paths
