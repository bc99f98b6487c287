"""Files of the workbench are for the user it runs as, and for nobody else on the machine."""

import contextlib
import os
import stat
from pathlib import Path

OURS = (
    "secret_key",
    "secondlook.db*",
    "celerybeat-schedule*",
    "run",
    "valkey",
    "blobs",
    "cache",
    "backups",
    "unpacked",
)
"""Files and folders of a data folder, as patterns."""
WALKED = ("run", "valkey")
"""Folders whose contents are few, so that they are tightened as well; nobody gets into the others anyway."""


def keep_private() -> None:
    """What this process and its children create is for their user alone. Each entry point calls it first."""
    os.umask(0o077)


def tighten(folder: Path) -> None:
    """Take everybody else's rights from a data folder that an earlier version made.

    Only from what is ours there: somebody may have chosen a folder that holds other things, too.
    """
    ours = [path for pattern in OURS for path in folder.glob(pattern)]
    for name in WALKED:
        ours += (folder / name).rglob("*")
    for path in [*ours, folder] if ours else []:
        with contextlib.suppress(FileNotFoundError, PermissionError):  # removed meanwhile, or another user's
            _tighten_one(path)


def _tighten_one(path: Path) -> None:
    mode = path.lstat().st_mode
    if (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) and stat.S_IMODE(mode) & 0o077:
        path.chmod(stat.S_IMODE(mode) & 0o700)
