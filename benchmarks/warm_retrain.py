"""Seconds from the click on Retrain to the promotion decision: 200 labelled faces, 10 new answers, warm
worker.

    .venv/bin/python -m benchmarks.warm_retrain

Uses real photographs where `benchmarks.photographs` has them, otherwise drawn portraits.
"""

import tempfile
import time
import uuid
from pathlib import Path

from benchmarks import photographs
from benchmarks.report import report
from tests.pictures import jpeg, portrait
from tests.workbench_process import Workbench, running_workbench, wait_until

LABELLED, NEW, REPEATS = 200, 10, 3


def make_folders(folder: Path) -> Path:
    """A class folder each, with enough photos for LABELLED faces and REPEATS times NEW more."""
    count = (LABELLED + NEW * (REPEATS + 1)) * 5 // 4
    for number in range(count):
        label = ("nomask", "mask")[number % 2]
        subfolder = folder / label
        subfolder.mkdir(parents=True, exist_ok=True)
        real = sorted((photographs.FOLDER / "faces" / label).glob("*"))
        if real:
            source = real[number // 2]
            (subfolder / source.name).write_bytes(source.read_bytes())
        else:
            (subfolder / f"{number}.jpg").write_bytes(jpeg(portrait(number, label == "mask")))
    return folder


def answer(bench: Workbench, face: dict[str, object], kind: str) -> None:
    body = {"client_key": uuid.uuid4().hex, "face_id": face["id"], "kind": kind}
    status, response = bench.call(
        "POST", "/answers", body | ({"label": face["label"]} if kind == "label" else {})
    )
    assert status == 201, response


def retrain(bench: Workbench) -> tuple[float, dict[str, object]]:
    """Seconds from the click to the end of the run, and the run."""
    began = time.monotonic()
    number = bench.call("POST", "/runs", {})[1]["id"]

    def ended() -> dict[str, object] | None:
        run: dict[str, object] = bench.call("GET", f"/runs/{number}")[1]
        return run if run["status"] == "done" else None

    run: dict[str, object] = wait_until(ended, 120, "the run is done", every=0.02)
    return time.monotonic() - began, run


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running_workbench(Path(folder) / "data") as bench:
        bench.sign_in()
        # Import as the same owner, so that the answers are hers and may be undone.
        bench.token = bench.flask("token", "--role", "owner", "--person", "Owner").split()[0]
        bench.flask("import", str(make_folders(Path(folder) / "faces")))
        faces = bench.call("GET", "/faces?state=confirmed&limit=1000")[1]["items"]
        held_back = faces[LABELLED : LABELLED + NEW * REPEATS]
        for face in faces[LABELLED:]:
            answer(bench, face, "undo")
        cold, first = retrain(bench)
        warm = []
        for start in range(0, len(held_back), NEW):
            for face in held_back[start : start + NEW]:
                answer(bench, face, "label")
            seconds, run = retrain(bench)
            warm.append(seconds)
        figures = {
            "labelled faces at the start": LABELLED,
            "cold run, features computed (s)": cold,
            "its phases (s)": first["metrics"]["seconds"],  # type: ignore[index]
            "warm run after 10 new answers, median (s)": sorted(warm)[len(warm) // 2],
            "warm runs (s)": " ".join(f"{seconds:.2f}" for seconds in warm),
            "phases of the last (s)": run["metrics"]["seconds"],  # type: ignore[index]
            "verdict of the last": run["reason"],
            "photographs": "real" if photographs.FOLDER.exists() else "drawn",
        }
    report("warm_retrain", "The next 10 answers and a retrain take under 2 s on 2 cores", figures)


if __name__ == "__main__":
    main()
