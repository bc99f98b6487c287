"""A real Label Studio takes our export in, and gives the same boxes back."""

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from db import families
from labeller.formats.formats import by_name
from labeller.formats.protocol import ReadOptions
from labeller.formats.records import PhotoRecord
from labeller.formats.walk import walk
from tests.foreign_tools.conftest import Boxes, Exports, tool
from tests.workbench_process import free_port, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.full_size]
PATIENCE = 600
"""Seconds until it has made its database and answers."""


@dataclass(frozen=True)
class Server:
    client: httpx.Client

    def is_up(self) -> bool:
        try:
            return self.client.get("/health").status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with an empty database and one user, which asks nobody on the network anything."""
    token, port = secrets.token_hex(20), free_port()
    account = ["--username", "owner@example.org", "--password", secrets.token_hex(8), "--user-token", token]
    account.append("--enable-legacy-api-token")
    address = ["--init", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port)]
    quiet = {
        "COLLECT_ANALYTICS": "0",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "LATEST_VERSION_CHECK": "0",
    }
    process = subprocess.Popen(
        [tool("label-studio", "label-studio"), "start", *address, *account],
        env=os.environ | quiet | {"HOME": str(tmp_path), "LABEL_STUDIO_BASE_DATA_DIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    headers = {"Authorization": f"Token {token}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=120) as client:
        started = Server(client)
        try:
            wait_until(started.is_up, PATIENCE, "Label Studio answers", every=1)
            yield started
        finally:
            families.stop([process.pid], patience=10)
            process.wait()


@pytest.mark.timeout(PATIENCE + 300)
def test_the_server_gives_the_same_boxes_back(exports: Exports, server: Server, tmp_path: Path) -> None:
    ours = exports.folder / "labelstudio"
    config = (ours / "label_config.xml").read_text()
    made = server.client.post("/api/projects", json={"title": "Faces", "label_config": config})
    assert made.status_code == 201, made.text
    project = made.json()["id"]
    tasks = json.loads((ours / "tasks.json").read_text())
    sent = server.client.post(f"/api/projects/{project}/import", json=tasks)
    assert (sent.status_code, sent.json()["task_count"]) == (201, len(exports.boxes))
    query = {"exportType": "JSON", "download_all_tasks": "true"}
    returned = server.client.get(f"/api/projects/{project}/export", params=query)
    assert returned.status_code == 200, returned.text
    back = tmp_path / "back"
    shutil.copytree(ours / "images", back / "images")
    (back / "tasks.json").write_bytes(returned.content)
    assert _read(back) == exports.boxes


def _read(folder: Path) -> Boxes:
    read = by_name("labelstudio").reader().read(walk(folder), ReadOptions(("mask", "nomask")))
    return {
        Path(record.name).name: sorted(
            (tuple(round(side) for side in face.box or ()), str(face.label)) for face in record.faces
        )
        for record in read
        if isinstance(record, PhotoRecord)
    }
