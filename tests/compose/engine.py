"""Runs the services of docker-compose.yml without Docker: as processes of an unprivileged user.

Each gets its own command and environment, the addresses of the others, a host name, and folders made and
owned as the engine would make them. PostgreSQL, Valkey and the S3 store come from packages.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

from tests.compose import ROOT, SERVICES, fill_variables
from tests.compose.container import POSTGRES_BIN_PATH, Container, give, programs, run_once, unprivileged
from tests.environment import CACHE, PROVE
from tests.workbench_process import ApiClient, free_port, wait_until

IN_CONTAINER = Path(__file__).parent / "in_container"
ONLY_IN_WORKER_IMAGE = "tensorflow,keras,mtcnn,cv2,ai_edge_litert,onnx,onnxruntime,sklearn,scipy,h5py"
START_SECONDS = 150
REGION = "us-east-1"


class Engine(ApiClient):
    """The services of docker-compose.yml, and the API of one of its web processes."""

    def __init__(self, folder: Path, replicas: int = 1, **variables: str) -> None:
        self.folder, self.replicas, self.variables = folder, replicas, variables
        self.containers: list[Container] = []
        self.postgres_port, self.valkey_port = free_port(), free_port()
        self.store = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
        self._over = threading.Event()
        self._policy = threading.Thread(target=self._restart_ended, daemon=True)

    def start(self, *services: str) -> "Engine":
        """Start the data stores, migrate, then `replicas` of each of the services (beat: one)."""
        self._start_stores()
        self._policy.start()
        migrate = self.container("migrate").start()
        assert migrate.process is not None
        assert migrate.process.wait(120) == 0, migrate.log()
        for service in services:
            for _ in range(1 if service == "beat" else self.replicas):
                self.containers.append(self.container(service).start())
        self.wait_until_healthy()
        self.url = f"http://127.0.0.1:{self.of('web')[0].port}"
        self.token = json.loads(self.run("flask", "token", "--role", "owner", "--json"))["token"]
        return self

    def of(self, service: str) -> list[Container]:
        return [container for container in self.containers if container.service == service]

    def wait_until_healthy(self, containers: list[Container] | None = None) -> None:
        for container in containers or self.containers:
            wait_until(container.is_healthy, START_SECONDS, f"{container.name} is healthy", every=3)

    def run(self, *command: str) -> str:
        """The output of a command in the web container, as of `docker compose exec web`."""
        web = self.of("web")[0]
        done = subprocess.run(
            [*unprivileged(), programs()[command[0]], *command[1:]], env=web.env, cwd=ROOT, text=True,
            capture_output=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def stop(self) -> None:
        """End every process that was started."""
        self._over.set()
        if self._policy.is_alive():
            self._policy.join(30)
        for container in reversed(self.containers):
            if container.process is not None and container.process.poll() is None:
                container.kill()
        self.store.stop()

    def _restart_ended(self) -> None:
        while not self._over.wait(0.5):
            for container in list(self.containers):
                container.start_again_if_ended()

    def container(self, service: str) -> Container:
        """A new replica of a service of ours, with its folders."""
        name = f"{service}-{sum(one.service == service for one in self.containers) + 1}"
        folder = self.folder / name
        self._make_folders(folder, service)
        definition = SERVICES[service]
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{IN_CONTAINER}{os.pathsep}{ROOT}",
            "DATA": "/data",  # from the image
            "HOME": str(folder / "home"),
            "CONTAINER": name,
            "FLASK_APP": "web",
            "TF_CPP_MIN_LOG_LEVEL": "2",
        } | {key: self._filled(str(value)) for key, value in definition["environment"].items()}
        port = 0
        if service == "web":
            port = free_port()
            env |= {"HOST": "127.0.0.1", "PORT": str(port)}
        if definition["build"]["target"] == "web":
            env["WITHOUT"] = ONLY_IN_WORKER_IMAGE
        env = {key: re.sub(r"^/data(?=/|$)", str(folder / "data"), value) for key, value in env.items()}
        first, *rest = definition["command"]
        return Container(service, name, folder, [programs()[first], *rest], env, port)

    def _filled(self, text: str) -> str:
        for name, value in self.variables.items():
            text = re.sub(rf"\$\{{{name}(:[-?][^}}]*)?\}}", value, text)
        text = fill_variables(text).replace("@postgres/", f"@127.0.0.1:{self.postgres_port}/")
        host, port = self.store.get_host_and_port() if self.store else ("", 0)
        text = text.replace("http://s3:3900", f"http://{host}:{port}")
        return text.replace("@valkey:6379", f"@127.0.0.1:{self.valkey_port}")

    def _make_folders(self, folder: Path, service: str) -> None:
        """The folders of the image, and a new volume for each that is mounted: read from Dockerfile."""
        made = re.findall(r"install -d -m 700 -o look -g look (.+)$", (ROOT / "Dockerfile").read_text(), re.M)
        owned = made[0].split()
        mounts = [mount.split(":")[1] for mount in SERVICES[service].get("volumes", ())]
        for path in sorted({*owned, *mounts}):
            inside = folder / path.lstrip("/")
            inside.mkdir(parents=True, exist_ok=True)
            if path in owned:
                inside.chmod(0o700)
                give(inside)
                if path == "/data/cache" and not PROVE and CACHE.exists():
                    shutil.copytree(CACHE, inside, dirs_exist_ok=True)  # converting networks takes 8 s
                    for file in (inside, *inside.rglob("*")):
                        give(file)
        for path in (folder, folder / "home"):  # the file system of the container is read-only
            path.mkdir(exist_ok=True)
            path.chmod(0o755)

    def _start_stores(self) -> None:
        self.store.start()
        host, port = self.store.get_host_and_port()
        keys = {"aws_access_key_id": "chosen", "aws_secret_access_key": "chosen", "region_name": REGION}
        boto3.client("s3", endpoint_url=f"http://{host}:{port}", **keys).create_bucket(Bucket="second-look")
        valkey, postgres = self._valkey().start(), self._postgres().start()
        self.containers += [valkey, postgres]
        wait_until(postgres.is_healthy, 60, "PostgreSQL is healthy")
        wait_until(valkey.is_healthy, 60, "Valkey is healthy")

    def _valkey(self) -> Container:
        folder = self._owned("valkey")
        first, *rest = [self._filled(word) for word in SERVICES["valkey"]["command"]]
        here = ["--port", str(self.valkey_port), "--bind", "127.0.0.1", "--dir", str(folder)]
        command = [programs()[first], *rest, *here]
        return Container("valkey", "valkey", folder, command, dict(os.environ), self.valkey_port)

    def _postgres(self) -> Container:
        """A server as the image makes it: with a password for everybody, and the database `look`."""
        folder, bin_path = self._owned("postgres"), POSTGRES_BIN_PATH
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        password = folder / "password"
        password.write_text(self._filled(SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"]))
        password.chmod(0o644)
        data = folder / "data"
        arguments = ["-D", str(data), "-U", "look", "--auth=scram-sha-256", f"--pwfile={password}"]
        run_once([str(bin_path / "initdb"), *arguments, "--no-sync"], env)
        single = [str(bin_path / "postgres"), "--single", "-D", str(data), "postgres"]
        run_once(single, env, b"CREATE DATABASE look\n")
        address = ["-p", str(self.postgres_port), "-h", "127.0.0.1", "-k", str(folder)]
        # No test pulls the plug of the machine; a server that is killed loses nothing by it.
        command = [str(bin_path / "postgres"), "-D", str(data), *address, "-c", "fsync=off"]
        return Container("postgres", "postgres", folder, command, env, self.postgres_port)

    def _owned(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        give(folder)
        return folder


@contextlib.contextmanager
def running_engine(*services: str, replicas: int = 1, **variables: str) -> Iterator[Engine]:
    """The data stores and these services, until the end of the block. Fails with the logs of what ended."""
    folder = Path(tempfile.mkdtemp(prefix="sl-compose-"))  # the path of a socket must be short
    folder.chmod(0o755)
    engine = Engine(folder, replicas, **variables)
    try:
        yield engine.start(*services)
    finally:
        engine.stop()
        shutil.rmtree(folder, ignore_errors=True)
