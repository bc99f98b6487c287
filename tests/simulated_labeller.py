"""A process that labels like one person: `python -m tests.simulated_labeller URL TOKEN SEED`.

It takes faces from the queue until none is left, answers some of them late and some not at all, and prints
the status of each answer as JSON: [[face, label, status], ...].
"""

import json
import random
import sys
import time
import urllib.error
import urllib.request
from typing import Any


def call(url: str, token: str, body: object = None) -> tuple[int, Any]:
    """The status and JSON of an API call."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=60) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def main(url: str, token: str, seed: int) -> None:
    rng = random.Random(seed)
    answers, empty, end = [], 0, time.monotonic() + 120
    while empty < 3 and time.monotonic() < end:
        status, batch = call(f"{url}/api/v1/queue?limit={rng.randint(1, 8)}", token)
        assert status == 200, batch
        empty = 0 if batch["remaining"] else empty + 1
        if not batch["items"]:
            time.sleep(0.1)
        for item in batch["items"]:
            if rng.random() < 0.1:
                continue  # never answers
            if rng.random() < 0.1:
                time.sleep(0.2)  # answers late
            label = "mask" if item["face_id"] % 2 else "nomask"
            body = {
                "client_key": f"{seed} {len(answers)}",
                "face_id": item["face_id"],
                "kind": "label",
                "label": label,
            }
            status, answer = call(f"{url}/api/v1/answers", token, body)
            assert status in (201, 409), answer
            answers.append([item["face_id"], label, status])
    print(json.dumps(answers))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
