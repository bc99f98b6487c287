"""The supervisor when processes are killed, and when it is started twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from db import families
from tests.environment import PROVE
from tests.pictures import jpeg, portrait
from tests.workbench_process import ROOT, Workbench, answers_200, running_workbench, wait_until
from web.cli.photos import LEFT_OUT

pytestmark = pytest.mark.slow
PHOTOS = 60 if PROVE else 16


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """One workbench for all tests that leave it running. At the end, Ctrl-C stops every process."""
    with running_workbench(tmp_path_factory.mktemp("data")) as workbench:
        workbench.sign_in()
        yield workbench
        children = psutil.Process(workbench.process.pid).children(recursive=True)
        output = workbench.stop(signal.SIGINT)
    assert "Sign in as the owner" in output
    assert output.rstrip().endswith("Stopped.")
    assert len(children) >= 4  # valkey, web, detect, beat
    assert not [process for process in children if not families.is_gone(process)]


def write_class_folders(folder: Path) -> Path:
    """A folder of photos for each class, and one file that is no photo."""
    for seed in range(PHOTOS):
        class_folder = folder / ("mask" if seed % 2 else "nomask")
        class_folder.mkdir(parents=True, exist_ok=True)
        (class_folder / f"{seed}.jpg").write_bytes(jpeg(portrait(seed, seed % 2 == 1)))
    (folder / "mask" / "broken.jpg").write_bytes(b"this is no photo")
    return folder


@pytest.mark.full_size
def test_an_import_completes_although_the_detect_worker_is_killed(
    workbench: Workbench, tmp_path: Path
) -> None:
    folder, before = write_class_folders(tmp_path / "faces"), count_ready(workbench)
    importing = subprocess.Popen(
        [sys.executable, "-m", "flask", "import", str(folder), "--format", "folders"],
        cwd=ROOT, env=workbench.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    for count in (PHOTOS // 4, PHOTOS // 2):
        wait_until(lambda n=before + count: count_ready(workbench) >= n, 120, "some photos are ready")
        (worker,) = wait_until(lambda: workbench.pids("detect@"), 60, "the detect worker runs")
        os.kill(worker, signal.SIGKILL)
    output = importing.communicate(timeout=180)[0]
    assert importing.returncode == LEFT_OUT, output
    assert "1 left out" in output
    assert "broken.jpg: This file is not a photo" in output
    assert workbench.call("GET", "/stats")[1]["photos"] == {"ready": before + PHOTOS}
    labels = workbench.call("GET", "/stats")[1]["labels"]
    assert labels["mask"] >= 0.8 * PHOTOS / 2
    assert labels["nomask"] >= 0.8 * PHOTOS / 2
    for face in workbench.call("GET", "/faces?state=confirmed&limit=1000")[1]["items"]:
        assert face["answers"] == 1


def count_ready(workbench: Workbench) -> int:
    return int(workbench.call("GET", "/stats")[1]["photos"].get("ready", 0))


@pytest.mark.full_size
def test_a_web_process_that_ends_before_it_answers_is_started_again(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.launch()
    assert bench.process is not None
    try:
        (web,) = wait_until(lambda: bench.pids("web.cli.serve"), 60, "the web process runs", every=0.02)
        os.kill(web, signal.SIGKILL)
        bench.wait_until_healthy()
    finally:
        bench.stop()


def test_a_second_start_is_refused(workbench: Workbench) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "flask", "up"],
        cwd=ROOT,
        env=workbench.env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert second.returncode != 0
    assert "already running" in second.stderr
    assert "DATA=" in second.stderr
    assert workbench.call("GET", "/openapi.json")[0] == 200


def test_each_killed_process_is_restarted(workbench: Workbench) -> None:
    for pattern in ("valkey", "detect@", "web.cli.serve", " beat "):
        # A worker may be starting anew, since it ends without its broker.
        old = wait_until(lambda p=pattern: set(workbench.pids(p)), 60, f"{pattern} runs")
        os.kill(min(old), signal.SIGKILL)
        wait_until(lambda pids=old: not any(map(_alive, pids)), 30, f"the old {pattern} is gone")
        wait_until(lambda p=pattern, pids=old: set(workbench.pids(p)) - pids, 30, f"{pattern} is back")
    wait_until(lambda: _answers(workbench), 60, "the web process answers")
    assert workbench.call("POST", "/photos", file=jpeg(portrait(1002, True)))[0] == 201
    wait_until(workbench.photos_done, 90, "the photo is processed")


@pytest.mark.full_size
@pytest.mark.full_size
def test_workers_that_hold_a_network_rest_and_come_back(tmp_path: Path) -> None:
    with running_workbench(tmp_path, WORKER_IDLE_MINUTES="0.05") as bench:
        bench.sign_in()
        assert not bench.pids("confirm@")
        assert not bench.pids("train@")
        for seed in (1, 2):
            assert bench.call("POST", "/photos", file=jpeg(portrait(seed, True)))[0] == 201
            wait_until(lambda: bench.pids("confirm@"), 30, "MTCNN is there to confirm")
            wait_until(lambda: not bench.pids("confirm@"), 90, "it rests")
        assert bench.call("GET", "/stats")[0] == 200
        assert answers_200(f"{bench.url}/healthz"), "resting workers are not missing"
        log = (tmp_path / "run" / "logs" / "confirm.log").read_text()
    assert "Traceback" not in log


@pytest.mark.full_size
def test_the_next_start_stops_what_a_killed_launcher_left_running(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    killed = Workbench(tmp_path).start()
    killed.sign_in()
    photo = jpeg(portrait(1, False))
    assert killed.call("POST", "/photos", file=photo)[0] == 201
    orphans = psutil.Process(killed.process.pid).children(recursive=True)
    killed.stop(signal.SIGKILL)
    request.addfinalizer(lambda: [process.kill() for process in orphans if not families.is_gone(process)])
    assert all(process.is_running() for process in orphans), "they keep running when the launcher is killed"
    with running_workbench(tmp_path, PORT=str(killed.port)) as restarted:
        restarted.token = killed.token
        wait_until(lambda: not any(process.is_running() for process in orphans), 60, "the orphans are gone")
        wait_until(lambda: _answers(restarted), 60, "the new web process answers")
        assert restarted.call("POST", "/photos", file=photo)[0] == 200
        wait_until(restarted.photos_done, 90, "the photo is processed")


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _answers(workbench: Workbench) -> bool:
    try:
        return workbench.call("GET", "/stats")[0] == 200
    except OSError:
        return False
