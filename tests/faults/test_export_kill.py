"""The worker that makes an export is killed in the middle of it."""

import io
import os
import signal
import urllib.request
from pathlib import Path
from zipfile import ZipFile

import pytest

from benchmarks.filled import fill
from db.migrate import upgrade
from db.session import session_scope
from db.storage import blobs
from labeller.exports import requests
from tests.conftest import forget_settings
from tests.workbench_process import running_workbench, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.full_size]

FACES = 20_000


def test_another_worker_makes_the_export_whole_and_nothing_else_is_left(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_settings()
    upgrade()
    with session_scope() as session:
        fill(session, FACES)
        session.commit()
    with running_workbench(data) as bench:
        bench.sign_in()
        export = bench.api.start_export("coco")["id"]
        wait_until(lambda: bench.api.get_export(export)["progress"] > 0.02, 120, "it is being made")
        for pid in bench.pids("transfers@"):
            os.kill(pid, signal.SIGKILL)
        assert bench.api.get_export(export)["status"] == "running"
        wait_until(lambda: bench.api.get_export(export)["status"] != "running", 60, "the sweep took it back")
        done = wait_until(lambda: _ended(bench.api.get_export(export)), 240, "it is made")
        assert (done["status"], done["report"]["photos"]) == ("done", FACES // 2)
        asked = urllib.request.Request(
            f"{bench.url}{done['url']}", headers={"Authorization": f"Bearer {bench.token}"}
        )
        with urllib.request.urlopen(asked) as response:
            file = ZipFile(io.BytesIO(response.read()))
        assert file.testzip() is None
        assert sum(name.endswith(".jpg") for name in file.namelist()) == FACES // 2
        stored = blobs().list_sizes(requests.FOLDER)
        assert [size for _, size, _ in stored] == [done["size"]]


def _ended(export):  # type: ignore[no-untyped-def]
    return export if export["status"] in ("done", "failed", "cancelled") else None
