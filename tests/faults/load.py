"""People at work while parts are killed: they send, answer and train, and try again until it is taken."""

import http.client
import threading
import time
import urllib.error
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.pictures import jpeg, portrait
from tests.workbench_process import ApiClient, Workbench

TAKEN = (200, 201, 202, 409)
PAUSE = 0.3
"""Seconds between two things that one of them does, and between two tries."""


class Load:
    """Threads that work through the API of `site`, and what it has told them that it has."""

    def __init__(self, site: ApiClient, with_training: bool) -> None:
        self.site, self.seed = site, 0
        self.photos: dict[int, int] = {}
        """Ids by seed."""
        self.answered: set[int] = set()
        """Faces whose answer was taken."""
        self.runs: set[int] = set()
        self.errors: list[BaseException] = []
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(do,), daemon=True)
            for do in (self._send, self._answer, *([self._train] if with_training else []))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float) -> None:
        """Let each of them end what it is at. Raises what went wrong in any of them."""
        self._over.set()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.1, until - time.monotonic()))
            assert not thread.is_alive(), "a request has hung"
        if self.errors:
            raise self.errors[0]

    def send(self, seed: int, until: float = float("inf")) -> int:
        """Send a photo until it is taken; its id. The same bytes are the same photo, however often."""
        body = self._insist("POST", "/photos", until=until, file=jpeg(portrait(seed, seed % 2 == 1)))[1]
        self.photos[seed] = body["id"]
        return int(body["id"])

    def _repeat(self, do: Callable[[], None]) -> None:
        try:
            while not self._over.wait(PAUSE):
                do()
        except BaseException as error:  # noqa: BLE001 - raised again by stop()
            self.errors.append(error)

    def _send(self) -> None:
        self.seed += 1
        self.send(self.seed)

    def _answer(self) -> None:
        for item in self._insist("GET", "/queue?mode=label&limit=5")[1]["items"]:
            label = "mask" if item["face_id"] % 2 else "nomask"
            body = {
                "client_key": uuid.uuid4().hex,
                "face_id": item["face_id"],
                "kind": "label",
                "label": label,
            }
            status, answer = self._insist("POST", "/answers", body=body)
            assert status != 409, answer  # nobody else answers
            self.answered.add(item["face_id"])

    def _train(self) -> None:
        _, body = self._insist("POST", "/runs", body={})
        if "id" in body:  # else there are not enough answers yet
            self.runs.add(body["id"])
        self._over.wait(5)

    def _insist(self, method: str, path: str, *, until: float = float("inf"), **sent: Any) -> tuple[int, Any]:
        """The first reply that is no error of a part that is away. Fails at `until` (monotonic)."""
        while True:
            try:
                status, body = self.site.call(method, path, **sent)
                if status in TAKEN:
                    return status, body
                assert status >= 500 or status == 429, (status, body)
            except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError):
                pass  # it is away, or was killed while it answered
            assert time.monotonic() < until, f"{method} {path} was not taken in time"
            time.sleep(PAUSE)


def label_and_train(bench: Workbench, folder: Path) -> int:
    """A live run, of photos that are labelled by their folders."""
    for seed in range(80):
        place = folder / ("mask" if seed % 2 else "nomask")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{seed}.jpg").write_bytes(jpeg(portrait(seed, seed % 2 == 1, (640, 480))))
    bench.flask("import", str(folder))
    run = bench.finish_run(bench.call("POST", "/runs", {})[1]["id"], 300)
    assert run["promoted"], run
    return int(run["id"])
