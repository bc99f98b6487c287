"""Load from outside with locust: 20 and 50 people who label and look at pages and pictures.

    .venv/bin/python -m benchmarks.load [seconds] [--people 20 --people 50]

Of a whole workbench, whose detection is idle, after a short load that is not counted. Each person has a
token of their own. `locust` is taken from PATH or from LOCUST, and is best installed into an environment of
its own. Printed are the 95th percentile of pages and of answers in milliseconds, the errors, and by how much
the memory of the web process grew. `1200 --people 20` is the soak.
"""

import argparse
import csv
import os
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

import psutil

from benchmarks.report import report
from db.session import session_scope
from labeller.people import credentials
from tests.conftest import forget_settings
from tests.web_server import add_waiting_faces
from tests.workbench_process import Workbench, running_workbench

USERS = {20: 150, 50: 400}
"""People at once, and the milliseconds that 95 of 100 pages may take."""
PHOTOS, FACES_EACH = 600, 30
WARM_UP_SECONDS = 15
LOCUST = os.environ.get("LOCUST") or shutil.which("locust")


def tokens(count: int) -> str:
    with session_scope() as session:
        made = [credentials.issue_token(session, "labeller", f"Person {n}")[0] for n in range(count)]
        session.commit()
    return ",".join(made)


def load(bench: Workbench, people: int, seconds: int, folder: Path) -> list[dict[str, str]]:
    """Locust's rows of figures, one for each kind of request."""
    users = Path(__file__).parent / "load_users.py"
    subprocess.run(
        [str(LOCUST), "-f", str(users), "--headless", "--only-summary", "-H", bench.url, "-u", str(people),
         "-r", "10", "-t", f"{seconds}s", "--csv", str(folder / "load"), "--exit-code-on-error", "0"],
        env=os.environ | {"LOAD_TOKENS": tokens(people)},
        stdout=subprocess.DEVNULL,
        check=True,
    )  # fmt: skip
    with open(folder / "load_stats.csv") as file:
        return list(csv.DictReader(file))


def slowest(rows: list[dict[str, str]], kind: str) -> float:
    """The largest 95th percentile of the requests whose name begins with `kind`, in milliseconds."""
    return max((float(row["95%"]) for row in rows if row["Name"].startswith(kind)), default=0.0)


def measure(bench: Workbench, people: int, seconds: int, folder: Path) -> dict[str, object]:
    """The figures of so many people."""
    (pid,) = bench.pids("web.cli.serve")
    web = psutil.Process(pid)
    before = web.memory_full_info().uss
    rows = load(bench, people, seconds, folder)
    total = next(row for row in rows if row["Name"] == "Aggregated")
    after = web.memory_full_info().uss
    return {
        f"{people} people: requests": int(total["Request Count"]),
        f"{people} people: errors": int(total["Failure Count"]),
        f"{people} people: slowest page, p95 (ms)": slowest(rows, "page"),
        f"{people} people: answer, p95 (ms)": slowest(rows, "answer"),
        f"{people} people: crop, p95 (ms)": slowest(rows, "picture"),
        f"{people} people: memory (MB)": after / 1e6,
        f"{people} people: memory grew by (%)": 100 * (after / before - 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=int, default=60)
    parser.add_argument("--people", type=int, action="append")
    arguments = parser.parse_args()
    if LOCUST is None:
        print("load: left out. Install locust, and name it in LOCUST.")
        return
    figures: dict[str, object] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bench = stack.enter_context(running_workbench(folder / "data"))
        os.environ["DATA"] = str(bench.data)
        forget_settings()
        add_waiting_faces(PHOTOS, FACES_EACH)
        load(bench, min(USERS), WARM_UP_SECONDS, folder)
        for people in arguments.people or USERS:
            figures |= measure(bench, people, arguments.seconds, folder)
    report("load", "pages p95 150 ms with 20 people, 400 ms with 50, no errors", figures)


if __name__ == "__main__":
    main()
