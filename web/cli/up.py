"""`flask up`: the whole workbench on one machine, under one supervisor."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import click
from kombu.exceptions import OperationalError

from db import disk, jobs, valkey
from db.backup.restore import require_no_unfinished_restore
from db.migrate import upgrade
from db.settings import settings
from db.supervisor import AlreadyRunning, DidNotStart, Lock, Program, Supervisor
from labeller.detection import detectors
from web.cli.console import in_words
from web.cli.greeting import greet_when_it_answers
from web.serving import addresses
from web.serving.certificates import BadCertificate, tls_files

ROOT = Path(__file__).parents[2]
IDLE_MINUTES = {
    "detect": 5.0,
    "confirm": 1.0,
    "clips": 1.0,
    "similar": 15.0,
    "transfers": 1.0,
    "train": 5.0,
    "webhooks": 1.0,
}
"""After which a worker that holds TensorFlow or all features, or has no work for most of the day, ends. It
comes back within seconds; nobody waits for `confirm`."""
SOLO = ["--pool", "solo"]
TWO_THREADS = ["--pool", "threads", "--concurrency", "2"]
THREE_THREADS = ["--pool", "threads", "--concurrency", "3"]
FOUR_THREADS = ["--pool", "threads", "--concurrency", "4"]
WORKERS = {
    "detect": (
        "labeller.jobs,inference.jobs,trainer.light_jobs,db.backup.tasks",
        "predict,erase,default,detect,again",
        SOLO,
    ),
    "confirm": ("labeller.jobs", "confirm", SOLO),
    "clips": ("inference.jobs", "clips", SOLO),
    "similar": ("inference.jobs", "similar", SOLO),
    "transfers": ("inference.jobs,labeller.jobs", "exports,imports", TWO_THREADS),
    "train": ("trainer.jobs,db.backup.tasks", "classify,train,backup", THREE_THREADS),
    "webhooks": ("db.webhooks.tasks", "webhooks", FOUR_THREADS),
}
"""Modules with its tasks, queues and pool of each kind of worker. TensorFlow does not survive a fork, so
no pool forks: detection runs in the worker's own thread; training, predictions and scores share three
threads. Webhooks have a process of their own, in which a slow receiver holds one of four threads."""
NICE = {kind: ["nice", "-n", "10"] for kind in ("confirm", "clips", "transfers")} | {
    "similar": [],
    "train": [],
    "webhooks": [],
}
"""Nobody waits for these at the screen: they get what others leave. The other detectors get one thread."""
FEW_ARENAS = {"MALLOC_ARENA_MAX": "2"}
"""Else the C library keeps freed memory for each of many threads, and the web process grows for hours."""
WRONG_FROM_THE_START = (
    detectors.UnknownDetector,
    BadCertificate,
    addresses.CannotListen,
    valkey.UnsafeFolder,
    DidNotStart,
)
ONE_THREAD = dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1")


@click.command()
def up() -> None:
    """Start everything: broker, web, workers, beat. Ctrl-C stops all of it."""
    address = addresses.own_link(settings())
    try:
        with in_words():
            detectors.names()
            tls_files(settings())
            lock = Lock(settings().run_dir / "lock", f"process {os.getpid()} at {address}")
            try:
                _run(address)
            finally:
                lock.release()
    except AlreadyRunning as error:
        running = f"Second Look is already running on {settings().data} ({error})."
        hint = "Stop it first, or choose another folder: DATA=./other"
        raise click.ClickException(f"{running}\n{hint}") from error
    except WRONG_FROM_THE_START as error:
        full = " The disk is nearly full: make room, then start again." if disk.space().is_low else ""
        raise click.ClickException(f"{error}{full}") from error
    click.echo("Stopped.")


def _run(address: str) -> None:
    """Run the programs until somebody stops them."""
    require_no_unfinished_restore()
    supervisor = Supervisor(programs(), settings().run_dir)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: supervisor.stop.set())
    try:
        supervisor.process_list.end_leftovers()
        upgrade()
        addresses.require_listenable(settings())
        supervisor.start()
        threading.Thread(target=greet_when_it_answers, args=(address, supervisor.stop), daemon=True).start()
        supervisor.watch()
    finally:
        supervisor.shut_down()


def programs() -> list[Program]:
    """The programs of one machine, in the order in which they start.

    Those of `on_demand` run while there is work for them, and some minutes longer.
    """
    env = {"DATA": str(settings().data), "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2"}
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "-A", "db.queue"]
    started = [
        Program("web", [*python, "web.cli.serve"], env | FEW_ARENAS),
        Program("detect", [*celery, *worker("detect")], env | _idle("detect")),
        Program("beat", [*celery, "beat", "--pidfile=", "--loglevel", settings().log_level], env),
    ]
    started += [
        Program(
            kind,
            [*NICE[kind], *celery, *worker(kind)],
            env | _idle(kind) | (ONE_THREAD if kind == "confirm" else {}),
            is_needed=_has_work(kind),
        )
        for kind in on_demand()
    ]
    if settings().broker_url is None:
        ready: Callable[[], bool] = lambda: valkey.is_answering(settings().socket)  # noqa: E731
        started.insert(0, Program("valkey", valkey.server_command(settings()), ready=ready))
    return started


def _idle(kind: str) -> dict[str, str]:
    return {"WORKER_IDLE_MINUTES": str(settings().worker_idle_minutes or IDLE_MINUTES[kind])}


def on_demand() -> tuple[str, ...]:
    """The kinds of worker that run only while there is work for them."""
    confirm = ("confirm",) if len(settings().detectors) > 1 else ()
    return (*confirm, "clips", "similar", "transfers", "train", "webhooks")


def _has_work(kind: str) -> Callable[[], bool]:
    queues = WORKERS[kind][1].split(",")

    def has_work() -> bool:
        try:
            return jobs.waiting_messages(*queues) > 0
        except OperationalError:  # the broker is restarting
            return False

    return has_work


def worker(kind: str) -> list[str]:
    """Celery's arguments for a worker of one of the kinds in WORKERS."""
    tasks, queues, pool = WORKERS[kind]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    names = ["-I", f"db.worker,{tasks}", "-Q", queues, "-n", f"{kind}@%h"]
    return ["worker", *names, *pool, *quiet, "--loglevel", settings().log_level]
