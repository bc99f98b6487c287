"""Settings, the signing key, and what the web process imports."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from db.settings import MAX_SOCKET_PATH, Settings, settings


def test_the_signing_key_is_random_private_and_permanent(data: Path) -> None:
    key = settings().signing_key()
    assert len(key) > 40
    assert settings().signing_key() == key
    assert (data / "secret_key").stat().st_mode & 0o777 == 0o600
    assert Settings(secret_key="chosen").signing_key() == "chosen"


def test_the_path_of_the_socket_is_short_even_in_a_deep_data_folder(data: Path) -> None:
    deep = Settings(data=data / ("x" * 200))
    assert len(str(deep.socket)) <= MAX_SOCKET_PATH
    assert deep.socket != Settings(data=data / ("y" * 200)).socket


@pytest.mark.parametrize("names", ["mask", "mask,mask", ""])
def test_classes_need_two_different_names(names: str) -> None:
    with pytest.raises(ValidationError, match="at least two"):
        Settings(classes=tuple(names.split(",")))


def test_classes_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLASSES", "mask, nomask ,chin")
    assert Settings().classes == ("mask", "nomask", "chin")


@pytest.mark.slow
def test_web_imports_no_heavy_library() -> None:
    """The web process runs no networks: importing all of `web` must not load TensorFlow and the like."""
    program = (
        "import sys, pkgutil, importlib, web\n"
        "for module in pkgutil.walk_packages(web.__path__, 'web.'): importlib.import_module(module.name)\n"
        "print(sorted({'tensorflow', 'keras', 'mtcnn', 'cv2', 'ai_edge_litert'} & set(sys.modules)))"
    )
    root = Path(__file__).parent.parent.parent
    env = os.environ | {"PYTHONPATH": "client"}  # which flask mcp adds itself
    process = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=env, capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == "[]"


def test_what_can_be_computed_again_is_kept_once_per_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DATA", str(tmp_path / "data"))
    assert Settings().cache_dir == tmp_path / ".cache" / "second-look"
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere" / "at all"))
    assert Settings().cache_dir == tmp_path / "data" / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Settings().cache_dir == tmp_path / "second-look"
    monkeypatch.setenv("CACHE", str(tmp_path / "chosen"))
    assert Settings().cache_dir == tmp_path / "chosen"
