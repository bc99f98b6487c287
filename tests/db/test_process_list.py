"""What a killed launcher left running is ended, and nothing else."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from db import process_list
from db.process_list import ProcessList

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(SLEEP, start_new_session=True) as process:
        yield process
        process.kill()


@pytest.fixture
def stored(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> ProcessList:
    """The list of a launcher that ran the sleeper."""
    listed = ProcessList(tmp_path / "processes.json")
    listed.store([sleeper.pid])
    return listed


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_listed_process_is_ended(stored: ProcessList, sleeper: subprocess.Popen[bytes]) -> None:
    stored.end_leftovers()
    assert sleeper.wait(10) != 0


def test_a_process_that_has_got_the_id_since_is_let_alone(
    stored: ProcessList, sleeper: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    change(tmp_path / "processes.json", created={str(sleeper.pid): 0.5})
    stored.end_leftovers()
    assert sleeper.poll() is None


def test_after_the_machine_was_started_anew_no_process_is_one_of_the_list(
    stored: ProcessList, sleeper: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    """Ids start low again: that of a program that is gone may be the session of somebody's job."""
    change(tmp_path / "processes.json", boot="another")
    stored.end_leftovers()
    assert sleeper.poll() is None


def test_a_clock_that_was_set_does_not_hide_a_leftover(
    stored: ProcessList, sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = psutil.boot_time() + 3600
    monkeypatch.setattr(psutil._psplatform, "boot_time", lambda: wrong)  # of which psutil makes its times
    monkeypatch.setattr(psutil, "boot_time", lambda: wrong)
    stored.end_leftovers()
    assert sleeper.wait(10) != 0


@pytest.mark.parametrize("content", ["", "{", "[[1, 2.5]]", '{"boot": null, "created": 3}'])
def test_a_list_cut_short_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "processes.json"
    path.write_text(content)
    ProcessList(path).end_leftovers()


def test_where_the_system_names_no_start_of_the_machine_its_time_does(
    tmp_path: Path, sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_list, "BOOT_ID", tmp_path / "missing")
    listed = ProcessList(tmp_path / "processes.json")
    listed.store([sleeper.pid, os.getpid() + 10_000_000])
    listed.end_leftovers()
    assert sleeper.wait(10) != 0
