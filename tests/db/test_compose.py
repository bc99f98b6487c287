"""docker-compose.yml, without Docker: each command, queue and setting exists and the code accepts it."""

import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from db.queue import QUEUES, app
from db.settings import Settings
from web.cli.up import WORKERS, worker

ROOT = Path(__file__).parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
OUTSIDE_SETTINGS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"}
"""Read by the S3 client itself."""


def fill_variables(text: str) -> str:
    """The value with its ${VARIABLES} set as a user would."""
    return re.sub(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}", lambda match: match.group(2) or "chosen", text)


def queues(name: str) -> set[str]:
    command = SERVICES[name]["command"]
    return set(command[command.index("-Q") + 1].split(","))


def test_every_process_has_a_service() -> None:
    assert set(OURS) == {"web", *WORKERS, "beat", "migrate"}
    assert set(SERVICES) - set(OURS) == {"valkey", "postgres", "s3"}


@pytest.mark.parametrize("name", OURS)
def test_every_environment_variable_is_a_setting_with_a_valid_value(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {key: fill_variables(str(value)) for key, value in SERVICES[name]["environment"].items()}
    assert set(environment) - OUTSIDE_SETTINGS <= {field.upper() for field in Settings.model_fields}
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    settings = Settings()
    assert settings.database.startswith("postgresql+psycopg://look:chosen@postgres/")
    assert settings.broker == "redis://valkey:6379/0"
    assert settings.blobs == "s3://second-look/blobs"
    assert settings.classes == ("mask", "nomask")


@pytest.mark.parametrize("name", OURS)
def test_services_depend_only_on_services_that_exist(name: str) -> None:
    assert set(SERVICES[name]["depends_on"]) <= set(SERVICES)


def test_the_workers_are_those_of_flask_up_and_serve_every_queue() -> None:
    for kind in WORKERS:
        assert SERVICES[kind]["command"][:3] == ["celery", "-A", "db.queue"]
        assert set(SERVICES[kind]["command"][3:]) == set(worker(kind))
    assert set.union(*map(queues, WORKERS)) == set(QUEUES.values())


@pytest.mark.slow
def test_celery_accepts_the_commands(data: Path) -> None:
    """Each program parses its arguments and imports the modules they name, without connecting anywhere."""
    for name in (*WORKERS, "beat"):
        arguments = SERVICES[name]["command"][1:]
        process = subprocess.run(
            [sys.executable, "-m", "celery", *arguments, "--help"], cwd=ROOT, capture_output=True, text=True
        )
        assert process.returncode == 0, process.stderr
        for module in arguments[arguments.index("-I") + 1].split(",") if "-I" in arguments else []:
            app.loader.import_module(module)
    web = SERVICES["web"]["command"]
    assert web == yaml.safe_load(re.search(r"^CMD (.*)$", (ROOT / "Dockerfile").read_text(), re.M).group(1))
    assert web[:2] == ["python", "-m"]
    importlib.import_module(web[2])


def test_the_image_copies_only_files_that_exist() -> None:
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        words = line.split()
        if words[:1] == ["COPY"] and not words[1].startswith("--from"):
            assert all((ROOT / source).exists() for source in words[1:-1]), line


def test_every_task_is_registered_with_a_worker() -> None:
    for kind in WORKERS:
        arguments = worker(kind)
        for module in arguments[arguments.index("-I") + 1].split(","):
            importlib.import_module(module)
    assert set(QUEUES) <= set(app.tasks)
