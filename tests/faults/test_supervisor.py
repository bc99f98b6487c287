"""What happens when parts die: workers, the launcher, a second launcher."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.pictures import jpeg, portrait
from tests.workbench_process import ROOT, Workbench, running_workbench, wait_until

pytestmark = pytest.mark.slow
PHOTOS = 60


def make_folders(folder: Path) -> Path:
    for seed in range(PHOTOS):
        place = folder / ("mask" if seed % 2 else "nomask")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{seed}.jpg").write_bytes(jpeg(portrait(seed, seed % 2 == 1)))
    (folder / "mask" / "broken.jpg").write_bytes(b"this is no photo")
    return folder


def test_an_import_survives_the_death_of_the_detect_worker(tmp_path: Path) -> None:
    folder = make_folders(tmp_path / "faces")
    with running_workbench(tmp_path / "data") as bench:
        bench.sign_in()
        importing = subprocess.Popen(
            [sys.executable, "-m", "flask", "import", str(folder), "--format", "folders"],
            cwd=ROOT, env=bench.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        for killed in range(1, 3):
            enough = PHOTOS // 4 * killed
            wait_until(lambda n=enough: ready(bench) >= n, 120, "some photos are ready")
            (worker,) = wait_until(lambda: bench.pids("detect@"), 60, "the detect worker runs")
            os.kill(worker, signal.SIGKILL)
        said = importing.communicate(timeout=180)[0]
        assert importing.returncode == 0, said
        assert "1 refused" in said
        assert "broken.jpg: This file is not a photo" in said
        assert bench.call("GET", "/stats")[1]["photos"] == {"ready": PHOTOS}
        labels = bench.call("GET", "/stats")[1]["labels"]
        assert labels["mask"] >= 0.8 * PHOTOS / 2
        assert labels["nomask"] >= 0.8 * PHOTOS / 2
        for face in bench.call("GET", "/faces?state=confirmed&limit=1000")[1]["items"]:
            assert face["answers"] == 1


def ready(bench: Workbench) -> int:
    return int(bench.call("GET", "/stats")[1]["photos"].get("ready", 0))


def test_a_second_start_is_refused_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    with running_workbench(tmp_path) as bench:
        family = psutil.Process(bench.process.pid).children(recursive=True)
        second = subprocess.run(
            [sys.executable, "-m", "flask", "up"],
            cwd=ROOT,
            env=bench.env,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert second.returncode != 0
        assert "already running" in second.stderr
        assert "DATA=" in second.stderr
        assert bench.call("GET", "/openapi.json")[0] == 200
        said = bench.stop(signal.SIGINT)
    assert "Sign in as the owner" in said
    assert said.rstrip().endswith("Stopped.")
    assert len(family) >= 5
    assert not [process for process in family if process.is_running()]


def test_a_killed_launcher_is_survived_at_the_next_start(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    bench = Workbench(tmp_path).start()
    bench.sign_in()
    photo = jpeg(portrait(1, False))
    assert bench.call("POST", "/photos", file=photo)[0] == 201
    orphans = psutil.Process(bench.process.pid).children(recursive=True)
    bench.stop(signal.SIGKILL)
    request.addfinalizer(lambda: [one.kill() for one in orphans if one.is_running()])
    assert all(process.is_running() for process in orphans), "they outlive a killed launcher"
    with running_workbench(tmp_path, PORT=str(bench.port)) as again:
        again.token = bench.token
        wait_until(lambda: not [one for one in orphans if one.is_running()], 60, "the orphans are gone")
        wait_until(lambda: _answers(again), 60, "the new web process answers")
        assert again.call("POST", "/photos", file=photo)[0] == 200
        wait_until(again.photos_done, 90, "the photo is looked at")


def test_whatever_dies_is_started_again(tmp_path: Path) -> None:
    with running_workbench(tmp_path) as bench:
        bench.sign_in()
        for word in ("valkey", "train@", "gunicorn", " beat "):
            old = set(bench.pids(word))
            os.kill(min(old), signal.SIGKILL)
            # A worker of a killed gunicorn answers for another moment before it notices and leaves.
            wait_until(lambda pids=old: not any(map(_alive, pids)), 30, f"the old {word} is gone")
            wait_until(lambda w=word, pids=old: set(bench.pids(w)) - pids, 30, f"{word} is back")
        wait_until(lambda: _answers(bench), 60, "the web process answers")
        assert bench.call("POST", "/photos", file=jpeg(portrait(2, True)))[0] == 201
        wait_until(bench.photos_done, 90, "the photo is looked at")


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _answers(bench: Workbench) -> bool:
    try:
        return bench.call("GET", "/stats")[0] == 200
    except OSError:
        return False
