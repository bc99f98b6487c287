"""The programs that a launcher runs, on the disk, so that the next one can stop those of one that was killed.

Ids alone are not enough, since the system uses them again: a process is known by its id, the second since
the start of the machine at which it was created, which no change of the clock moves, and that start.
"""

import contextlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

import psutil
import structlog

from db import families

log = structlog.get_logger()

LEFTOVERS_KILLED_AFTER = 2.0
"""Seconds between SIGTERM and SIGKILL for what was left running: somebody waits for the site to come back."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class ProcessList:
    """The list at `path`. On a full disk it is an old one for a while; `is_stored` says so."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.is_stored = True

    def store(self, pids: Iterable[int]) -> None:
        """Replace the list by these processes, as far as they still run."""
        created = {pid: age for pid in pids if (age := _created(pid)) is not None}
        draft = self._path.with_suffix(".new")
        try:
            with open(draft, "w") as file:
                json.dump({"boot": _boot(), "created": created}, file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
            self.is_stored = True
        except OSError as error:
            self.is_stored = False
            log.warning("processes_not_stored", error=str(error))

    def delete(self) -> None:
        self._path.unlink(missing_ok=True)

    def end_leftovers(self) -> None:
        """Stop the listed processes that still run, and those that they, or those gone by now, left."""
        leaders = [pid for pid, created in self._read().items() if _created(pid) in (None, created)]
        if left := families.members(leaders):
            log.warning("ending_leftovers", processes=[process.pid for process in left])
        families.stop(leaders, LEFTOVERS_KILLED_AFTER)

    def _read(self) -> dict[int, float]:
        """When each listed process was created; nothing if the machine was started anew since."""
        try:
            stored = json.loads(self._path.read_text())
            return {int(pid): at for pid, at in stored["created"].items() if stored["boot"] == _boot()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, KeyError, AttributeError) as error:  # cut short by a power cut
            log.warning("process_list_unreadable", path=str(self._path), error=str(error))
            return {}


def _created(pid: int) -> float | None:
    """The seconds from the start of the machine to that of the process; None if there is no such process."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return round(psutil.Process(pid).create_time() - psutil.boot_time(), 2)
    return None


def _boot() -> str:
    """What tells this start of the machine from others."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:  # not Linux
        return str(round(psutil.boot_time()))
