"""People at work, for locust: most label, some look at pages and pictures. `benchmarks.load` starts it.

LOAD_TOKENS holds a bearer token for each person, separated by commas.
"""

import itertools
import os
import uuid

from locust import HttpUser, between, task

TOKENS = itertools.cycle(os.environ["LOAD_TOKENS"].split(","))
PAGES = ("/", "/label", "/review", "/runs", "/upload", "/mine", "/map", "/boxes")


class Labeller(HttpUser):
    """Answers a face every second or two, and looks around."""

    wait_time = between(0.5, 2.5)

    def on_start(self) -> None:
        self.client.headers["Authorization"] = f"Bearer {next(TOKENS)}"
        self.pages = itertools.cycle(PAGES)
        self.items: list[dict[str, object]] = []

    @task(6)
    def answer(self) -> None:
        if not self.items:
            self.items = self.client.get("/api/v1/queue?mode=label&limit=10", name="queue").json()["items"]
        if not self.items:
            return
        item = self.items.pop()
        self.client.get(str(item["crop_url"]), name="picture: crop")
        answer = {
            "client_key": uuid.uuid4().hex,
            "face_id": item["face_id"],
            "kind": "label",
            "label": "mask",
        }
        with self.client.post("/api/v1/answers", json=answer, name="answer", catch_response=True) as said:
            if said.status_code in (200, 201, 409):  # 409: somebody else was faster
                said.success()

    @task(4)
    def look(self) -> None:
        path = next(self.pages)
        self.client.get(path, name=f"page: {path}")
