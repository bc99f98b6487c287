"""A disk of its own becomes full and is freed again, while people send and answer: all goes on by itself."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.pictures import jpeg, portrait
from tests.workbench_process import ROOT, Workbench, free_port, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.full_size]
DISK_MB, FLOOR_MB = 160, 40


class OnSmallDisk(Workbench):
    """A workbench whose data folder is a small disk in memory, in a mount namespace: no rights are needed."""

    def launch(self) -> None:
        inside = f"mount -t tmpfs -o size={DISK_MB}m tmpfs {self.data} && exec {sys.executable} -m flask up"
        self.process = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", inside],
            cwd=ROOT, env=self.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.disk = Path(f"/proc/{self.process.pid}/root{self.data}")

    def flask(self, *arguments: str) -> str:
        done = self.try_flask(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def try_flask(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """A command where the small disk is, with other settings."""
        enter = ["nsenter", f"--target={self.process.pid}", "--user", "--mount", "--preserve-credentials"]
        return subprocess.run(
            [*enter, f"--wd={ROOT}", sys.executable, "-m", "flask", *arguments],
            env=self.env | settings, capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    def free_mb(self) -> float:
        stat = os.statvfs(self.disk)
        return stat.f_bavail * stat.f_frsize / (1 << 20)

    def fill(self, leave_mb: float) -> None:
        """Fill the disk until so little is free."""
        with open(self.disk / f"filler-{time.monotonic_ns()}", "wb", buffering=0) as file:
            try:
                while self.free_mb() > leave_mb:
                    file.write(bytes(1 << 16 if self.free_mb() > leave_mb + 1 else 1 << 12))
            except OSError:
                return

    def make_room(self) -> None:
        for path in self.disk.glob("filler-*"):
            path.unlink()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[OnSmallDisk]:
    bench = OnSmallDisk(tmp_path / "data", MIN_FREE_MB=str(FLOOR_MB))
    bench.data.mkdir()
    bench.start()
    try:
        yield bench
    finally:
        bench.make_room()
        bench.stop()


def send(bench: OnSmallDisk, seed: int) -> tuple[int, int | None]:
    status, body = bench.call("POST", "/photos", file=jpeg(portrait(seed, seed % 2 == 1)))
    return status, body.get("id", body)


def answer(bench: OnSmallDisk, key: str, face: int) -> int:
    body = {"client_key": key, "face_id": face, "kind": "label", "label": "mask"}
    return bench.call("POST", "/answers", body)[0]


def test_full_and_freed_nothing_is_lost_and_all_goes_on_by_itself(bench: OnSmallDisk) -> None:
    bench.sign_in()
    launcher = psutil.Process(bench.process.pid)
    kept = {}
    for seed in range(8):
        status, kept[seed] = send(bench, seed)
        assert status == 201, kept[seed]
    wait_until(bench.photos_done, 120, "the faces are found")
    faces = [face["id"] for face in bench.call("GET", "/faces?limit=100")[1]["items"]]
    answered = {"before": faces[0]}
    assert answer(bench, "before", faces[0]) == 201

    bench.fill(FLOOR_MB / 2)
    time.sleep(3)  # a look at the disk is good for two seconds
    assert send(bench, 20)[0] == 507, "below the floor"
    assert answer(bench, "low", faces[1]) == 201, "answers still go in"
    answered["low"] = faces[1]

    bench.make_room()
    wait_until(lambda: send(bench, 21)[0] in (200, 201), 30, "photos go in")
    kept[21] = send(bench, 21)[1]
    bench.fill(0)
    refused = {}
    for number in range(40):
        status = answer(bench, f"full {number}", faces[2 + number % 4])
        assert status in (200, 201, 409, 503, 507), status
        if status == 201:
            answered[f"full {number}"] = faces[2 + number % 4]
        else:
            refused[number] = status
        assert send(bench, 100 + number)[0] in (503, 507)
        time.sleep(0.25)
        bench.fill(0)
    assert launcher.is_running()
    assert launcher.status() != psutil.STATUS_ZOMBIE
    bench.make_room()

    wait_until(lambda: send(bench, 30)[0] in (200, 201), 60, "photos go in again")
    kept[30] = send(bench, 30)[1]
    wait_until(lambda: answer(bench, "after", faces[-1]) in (200, 201), 30, "answers go in again")
    wait_until(bench.photos_done, 120, "the faces of all photos are found")
    for seed, photo in kept.items():
        assert bench.call("GET", f"/photos/{photo}")[1]["status"] == "ready", seed
    photos = bench.call("GET", "/photos?limit=100")[1]["items"]
    assert sorted(photo["id"] for photo in photos) == sorted(kept.values()), "none is there twice"
    stored = [item["client_key"] for item in bench.call("GET", "/answers?limit=200")[1]["items"]]
    assert set(answered) <= set(stored)
    assert len(stored) == len(set(stored))
    assert "Nothing" in bench.flask("fsck")
    print(len(kept), "photos,", len(stored), "answers,", len(refused), "refused")


def test_a_start_on_a_full_disk_is_refused_in_words(bench: OnSmallDisk) -> None:
    other = {"DATA": str(bench.data / "other"), "PORT": str(free_port())}
    assert bench.try_flask("token", "--role", "owner", **other).returncode == 0
    bench.fill(leave_mb=0)
    done = bench.try_flask("up", **other)
    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("Error: ")
    assert "make room, then" in done.stderr.lower()
