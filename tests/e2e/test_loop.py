"""The whole loop by somebody who knows only the API's contract, on both columns' databases."""

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from PIL import Image

from secondlook import ApiError, Client
from secondlook.results import QueueItem
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


def answer_all(api: Client, items: Sequence[QueueItem]) -> None:
    for item in items:
        photo = api.get_photo(item["photo_id"])
        box = next(face["box"] for face in photo["faces"] if face["id"] == item["face_id"])
        label, key = truth(box, photo["width"]), uuid.uuid4().hex
        kind: Literal["label", "reject"] = "label" if label else "reject"
        answer = api.send_answer(kind, item["face_id"], label=label, client_key=key)
        assert api.send_answer(kind, item["face_id"], label=label, client_key=key)["id"] == answer["id"]
        assert answer["face"]["label"] == label


def test_the_loop_by_the_contract_alone(bench: Workbench) -> None:
    api = bench.api
    photos = [photo_of_two(number) for number in range(PHOTOS)]
    for photo in photos:
        assert api.send_photo(photo)["duplicate_of"] is None
    status, again = bench.call("POST", "/photos", file=photos[0])
    assert (status, again["duplicate_of"]) == (200, again["id"])
    wait_until(bench.photos_done, 180, "all photos are looked at")
    assert api.stats()["photos"] == {"ready": PHOTOS}

    first = bench.env["DETECTORS"].split(",")[0]
    found = [face for photo in api.each_photo(limit=7) for face in photo["faces"]]
    assert first in {face["source"] for face in found} <= {"centerface", "mtcnn"}

    queue = api.get_queue("label", limit=200)
    assert queue["items"]
    assert {item["why"]["reason"] for item in queue["items"]} <= {"typical", "box"}
    # Two thirds now: the rest is left for the model to be unsure about.
    answer_all(api, queue["items"][: len(queue["items"]) * 2 // 3])

    run = bench.finish_run(api.start_run()["id"])
    assert run["status"] == "done", run
    assert run["promoted"]
    assert run["metrics"] is not None
    check_metrics(run["metrics"])

    review = api.get_queue("review", limit=200)["items"]
    assert review
    margins = []
    for item in review:
        assert item["prediction"] is not None
        assert item["prediction"]["run_id"] == run["id"]
        best, second = sorted(item["prediction"]["probabilities"].values(), reverse=True)[:2]
        margins.append(best - second)
    assert margins == sorted(margins)

    predicted = api.predict(photos[3])
    assert predicted["run_id"] == run["id"]
    for face in predicted["faces"]:
        assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-6)
        assert face["label"] == max(face["probabilities"], key=face["probabilities"].__getitem__)

    faces = list(api.each_face(state="confirmed", limit=9))
    assert {face["split"] for face in faces} == {"train", "validation", "locked"}
    api.delete_photo(faces[0]["photo_id"])
    with pytest.raises(ApiError, match="404"):
        api.get_photo(faces[0]["photo_id"])
    second = bench.finish_run(api.start_run("quick")["id"])
    assert second["status"] == "done"
    assert second["manifest"] != run["manifest"]
    assert api.promote_run(run["id"])["promoted"]
    assert api.stats()["active_run"] == run["id"]


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
