"""CSV, read and written."""

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from labeller.errors import BadDataset
from labeller.formats.csv_columns import with_apostrophe, without_apostrophe
from labeller.formats.csv_file import CsvReader
from labeller.formats.protocol import ReadOptions
from labeller.formats.records import FaceRecord, PhotoRecord, Problem
from tests.labeller.formats import datasets, round_trip
from tests.labeller.formats.datasets import CLASSES, SAMPLES, boxes, read, scenes

ONE = ((67, 197, 93, 121), "mask")
TWO = ((132, 141, 100, 123), "nomask")
PLAIN = (
    "file,label,x,y,width,height\nscene_341.jpg,mask,67,197,93,121\nscene_660.jpg,nomask,132,141,100,123\n"
)
BOTH = {"scene_341.jpg": [ONE], "scene_660.jpg": [TWO]}


def read_csv(
    folder: Path, content: str | bytes, options: ReadOptions | None = None, name: str = "labels.csv"
) -> tuple[dict[str, list[Any]], list[Problem]]:
    photos, problems = datasets.read_file(CsvReader(), folder, name, content, options)
    return {name: boxes(photo) for name, photo in photos.items()}, problems


@pytest.mark.parametrize("tool", ["labelstudio-csv", "lssdk-csv"])
def test_what_label_studio_writes_is_read(tmp_path: Path, tool: str) -> None:
    shutil.copytree(SAMPLES / tool, tmp_path, dirs_exist_ok=True)
    photos, problems = read(CsvReader(), scenes(tmp_path))
    answers = datasets.as_imported(datasets.right_answers())
    if tool == "labelstudio-csv":
        answers["scene_660.jpg"] = []
    assert {name: sorted(boxes(photo)) for name, photo in photos.items()} == answers
    assert [one.remark for one in problems] == ["changed"]


def test_a_turned_box_of_label_studio_gives_its_enclosing_one(tmp_path: Path) -> None:
    region = {"x": 6700 / 301, "y": 49.25, "width": 9300 / 301, "height": 30.25, "rotation": 30}
    region |= {"rectanglelabels": ["mask"], "original_width": 301, "original_height": 400}
    content = io.StringIO()
    rows = csv.writer(content)
    rows.writerow(["annotation_id", "annotator", "id", "image", "label"])
    rows.writerow([1, "1", 1, "/data/upload/1/48ed02c9-scene_341.jpg", json.dumps([region])])
    photos, problems = read_csv(tmp_path, content.getvalue())
    ((box, label),) = photos["scene_341.jpg"]
    assert box == pytest.approx((6.5, 197, 141.040, 151.289), abs=1e-3)
    assert label == "mask"
    assert [(one.remark, "30 degrees" in one.message) for one in problems] == [("changed", True)]


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace(",", "\t").encode("utf-16"),
        PLAIN.replace(",", ";").replace("132;", "132,0;").replace("141;", "141,00;"),
        PLAIN.replace("file,label,x,y,width,height", "FileName,Class Name,X Min,y-min,w,h"),
        PLAIN.replace("67,197,93,121", "67.0,1.97e2,93.001,121"),
        PLAIN + "\n\n",
    ],
    ids=[
        "plain",
        "mark",
        "crlf",
        "cr",
        "utf-16 with tabs",
        "decimal comma",
        "names",
        "floats",
        "empty lines",
    ],
)
def test_it_is_read_however_it_is_written(tmp_path: Path, content: str | bytes) -> None:
    assert read_csv(tmp_path, content) == (BOTH, [])


def test_edges_and_the_size_of_the_picture_are_told_apart_from_sides(tmp_path: Path) -> None:
    content = (
        "filename,width,height,class,xmin,ymin,xmax,ymax\n"
        "scene_341.jpg,301,400,mask,67,197,160,318\n"
        "scene_660.jpg,301,400,nomask,132,141,232,264\n"
    )
    assert read_csv(tmp_path, content) == (BOTH, [])


SHARES = (
    "file,label,x,y,box_width,box_height\n"
    f"scene_341.jpg,mask,{67 / 301:.6f},{197 / 400:.6f},{93 / 301:.6f},{121 / 400:.6f}\n"
)


def test_shares_of_the_sides_are_found_out_and_said(tmp_path: Path) -> None:
    photos, problems = read_csv(tmp_path, SHARES)
    assert photos == {"scene_341.jpg": [ONE]}
    assert [one.remark for one in problems] == ["note"]
    assert read_csv(tmp_path, SHARES, ReadOptions(CLASSES, normalised=True)) == (photos, [])
    small, _ = read_csv(tmp_path, SHARES, ReadOptions(CLASSES, normalised=False))
    assert small["scene_341.jpg"][0][0][2] == pytest.approx(93 / 301, abs=1e-5)


def test_cells_that_a_spreadsheet_would_run_stay_text(tmp_path: Path) -> None:
    content = (
        "file;label;x;y;width;height;person\n"
        "scene_341.jpg;mask;67;197;93;121;\"=cmd|' /C calc'!A0\"\n"
        'scene_660.jpg;nomask;132,0;141,0;100,0;123,0;"O""Neil; +1"\n'
        'scene_251.jpg;mask;28;103;32;37;"\'@SUM(1+1)"\n'
    )
    photos, _ = datasets.read_file(CsvReader(), tmp_path, "labels.csv", content)
    people = {name: photo.person for name, photo in photos.items()}
    assert people == {
        "scene_341.jpg": "=cmd|' /C calc'!A0",
        "scene_660.jpg": 'O"Neil; +1',
        "scene_251.jpg": "@SUM(1+1)",
    }


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\ta", "\ra", "'=1", "''=1", "plain", "'plain", ""])
def test_an_apostrophe_comes_and_goes(text: str) -> None:
    written = with_apostrophe(text)
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert without_apostrophe(written) == text


def test_no_cell_that_is_written_begins_like_a_formula(tmp_path: Path) -> None:
    face = FaceRecord((1, 2, 3, 4), "mask", "confirmed", 0.5)
    round_trip.write(tmp_path, "csv", [PhotoRecord("-1.jpg", (face,), (64, 48), person="=1+1")])
    assert (tmp_path / "labels.csv").read_text() == (
        "file,width,height,left,top,box_width,box_height,label,state,score,person,split\n"
        "images/-1.jpg,64,48,1,2,3,4,mask,confirmed,0.5,'=1+1,\n"
    )


def test_rows_of_one_photo_may_lie_apart(tmp_path: Path) -> None:
    photos, problems = read_csv(tmp_path, PLAIN + "scene_341.jpg,nomask,1,2,3,4\n")
    assert photos == {"scene_341.jpg": [ONE, ((1, 2, 3, 4), "nomask")], "scene_660.jpg": [TWO]}
    assert problems == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("scene_251.jpg,mask,1,2,3", "5 cells and not 6"),
        ("scene_251.jpg,mask,1,2,3,4,5", "7 cells and not 6"),
        (",mask,1,2,3,4", "names no file"),
        ("scene_251.jpg,mask,1,2,,4", "a number missing"),
        ("scene_251.jpg,mask,1,2,x,4", "cannot be pixels"),
        ("scene_251.jpg,mask,nan,2,3,4", "cannot be pixels"),
        ("scene_251.jpg,mask,1,2,1_0,4", "cannot be pixels"),
        ("scene_251.jpg,mask,1,2,1e400,4", "cannot be pixels"),
        ("scene_251.jpg,mask,1,2,0,4", "0 pixels wide"),
        ("not_there.jpg,mask,1,2,3,4", "not among the pictures"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path: Path, row: str, said: str) -> None:
    photos, problems = read_csv(tmp_path, PLAIN + row + "\n")
    assert photos | {"scene_251.jpg": []} == BOTH | {"scene_251.jpg": []}
    assert [(one.remark, one.place) for one in problems] == [("skipped", "line 4")]
    assert said in problems[0].message


def test_states_of_rows(tmp_path: Path) -> None:
    content = (
        "file,left,top,box_width,box_height,label,state,score\n"
        "scene_341.jpg,1,2,3,4,,proposed,0.61\n"
        "scene_341.jpg,5,6,7,8,,rejected,\n"
        "scene_341.jpg,5,6,17,18,,,\n"
        "scene_660.jpg,,,,,,empty,\n"
        "scene_251.jpg,,,,,,unlabelled,\n"
        "scene_251.jpg,1,2,3,4,,odd,\n"
    )
    photos, problems = datasets.read_file(CsvReader(), tmp_path, "labels.csv", content)
    states = [(face.state, face.confidence) for face in photos["scene_341.jpg"].faces]
    assert states == [("proposed", 0.61), ("rejected", None), ("proposed", None)]
    assert photos["scene_660.jpg"].looked_at
    assert not photos["scene_251.jpg"].looked_at
    assert [(one.remark, one.place) for one in problems] == [("skipped", "line 7")]


def test_what_a_row_without_a_box_means_is_said_or_told(tmp_path: Path) -> None:
    content = PLAIN + "scene_251.jpg,,,,,\n"
    photos, problems = datasets.read_file(CsvReader(), tmp_path, "labels.csv", content)
    assert photos["scene_251.jpg"].looked_at
    assert [one.remark for one in problems] == ["note"]
    told = ReadOptions(CLASSES, empty_is_looked_at=False)
    photos, problems = datasets.read_file(CsvReader(), tmp_path, "labels.csv", content, told)
    assert not photos["scene_251.jpg"].looked_at
    assert problems == []


def test_a_label_without_a_box_is_the_whole_picture(tmp_path: Path) -> None:
    photos, _ = read_csv(tmp_path, "image,label\nscene_341.jpg,mask\n")
    assert photos == {"scene_341.jpg": [(None, "mask")]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("a,b,c\n1,2,3\n", "names no column for the file"),
        (PLAIN + 'scene_251.jpg,"mask,1,2', "is no CSV"),
        (b"file,label\nJ\xfcrgen.jpg,mask\n", "is no UTF-8"),
        (PLAIN.replace("nomask", "no_mask"), r"no classes here: no_mask \(1\)"),
    ],
)
def test_a_damaged_file_is_refused_whole(tmp_path: Path, content: str | bytes, words: str) -> None:
    with pytest.raises(BadDataset, match=words):
        read_csv(tmp_path, content)


def test_without_a_file_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadDataset):
        read(CsvReader(), scenes(tmp_path))
