"""CVAT for images: names, turned boxes, other shapes, attributes; a bomb is refused."""

import tracemalloc
from pathlib import Path

import pytest
from defusedxml import ElementTree

from labeller.errors import BadDataset
from labeller.formats.cvat import CvatReader
from labeller.formats.records import FaceRecord, PhotoRecord
from tests.labeller.formats.datasets import read
from tests.labeller.formats.foreign import dataset, prepare, said
from tests.labeller.formats.round_trip import write


def document(*shapes: str, attributes: str = 'id="0" name="a.jpg" width="200" height="100"') -> str:
    return f"<annotations><version>1.1</version><image {attributes}>{''.join(shapes)}</image></annotations>"


def test_names_count_and_not_ids_and_every_shape_gets_its_answer(tmp_path: Path) -> None:
    folder = prepare("odd/29-cvat-full.xml", tmp_path, "scene_341.jpg", "scene_660.jpg")

    photos, problems = read(CvatReader(), folder)

    assert photos["scene_660.jpg"].faces[0].box == (132, 141, 100, 123)
    assert photos["scene_660.jpg"].split == "validation"
    turned, polygon = photos["scene_341.jpg"].faces
    assert turned.box == pytest.approx((52.523, 186.774, 121.953, 141.452), abs=0.001)
    assert polygon.box == (67, 197, 93, 121)
    assert photos["scene_341.jpg"].person == "Ann & Bo"
    assert "15.5°" in said(problems, "changed")[0]
    assert "polygon" in said(problems, "changed")[1]
    (skipped,) = said(problems, "skipped")
    assert "image 3, tag 3" in skipped


def test_an_entity_bomb_is_refused_before_it_grows(tmp_path: Path) -> None:
    folder = prepare("odd/08-billion-laughs.cvat.xml", tmp_path, "scene_341.jpg")
    tracemalloc.start()

    with pytest.raises(BadDataset) as refusal:
        read(CvatReader(), folder)

    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
    assert "08-billion-laughs.cvat.xml" in refusal.value.message
    assert "DOCTYPE" in refusal.value.message


def test_tracks_of_a_video_are_named(tmp_path: Path) -> None:
    text = document().replace("</annotations>", '<track id="4" label="mask"><box/></track></annotations>')

    photos, problems = read(CvatReader(), dataset(tmp_path, {"a.jpg": "", "annotations.xml": text}))

    assert list(photos) == ["a.jpg"]
    assert "annotations.xml: track 4" in said(problems, "skipped")[0]


@pytest.mark.parametrize(
    "shape",
    [
        '<box label="mask" xtl="1" ytl="1" xbr="9"/>',
        '<box label="mask" xtl="9" ytl="9" xbr="1" ybr="1"/>',
        '<box label="mask" xtl="1" ytl="1" xbr="nan" ybr="9"/>',
        '<box label="mask" xtl="1" ytl="1" xbr="9" ybr="9" rotation="inf"/>',
        '<polygon label="mask" points="1,1;2"/>',
        '<polygon label="mask"/>',
        '<points label="mask" points="1,1"/>',
        '<skeleton label="mask"><points label="x" points="1,1"/></skeleton>',
    ],
)
def test_what_is_no_box_is_named_with_its_place(shape: str, tmp_path: Path) -> None:
    photos, problems = read(CvatReader(), dataset(tmp_path, {"a.jpg": "", "x.xml": document(shape)}))

    assert photos["a.jpg"].faces == ()
    assert not photos["a.jpg"].looked_at
    assert said(problems, "skipped")[0].startswith("x.xml: image 0, ")


def test_rejected_boxes_and_scores_are_attributes(tmp_path: Path) -> None:
    box = '<box label="mask" xtl="{0}" ytl="1" xbr="{1}" ybr="9"><attribute name="{2}">{3}</attribute></box>'
    text = document(box.format(1, 9, "rejected", "true"), box.format(21, 29, "score", "0.5"))

    photos, _ = read(CvatReader(), dataset(tmp_path, {"a.jpg": "", "x.xml": text}))

    assert [(face.state, face.label, face.confidence) for face in photos["a.jpg"].faces] == [
        ("rejected", None, None),
        ("confirmed", "mask", 0.5),
    ]


def test_several_people_on_one_photo_are_a_conflict(tmp_path: Path) -> None:
    person = '<attribute name="person">{1}</attribute>'
    box = f'<box label="mask" xtl="{{0}}1" ytl="1" xbr="{{0}}9" ybr="9">{person}</box>'
    text = document(box.format(1, "Ann"), box.format(2, "Bo"))

    photos, problems = read(CvatReader(), dataset(tmp_path, {"a.jpg": "", "x.xml": text}))

    assert photos["a.jpg"].person is None
    assert "Ann, Bo" in said(problems, "conflict")[0]


@pytest.mark.parametrize(
    "text",
    ["", "<annotation/>", "<annotations/>", "hello", document()[:70], document().replace("1.1", "\x01")],
)
def test_what_is_no_dataset_is_refused_whole(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadDataset):
        read(CvatReader(), dataset(tmp_path, {"a.jpg": "", "x.xml": text}))


def test_labels_and_attributes_are_declared_and_text_is_escaped(tmp_path: Path) -> None:
    faces = (FaceRecord((1, 2, 3.125, 4), "mask"), FaceRecord((5, 6, 7, 8), None, "rejected"))
    record = PhotoRecord('a "&<.jpg', faces, (64, 48), person="Ann \x01 & <Bo>", split="locked")

    write(tmp_path, "cvat", [record])

    root = ElementTree.parse(tmp_path / "annotations.xml").getroot()
    assert [one.findtext("name") for one in root.iter("label")] == ["mask", "nomask", "incorrect"]
    declared = {one.findtext("name") for one in root.iter("attribute") if one.find("name") is not None}
    assert [one.text for one in root.iter("subset")] == ["test"]
    (image,) = root.iter("image")
    (box,) = image
    assert image.attrib == {"id": "0", "name": 'a "&<.jpg', "subset": "test", "width": "64", "height": "48"}
    assert (box.get("xtl"), box.get("ytl"), box.get("xbr"), box.get("ybr")) == (
        "1.00",
        "2.00",
        "4.12",
        "6.00",
    )
    assert {one.get("name") for one in box} <= declared
    assert box[0].text == "Ann \ufffd & <Bo>"
