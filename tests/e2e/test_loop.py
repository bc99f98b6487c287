"""The whole loop by somebody who knows only the API's contract, on both columns' databases."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.environment import PROVE
from tests.pictures import jpeg, portrait
from tests.workbench_process import Workbench, running_workbench, wait_until

pytestmark = pytest.mark.slow

PHOTOS = 20
LEAST_FACE = 50
"""Pixels: the faces in these photos are larger, and what the detector finds beside them smaller."""


def photo_of_two(number: int) -> bytes:
    """A photo of two people side by side: the left one bare, the right one with a mask."""
    left, right = portrait(2 * number, masked=False), portrait(2 * number + 1, masked=True)
    photo = Image.new("RGB", (left.width + right.width, left.height))
    photo.paste(left, (0, 0))
    photo.paste(right, (left.width, 0))
    return jpeg(photo)


def truth(box: list[float], width: int) -> str | None:
    """The label of what is in the box, on a photo of that width; None where there is no face."""
    x, _, w, _ = box
    if w <= LEAST_FACE:
        return None
    return "nomask" if x + w / 2 < width / 2 else "mask"


COLUMNS = [("postgres", "centerface,mtcnn"), ("sqlite", "mtcnn"), ("sqlite", "centerface,mtcnn")]
"""Database and detectors; `mtcnn` alone is the article's way. Without PROVE other tests run on SQLite."""


@pytest.fixture(params=COLUMNS if PROVE else COLUMNS[:1], ids=" ".join)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workbench]:
    database, detectors = request.param
    extra = {"DETECTORS": detectors}
    if database == "postgres":
        extra["DATABASE_URL"] = request.getfixturevalue("empty_postgres")
    with running_workbench(tmp_path, **extra) as made:
        made.sign_in()
        yield made


def send(bench: Workbench, photo: bytes) -> None:
    status, body = bench.call("POST", "/photos", file=photo)
    assert status == 201, body
    assert body["duplicate_of"] is None


def answer_all(bench: Workbench, items: list[dict[str, Any]]) -> None:
    for item in items:
        photo = bench.call("GET", f"/photos/{item['photo_id']}")[1]
        box = next(face["box"] for face in photo["faces"] if face["id"] == item["face_id"])
        label = truth(box, photo["width"])
        body = {
            "client_key": uuid.uuid4().hex,
            "face_id": item["face_id"],
            "kind": "label" if label else "reject",
        }
        if label:
            body["label"] = label
        status, answer = bench.call("POST", "/answers", body)
        assert status == 201, answer
        assert bench.call("POST", "/answers", body)[0] == 200
        assert answer["face"]["label"] == label


def test_the_loop_by_the_contract_alone(bench: Workbench) -> None:
    photos = [photo_of_two(number) for number in range(PHOTOS)]
    for photo in photos:
        send(bench, photo)
    status, again = bench.call("POST", "/photos", file=photos[0])
    assert (status, again["duplicate_of"]) == (200, again["id"])
    wait_until(bench.photos_done, 180, "all photos are looked at")
    assert bench.call("GET", "/stats")[1]["photos"] == {"ready": PHOTOS}

    first = bench.env["DETECTORS"].split(",")[0]
    found = [face for item in bench.call("GET", "/photos")[1]["items"] for face in item["faces"]]
    assert first in {face["source"] for face in found} <= {"centerface", "mtcnn"}

    queue = bench.call("GET", "/queue?mode=label&limit=200")[1]
    assert queue["items"]
    assert {item["why"]["reason"] for item in queue["items"]} <= {"typical", "box"}
    # Two thirds now: the rest is left for the model to be unsure about.
    answer_all(bench, queue["items"][: len(queue["items"]) * 2 // 3])

    status, started = bench.call("POST", "/runs", {})
    assert status == 202
    run = bench.finish_run(started["id"])
    assert run["status"] == "done", run
    assert run["promoted"]
    check_metrics(run["metrics"])

    review = bench.call("GET", "/queue?mode=review&limit=200")[1]["items"]
    assert review
    margins = []
    for item in review:
        assert item["prediction"]["run_id"] == run["id"]
        best, second = sorted(item["prediction"]["probabilities"].values(), reverse=True)[:2]
        margins.append(best - second)
    assert margins == sorted(margins)

    status, predicted = bench.call("POST", "/predict", file=photos[3])
    assert status == 200, predicted
    assert predicted["run_id"] == run["id"]
    for face in predicted["faces"]:
        assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-6)
        assert face["label"] == max(face["probabilities"], key=face["probabilities"].get)

    faces = bench.call("GET", "/faces?state=confirmed&limit=1000")[1]["items"]
    assert {face["split"] for face in faces} == {"train", "validation", "locked"}
    status, _ = bench.call("DELETE", f"/photos/{faces[0]['photo_id']}")
    assert status == 204
    assert bench.call("GET", f"/photos/{faces[0]['photo_id']}")[0] == 404
    second = bench.finish_run(bench.call("POST", "/runs", {"recipe": "quick"})[1]["id"])
    assert second["status"] == "done"
    assert second["manifest"] != run["manifest"]
    assert bench.call("POST", f"/runs/{run['id']}/promote")[1]["promoted"]
    assert bench.call("GET", "/stats")[1]["active_run"] == run["id"]


def check_metrics(metrics: dict[str, Any]) -> None:
    """Every figure has its n and an interval around it; a missing one has its reason."""
    assert metrics["locked"] or metrics["locked_reason"]
    crossed = metrics["cross_validated"]
    assert crossed["n"] == sum(map(sum, crossed["confusion"])) == metrics["train"]["n"]
    for figure in [crossed["balanced_accuracy"]] + [
        one[name] for one in crossed["per_class"].values() for name in ("precision", "recall")
    ]:
        assert 0 <= figure["low"] <= figure["value"] <= figure["high"] <= 1
    assert crossed["balanced_accuracy"]["value"] > 0.7
