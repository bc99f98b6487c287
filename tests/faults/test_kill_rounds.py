"""Any part is killed at any moment, again and again, while people work: nothing is lost or doubled."""

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from labeller.detection.proposals import LEASE_SECONDS
from tests.compose.engine import Engine, running_engine
from tests.environment import PROVE
from tests.faults.load import Load
from tests.workbench_process import ApiClient, Workbench, running_workbench, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

ROUNDS, SEED = 10 if PROVE else 2, 20
BACK_WITHIN = LEASE_SECONDS + 2
ENOUGH = 12 if PROVE else 1
"""Photos that are there before the first kill."""
RESTING = ("confirm", "train")
"""Workers of `flask up` that run only while there is work for them."""
PROBES = 1_000_000
"""Seeds from here on are of photos that are sent to see whether all is back."""


class Site(Protocol):
    """What is killed, part by part."""

    api: ApiClient
    parts: tuple[str, ...]

    def kill(self, part: str) -> None:
        """Kill it; it comes back as it would for people."""

    def fsck(self) -> str: ...


class OneMachine:
    """`flask up`: what dies is started again by its launcher, the launcher by its owner."""

    parts = ("web", "detect", "beat", "valkey", "confirm", "train", "launcher")
    words = {"web": "web.cli.serve", "beat": " beat ", "valkey": "valkey-server"}

    def __init__(self, bench: Workbench) -> None:
        self.api = self.bench = bench

    def kill(self, part: str) -> None:
        if part == "launcher":
            self.bench.stop(signal.SIGKILL)
            self.bench.start()  # what was left answers until the new launcher ends it
            wait_until(
                lambda: self.bench.pids(self.words["web"]), BACK_WITHIN, "the web process is a new one"
            )
            return
        word = self.words.get(part, f"{part}@")
        if part not in RESTING:
            wait_until(lambda: self.bench.pids(word), BACK_WITHIN, f"{part} runs")
        for pid in self.bench.pids(word)[:1]:  # a worker that rests cannot be killed
            os.kill(pid, signal.SIGKILL)
            if part not in RESTING:
                wait_until(
                    lambda old=pid: set(self.bench.pids(word)) - {old}, BACK_WITHIN, f"{part} runs again"
                )

    def fsck(self) -> str:
        return self.bench.flask("fsck")


class ManyMachines:
    """docker-compose.yml: the engine starts again what dies."""

    parts = ("web", "detect", "confirm", "train", "beat", "valkey", "postgres")

    def __init__(self, engine: Engine) -> None:
        self.api = self.engine = engine

    def kill(self, part: str) -> None:
        (container,) = self.engine.of(part)
        container.kill()
        container.start()

    def fsck(self) -> str:
        return self.engine.run("flask", "fsck")


@pytest.fixture(params=["one machine", "many machines"] if PROVE else ["one machine"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    if request.param == "one machine":
        with running_workbench(tmp_path, DETECTORS="centerface,mtcnn" if PROVE else "centerface") as bench:
            bench.sign_in()
            yield OneMachine(bench)
    else:
        with running_engine("web", "detect", "confirm", "train", "beat") as engine:
            yield ManyMachines(engine)


def choose_parts(site: Site, rng: random.Random) -> list[str]:
    """Each part in turn, in an order that the seed decides."""
    chosen: list[str] = []
    while len(chosen) < ROUNDS:
        chosen += rng.sample(site.parts, len(site.parts))
    return chosen[:ROUNDS] if PROVE else ["detect", "web"]


def test_nothing_is_lost_or_doubled_while_parts_are_killed(site: Site) -> None:
    rng, load = random.Random(SEED), Load(site.api, with_training=PROVE)
    load.start()
    wait_until(lambda: len(load.answered) >= ENOUGH, 120, "people are at work")
    slowest: dict[str, float] = {}
    for number, part in enumerate(choose_parts(site, rng)):
        time.sleep(rng.uniform(0, 2))  # at any moment of what is going on
        seconds = kill_and_wait(site, load, part, PROBES + number)
        slowest[part] = max(slowest.get(part, 0), seconds)
        print(f"{number + 1}. {part}: back after {seconds:.1f} s", flush=True)
    load.stop(120)
    print("slowest:", slowest)
    check_everything(site, load)


def kill_and_wait(site: Site, load: Load, part: str, seed: int) -> float:
    """Kill the part; the seconds until a photo that is sent then has its faces."""
    killed_at = time.monotonic()
    site.kill(part)
    photo_id = load.send(seed, until=killed_at + BACK_WITHIN)
    left = BACK_WITHIN - (time.monotonic() - killed_at)
    wait_until(lambda: status_of(site, photo_id) == "ready", left, f"back after {part} was killed")
    return time.monotonic() - killed_at


def status_of(site: Site, photo_id: int) -> str | None:
    try:
        status, photo = site.api.call("GET", f"/photos/{photo_id}")
    except (OSError, ValueError):
        return None
    return photo["status"] if status == 200 else None


def check_everything(site: Site, load: Load) -> None:
    wait_until(site.api.photos_done, 120, "all photos are looked at")
    for run_id in load.runs:
        ended = site.api.finish_run(run_id, 300)
        assert ended["status"] == "done" or "three times" in str(ended["error"]), ended
    photos = list(every(site.api, "/photos", "before"))
    assert {photo["id"] for photo in photos} == set(load.photos.values()), "none is lost"
    assert len(photos) == len(load.photos), "none is doubled"
    assert {photo["status"] for photo in photos} == {"ready"}
    for photo in photos:
        boxes = [tuple(face["box"]) for face in photo["faces"]]
        assert len(boxes) == len(set(boxes)), f"the faces of photo {photo['id']} are doubled"
    answers = {face["id"]: face["answers"] for face in every(site.api, "/faces", "cursor")}
    assert {id for id, count in answers.items() if count} == load.answered
    assert all(answers[id] == 1 for id in load.answered)
    assert "Nothing is wrong" in site.fsck()


def every(api: ApiClient, path: str, parameter: str) -> Iterator[dict[str, Any]]:
    """The items of all pages of a list, whose `parameter` says where the next page starts."""
    cursor = ""
    while True:
        page = api.call("GET", f"{path}?limit=100{cursor}")[1]
        yield from page["items"]
        if page["next"] is None:
            return
        cursor = f"&{parameter}={page['next']}"
