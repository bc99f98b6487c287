"""The page of replayed labelling, its picture, and what the command says to bad input."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.clients import get_page
from tests.labelled import add_labelled_faces
from tests.pictures import face, jpeg
from tests.simulation_result import simulation_result
from tests.web.conftest import Client
from trainer.label_efficiency.compared_strategies import STRATEGIES
from trainer.label_efficiency.summary import summary
from web.drawing import plot
from web.pages import simulations


def test_without_a_result_the_page_says_how_to_make_one(client: Client) -> None:
    assert "flask simulate" in get_page(client("labeller", "Ada"), "/runs/simulations")
    assert "/runs/simulations" in get_page(client("labeller", "Ada"), "/runs")
    assert client("friend", "Eve").get("/runs/simulations").status_code == 403


def test_the_page_shows_the_newest_result(app: Flask, client: Client, data: Path) -> None:
    with app.app_context():
        simulations.save(simulation_result(folder="yesterday"), data / "simulations" / "2026-01-01T00-00-00Z")
        simulations.save(simulation_result(), data / "simulations" / "2026-01-02T03-04-05Z")
    page = get_page(client("owner", "Grace"), "/runs/simulations")
    for words in (
        "30 labels instead of 50",
        "“set”",
        "polygon",
        "BADGE",
        "3 pictures in which",
        "80.0 % to 80.0 %",
    ):
        assert words in page, words
    assert "yesterday" not in page
    assert not re.search(r"<style|style=|<script(?![^>]*(src=|application/json))", page), "the CSP forbids it"
    german = client("owner", "Greta").get("/runs/simulations", headers={"Accept-Language": "de"}).text
    assert "30 Beschriftungen statt 50" in german


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (simulation_result(chance=None), "30 labels; at random more than 60"),
        (simulation_result(ours=50, chance=30), "50 labels; at random 30"),
        (simulation_result(ours=0, chance=None), "95 % takes more than 60 labels"),
        (simulation_result(folder=None), "The 80 answered faces of this workbench"),
    ],
)
def test_what_came_of_it_is_said_in_a_sentence(
    app: Flask, client: Client, data: Path, result: dict[str, Any], words: str
) -> None:
    with app.app_context():
        simulations.save(result, data / "simulations" / "one")
    assert words in get_page(client("owner", "Grace"), "/runs/simulations")


def test_the_picture_is_a_file_of_its_own(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        simulations.save(simulation_result(), tmp_path / "out")
    assert json.loads((tmp_path / "out" / "curves.json").read_text())["upto"] == 60
    root = ElementTree.parse(tmp_path / "out" / "curves.svg").getroot()
    lines = root.findall(".//{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 2 * len(STRATEGIES), "each in the plot and in the legend"
    text = (tmp_path / "out" / "curves.svg").read_text()
    assert "prefers-color-scheme: dark" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("values", [(0.99, 1.0), (0.2, 0.4)])
def test_every_point_lies_in_the_plot(values: tuple[float, float]) -> None:
    curves = {name: [[(20, values[0]), (30, values[1])]] for name in STRATEGIES}
    drawn = plot.plot(simulation_result(target=1.0, strategies=summary(curves, 30, 1.0, 2)), 340, 320)
    for curve in drawn.curves:
        for point in f"{curve.line} {curve.band}".split():
            x, y = map(float, point.split(","))
            assert drawn.left <= x <= drawn.right
            assert drawn.top <= y <= drawn.bottom
    assert all(drawn.top <= at <= drawn.bottom for at, _ in drawn.y_ticks)
    assert drawn.curves[-1].name == "default"


def test_ticks_are_round_and_few() -> None:
    assert plot.ticks(20, 190, 9) == [20, 40, 60, 80, 100, 120, 140, 160, 180]
    assert plot.ticks(20, 400, 5) == [100, 200, 300, 400]
    assert plot.ticks(20, 30, 5) == [20, 30]


@pytest.mark.slow
def test_too_few_answers_are_refused_with_what_is_needed(app: Flask, db: Session, data: Path) -> None:
    add_labelled_faces(db, 12)
    done = app.test_cli_runner().invoke(args=["simulate"])
    assert done.exit_code == 1
    assert "at least 60 labelled faces, 15 or more of each of two classes" in done.output
    assert "mask: 6, nomask: 6" in done.output
    assert "give it a folder" in done.output
    assert not (data / "simulations").exists()


def test_a_folder_without_classes_is_refused_with_the_names_it_needs(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "set" / "cats").mkdir(parents=True)
    done = app.test_cli_runner().invoke(args=["simulate", str(tmp_path / "set")])
    assert done.exit_code == 1
    assert "These folders are no classes: cats." in done.output
    assert "mask, nomask" in done.output


def test_a_folder_of_one_class_is_refused_before_any_face_is_looked_for(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "set" / "mask").mkdir(parents=True)
    for n in range(70):
        (tmp_path / "set" / "mask" / f"{n}.jpg").write_bytes(b"never opened")
    done = app.test_cli_runner().invoke(args=["simulate", str(tmp_path / "set")])
    assert done.exit_code == 1
    assert "15 or more of each of two classes (there are mask: 70)" in done.output
    assert "is not a photo" not in done.output


@pytest.mark.slow
@pytest.mark.full_size
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_folder_is_replayed_from_its_pictures_to_its_curves(app: Flask, tmp_path: Path) -> None:
    for place, label in enumerate(("mask", "nomask")):
        folder = tmp_path / "set" / label
        folder.mkdir(parents=True)
        for n in range(32):
            (folder / f"{n}.jpg").write_bytes(jpeg(face(2 * n + place, label == "mask")))
    (tmp_path / "set" / "mask" / "note.txt").write_text("no picture")
    arguments = ["simulate", str(tmp_path / "set"), "--seeds", "2", "--out", str(tmp_path / "out")]
    done = app.test_cli_runner().invoke(args=arguments)
    assert done.exit_code == 0, done.output
    assert "note.txt: " in done.output
    for name in STRATEGIES:
        assert name in done.output
    result = json.loads((tmp_path / "out" / "curves.json").read_text())
    assert (result["faces"], result["seeds"], result["upto"]) == (64, 2, 30)
    best = max(row["at"][-1]["mean"] for row in result["strategies"])
    assert best > 0.8
    assert (tmp_path / "out" / "curves.svg").exists()
