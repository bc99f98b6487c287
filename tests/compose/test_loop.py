"""The whole loop on docker-compose.yml's own commands, environment and folders, as an unprivileged user."""

import contextlib
import http.client
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.compose.engine import Container, Engine, running_engine
from tests.environment import PROVE
from tests.pictures import jpeg, portrait
from tests.workbench_process import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PHOTOS = 24 if PROVE else 12
SERVICES = ("web", "detect", "confirm", "train", "beat")


@pytest.fixture
def small() -> Iterator[Engine]:
    """One of each, without the second detector."""
    with running_engine("web", "detect", "train", "beat", DETECTORS="centerface") as engine:
        yield engine


def send_photos(engine: Engine, first: int, count: int) -> None:
    for seed in range(first, first + count):
        status, body = engine.call("POST", "/photos", file=jpeg(portrait(seed, seed % 2 == 1)))
        assert status == 201, body
    wait_until(engine.photos_done, 240, "all photos are looked at")


def answer_all(engine: Engine) -> int:
    """Answers every face that waits, each as its photo was drawn; returns how many."""
    count = 0
    while items := engine.call("GET", "/queue?mode=label&limit=200")[1]["items"]:
        for item in items:
            label = "mask" if item["photo_id"] % 2 == 0 else "nomask"
            body = {
                "client_key": uuid.uuid4().hex,
                "face_id": item["face_id"],
                "kind": "label",
                "label": label,
            }
            status, answer = engine.call("POST", "/answers", body)
            assert status == 201, answer
            count += 1
    return count


def train(engine: Engine) -> dict[str, Any]:
    status, started = engine.call("POST", "/runs", {})
    assert status == 202, started
    run = engine.finish_run(started["id"], 300)
    assert run["status"] == "done", run
    return run


def check_prediction(engine: Engine, run: dict[str, Any]) -> None:
    status, predicted = engine.call("POST", "/predict", file=jpeg(portrait(3, True)))
    assert status == 200, predicted
    assert predicted["run_id"] == run["id"]


def missing(engine: Engine) -> list[str]:
    """The workers that the health check misses."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", engine.of("web")[0].port)) as connection:
        connection.request("GET", "/healthz")
        return list(json.loads(connection.getresponse().read()).get("missing", ()))


def check_loop(engine: Engine) -> dict[str, Any]:
    send_photos(engine, 0, PHOTOS)
    assert engine.call("GET", "/stats")[1]["photos"] == {"ready": PHOTOS}
    assert answer_all(engine) >= PHOTOS
    run = train(engine)
    check_prediction(engine, run)
    return run


@pytest.mark.full_size
def test_the_loop_on_one_of_each(small: Engine) -> None:
    check_loop(small)
    assert small.run("flask", "fsck").startswith("Nothing is wrong")
    for container in reversed(small.containers):
        container.stop()


@pytest.mark.full_size
@pytest.mark.parametrize("end", [Container.kill, Container.stop], ids=["killed", "rolled"])
def test_the_loop_on_two_of_each_while_each_is(end: Callable[[Container], None]) -> None:
    with running_engine(*SERVICES, replicas=2) as engine:
        run, number = check_loop(engine), PHOTOS
        for container in (engine.of(service)[0] for service in SERVICES):
            engine.url = next(
                f"http://127.0.0.1:{one.port}" for one in engine.of("web") if one is not container
            )
            end(container)
            container.start()
            engine.wait_until_healthy()
            send_photos(engine, number, 2)
            number += 2
            answer_all(engine)
            check_prediction(engine, run)
        run = train(engine)
        assert engine.call("GET", "/stats")[1]["photos"] == {"ready": number}
        assert engine.run("flask", "fsck").startswith("Nothing is wrong")


@pytest.mark.full_size
def test_everything_ends_once_while_clocks_are_wrong() -> None:
    with running_engine(*SERVICES, replicas=2) as engine:
        for service in ("web", "detect", "confirm", "train"):
            for wrong, off in zip(engine.of(service), (-60, 60), strict=True):
                wrong.stop()
                wrong.settings["CLOCK_OFF"] = str(off)
                wrong.start()
        engine.wait_until_healthy()
        check_loop(engine)
        for web in engine.of("web"):
            engine.url = f"http://127.0.0.1:{web.port}"
            assert answer_all(engine) == 0
        assert engine.run("flask", "fsck").startswith("Nothing is wrong")


@pytest.mark.full_size
def test_a_worker_whose_network_cannot_be_loaded_is_not_up() -> None:
    with running_engine("web", "beat", DETECTORS="centerface") as engine:
        train = engine.container("train")
        cache = train.folder / "data" / "cache"
        cache.rmdir()
        cache.symlink_to("/proc")  # nobody can write there
        engine.containers.append(train.start())
        wait_until(lambda: "train" in missing(engine), 120, "it is told")
        assert not train.is_healthy()
