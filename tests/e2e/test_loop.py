"""The whole loop by somebody who knows only the API's contract, on both columns' databases."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.pictures import SHARED, jpeg, portrait
from tests.workbench_process import Workbench, running_workbench, wait_until

pytestmark = pytest.mark.slow

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Scene:
    """A photo's bytes and its true faces: (box, label)."""

    photo: bytes
    faces: list[tuple[Box, str]]


def scenes() -> list[Scene]:
    """40 real street scenes where they are at hand, else drawn portraits."""
    listing = SHARED / "scenes" / "faces.json"
    if not listing.exists():
        # Only the face is labelled in them, so everything MTCNN finds elsewhere counts as no face.
        return [Scene(jpeg(portrait(seed, seed % 2 == 1)), []) for seed in range(40)]
    chosen = json.loads(listing.read_text())[:40]
    return [
        Scene(
            (listing.parent / one["file"]).read_bytes(),
            [(tuple(face["box"]), face["label"]) for face in one["faces"]],
        )
        for one in chosen
    ]


def iou(one: Box, other: Box) -> float:
    (ax, ay, aw, ah), (bx, by, bw, bh) = one, other
    width = min(ax + aw, bx + bw) - max(ax, bx)
    height = min(ay + ah, by + bh) - max(ay, by)
    both = max(0.0, width) * max(0.0, height)
    return both / (aw * ah + bw * bh - both)


@pytest.fixture(params=["sqlite", "postgres"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workbench]:
    extra = {}
    if request.param == "postgres":
        extra["DATABASE_URL"] = request.getfixturevalue("empty_postgres")
    with running_workbench(tmp_path, **extra) as made:
        made.sign_in()
        yield made


def send(bench: Workbench, scene: Scene) -> dict[str, Any]:
    status, body = bench.call("POST", "/photos", file=scene.photo)
    assert status == 201, body
    assert body["duplicate_of"] is None
    return body


def truth(box: Box, scene: Scene, seed: int) -> str | None:
    """The label of the true face under `box`; None when there is none."""
    if not scene.faces:  # a portrait: its face is big, and the seed says what it wears
        return ("mask" if seed % 2 else "nomask") if box[2] > 50 else None
    best = max(scene.faces, key=lambda face: iou(box, face[0]))
    wears = {"mask": "mask", "nomask": "nomask"}.get(best[1])
    return wears if iou(box, best[0]) >= 0.4 else None


def answer_all(bench: Workbench, items: list[dict[str, Any]], of: dict[int, tuple[int, Scene]]) -> None:
    for item in items:
        photo = bench.call("GET", f"/photos/{item['photo_id']}")[1]
        box = next(face["box"] for face in photo["faces"] if face["id"] == item["face_id"])
        seed, scene = of[item["photo_id"]]
        label = truth(tuple(box), scene, seed)
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
    chosen = scenes()
    sent = {send(bench, scene)["id"]: (seed, scene) for seed, scene in enumerate(chosen)}
    status, again = bench.call("POST", "/photos", file=chosen[0].photo)
    assert (status, again["duplicate_of"]) == (200, again["id"])
    wait_until(bench.photos_done, 180, "all photos are looked at")
    assert bench.call("GET", "/stats")[1]["photos"] == {"ready": len(chosen)}

    queue = bench.call("GET", "/queue?mode=label&limit=200")[1]
    assert queue["items"]
    assert {item["why"]["reason"] for item in queue["items"]} <= {"typical", "box"}
    # Two thirds now: the rest is left for the model to be unsure about.
    answer_all(bench, queue["items"][: len(queue["items"]) * 2 // 3], sent)

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

    status, predicted = bench.call("POST", "/predict", file=chosen[3].photo)
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
