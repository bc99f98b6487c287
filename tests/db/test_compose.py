"""docker-compose.yml, without Docker: each command, queue and setting exists and the code accepts it."""

import importlib
import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from db.queue import QUEUES, app
from db.settings import Settings
from tests.compose import COMPOSE, ROOT, SERVICES, fill_variables
from web.cli.up import WORKERS, worker

DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
RUNNING = sorted({"web", *WORKERS, "beat"})
ONCE = {"migrate", "certificate", "s3-rights"}
THEIRS = {"valkey", "postgres", "s3", "nginx"}
OUTSIDE_SETTINGS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "TMPDIR"}
"""Read by the S3 client itself, and by Python."""


def queues(name: str) -> set[str]:
    command = SERVICES[name]["command"]
    return set(command[command.index("-Q") + 1].split(","))


def test_every_process_has_a_service() -> None:
    assert set(SERVICES) == {*RUNNING, *ONCE, *THEIRS}
    assert set(OURS) == {*RUNNING, "migrate", "certificate"}


@pytest.mark.parametrize("name", OURS)
def test_every_environment_variable_is_a_setting_with_a_valid_value(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {key: fill_variables(str(value)) for key, value in SERVICES[name]["environment"].items()}
    assert set(environment) - OUTSIDE_SETTINGS <= {field.upper() for field in Settings.model_fields}
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    settings = Settings()
    if name != "certificate":
        assert settings.database.startswith("postgresql+psycopg://look:chosen@postgres/")
        assert settings.broker == "redis://:chosen@valkey:6379/0"
        assert settings.blobs == "s3://second-look/blobs"
        assert settings.classes == ("mask", "nomask")


@pytest.mark.parametrize("name", SERVICES)
def test_services_depend_only_on_services_that_can_meet_the_condition(name: str) -> None:
    for other, condition in SERVICES[name].get("depends_on", {}).items():
        if condition["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        else:
            assert (other in ONCE, condition["condition"]) == (True, "service_completed_successfully")


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_locked_up(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert name in ONCE | {"nginx"} or "healthcheck" in service
    published = [mount for mount in service.get("ports", ()) if name != "nginx"]
    assert not published, "only nginx can be reached from outside"


def test_every_image_is_pinned_by_its_digest() -> None:
    images = [service["image"] for service in SERVICES.values() if "image" in service]
    images += [name for name in re.findall(r"^FROM (\S+)", DOCKERFILE, re.M) if ":" in name]
    assert len(images) == 6
    assert all(re.fullmatch(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", image) for image in images)


def test_the_workers_are_those_of_flask_up_and_serve_every_queue() -> None:
    for kind in WORKERS:
        assert SERVICES[kind]["command"][:3] == ["celery", "-A", "db.queue"]
        assert set(SERVICES[kind]["command"][3:]) == set(worker(kind))
    assert set.union(*map(queues, WORKERS)) == set(QUEUES.values())


@pytest.mark.parametrize("name", RUNNING)
def test_a_healthcheck_asks_for_its_own_service(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"] == ["CMD", "python", "-m", "db.health", name]


def test_the_networks_with_the_trusted_proxy_and_without_a_way_out() -> None:
    networks: dict[str, Any] = COMPOSE["networks"]
    (subnet,) = networks["front"]["ipam"]["config"]
    assert SERVICES["web"]["environment"]["TRUSTED_PROXIES"] == subnet["subnet"]
    assert networks["back"]["internal"] is True
    assert {name for name, service in SERVICES.items() if "front" in service.get("networks", ())} == {
        "nginx",
        "web",
        "certificate",
    }


def test_the_folders_that_volumes_are_mounted_on_belong_to_who_writes_there() -> None:
    """A new volume takes its owner from the image; without a folder there, it is root's."""
    (made,) = re.findall(r"install -d -m 700 -o look -g look (.+)$", DOCKERFILE, re.M)
    for name in OURS:
        for mount in SERVICES[name].get("volumes", ()):
            assert mount.split(":")[1] in made.split()


def test_the_web_image_has_no_network() -> None:
    stages = dict(re.findall(r"^FROM \S+ AS (\w+)$(.*?)(?=^FROM|\Z)", DOCKERFILE, re.M | re.S))
    assert "worker.txt" in stages["worker"]
    assert "worker.txt" not in stages["python"] + stages["web"]
    assert {name: SERVICES[name]["build"]["target"] for name in OURS} == {
        name: "worker" if name in WORKERS else "web" for name in OURS
    }


@pytest.mark.slow
def test_celery_accepts_the_commands() -> None:
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
    assert web == yaml.safe_load(re.findall(r"^CMD (.*)$", DOCKERFILE, re.M)[-1])
    assert web[:2] == ["python", "-m"]
    importlib.import_module(web[2])


def test_the_image_copies_only_files_that_exist() -> None:
    for line in DOCKERFILE.splitlines():
        words = line.split()
        if words[:1] == ["COPY"] and not words[1].startswith("--from"):
            assert all((ROOT / source).exists() for source in words[1:-1]), line


def test_every_task_is_registered_with_a_worker() -> None:
    for kind in WORKERS:
        arguments = worker(kind)
        for module in arguments[arguments.index("-I") + 1].split(","):
            importlib.import_module(module)
    assert set(QUEUES) <= set(app.tasks)
