"""Every example of a model's page, taken from the page and from the zip file, run on a real run's files."""

import functools
import html
import io
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image
from playwright.sync_api import Route
from sqlalchemy.orm import Session

from db.models import Run
from labeller.detection import detectors
from labeller.photos.box import overlap
from tests import browser
from tests.clients import get_page
from tests.labelled import add_labelled_pictures, draw_pictures, sqlite_only, train_run
from tests.pictures import jpeg, portrait
from tests.web.conftest import Client
from tests.workbench_process import ROOT
from trainer.arrays import Box
from trainer.features import crops, networks
from trainer.models.head import Head

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CODE = re.compile(r'<pre class="code"[^>]* data-file="([^"]+)"[^>]*>(.*?)</pre>', re.DOTALL)
FILES = re.compile(r'second-look-\d+\.([\w.]+)"')
MODULES = re.compile(r'"\./(\w+\.js)"')
CDN = re.compile(r"https://cdn\.jsdelivr\.net/npm/onnxruntime-web@([\d.]+)/(.*)")
RUNTIME = ROOT / "web/node_modules/onnxruntime-web"
TUTORIAL = {"preset": "tutorial", "views": 2, "epochs": 4}
SAME, SAME_IN_BROWSER = 0.002, 0.005
"""Largest difference of a probability to the workbench's. A browser reads the fp16 file, which is off by
up to 0.0021 here; it decodes and cuts the pictures as OpenCV does."""


def photo_of_one(width: int) -> bytes:
    """A photo of one face, which is larger than the classifier's 160 pixels if it is 1600 wide."""
    return jpeg(portrait(3, True, (640, 480)).resize((width, width * 3 // 4), Image.Resampling.BICUBIC))


LARGE, SMALL = photo_of_one(1600), photo_of_one(640)


class Workbench:
    """What the workbench itself says of the photos."""

    def __init__(self, session: Session, run: Run) -> None:
        self._network = networks.network_of(session, run)
        self._head = Head.from_dict(run.head or {})

    def box(self, photo: bytes) -> Box:
        [face] = detectors.load("centerface").detect(crops.decode(photo))
        return face.box

    def probabilities(self, photo: bytes, box: Box) -> dict[str, float]:
        crop = self._network.crop(crops.decode(photo), box)
        [row] = self._head.probabilities(self._network.embedder(crop[None])).tolist()
        return dict(zip(("mask", "nomask"), row, strict=True))


def examples_of_page(page: str) -> dict[str, str]:
    return {name: html.unescape(code) for name, code in CODE.findall(page)}


def downloaded(owner: FlaskClient, run: Run, folder: Path, name: str, code: str) -> Path:
    """A new folder with the example, and what the page says that it needs."""
    folder.mkdir()
    (folder / name).write_text(code)
    for ending in set(FILES.findall(code)):
        answer = owner.get(f"/runs/{run.id}/model.{ending}")
        saved_as = re.search(r'filename="([^"]+)"', answer.headers["Content-Disposition"])
        assert saved_as
        (folder / saved_as[1]).write_bytes(answer.data)
    for module in MODULES.findall(code):
        (folder / module).write_bytes(owner.get(f"/static/try/{module}").data)
    return folder


def unzipped(owner: FlaskClient, run: Run, folder: Path) -> Path:
    """The only folder in the zip file, its checksums checked."""
    content = zipfile.ZipFile(io.BytesIO(owner.get(f"/runs/{run.id}/model.zip").data))
    content.extractall(folder)
    [inner] = folder.iterdir()
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=inner, check=True)
    return inner


def run_python(folder: Path, name: str, photo: bytes, box: Box) -> list[str]:
    """The lines that the example prints."""
    (folder / "photo.jpg").write_bytes(photo)
    arguments = [str(edge) for edge in box] if name.startswith("classify") else []
    done = subprocess.run(
        [sys.executable, name, "photo.jpg", *arguments],
        cwd=folder, stdout=subprocess.PIPE, text=True, check=True, timeout=120,
    )  # fmt: skip
    return done.stdout.splitlines()


def run_in_browser(folder: Path, name: str, photo: bytes, box: Box) -> list[str]:
    """The lines that the page shows; the runtime's files come from where npm installed the same version."""
    (folder / "photo.jpg").write_bytes(photo)
    with served(folder) as url, browser.page(browser.DESKTOP, ignore=("favicon",)) as page:
        page.route(CDN, answer_for_cdn)
        if name.startswith("classify"):
            page.goto(f"{url}/{name}?photo=photo.jpg&box={','.join(map(str, box))}")
        else:
            page.goto(f"{url}/{name}")
            page.locator("input:enabled").set_input_files(folder / "photo.jpg")
        page.wait_for_function("document.querySelector('pre').textContent")
        return page.locator("pre").inner_text().splitlines()


def answer_for_cdn(route: Route) -> None:
    match = CDN.fullmatch(route.request.url)
    assert match is not None
    assert f'"version": "{match[1]}"' in (RUNTIME / "package.json").read_text()
    route.fulfill(path=RUNTIME / match[2], headers={"Access-Control-Allow-Origin": "*"})


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """What `python -m http.server` does."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def check(workbench: Workbench, name: str, lines: list[str], photo: bytes) -> None:
    """Compare what an example printed with what the workbench says of the same box."""
    tolerance = SAME if name.endswith(".py") else SAME_IN_BROWSER
    own_box = workbench.box(photo)
    if name.startswith("classify"):
        printed = {label: float(value) for value, label in (line.split(" ", 1) for line in lines)}
        assert printed == pytest.approx(workbench.probabilities(photo, own_box), abs=tolerance), name
        return
    [line] = lines
    *numbers, label = line.split(" ", 5)
    x, y, w, h, probability = map(float, numbers)
    assert overlap((x, y, w, h), own_box) > 0.5, f"{name} found another face"
    expected = workbench.probabilities(photo, (x, y, w, h))
    assert label == max(expected, key=expected.__getitem__), name
    assert probability == pytest.approx(expected[label], abs=tolerance), name


@sqlite_only
def test_an_example_runs_on_the_files_of_its_page(client: Client, db: Session, tmp_path: Path) -> None:
    add_labelled_pictures(db, draw_pictures(40))
    run, owner = train_run(db), client("owner", "Grace")
    code = examples_of_page(get_page(owner, f"/runs/{run.id}/model"))["classify_onnx.py"]
    folder = downloaded(owner, run, tmp_path / "example", "classify_onnx.py", code)
    workbench = Workbench(db, run)
    lines = run_python(folder, "classify_onnx.py", LARGE, workbench.box(LARGE))
    check(workbench, "classify_onnx.py", lines, LARGE)


@pytest.mark.full_size
@pytest.mark.parametrize("recipe", ["quick", TUTORIAL], ids=["margin", "tight"])
@sqlite_only
def test_every_example_in_python_agrees_with_the_workbench(
    client: Client, db: Session, tmp_path: Path, recipe: str | dict[str, object]
) -> None:
    add_labelled_pictures(db, draw_pictures(60))
    run, owner = train_run(db, recipe), client("owner", "Grace")
    workbench, zipped = Workbench(db, run), unzipped(owner, run, tmp_path / "zip")
    examples = examples_of_page(get_page(owner, f"/runs/{run.id}/model"))
    names = {name for name in examples if name.endswith(".py")}
    assert names == {f"classify_{form}.py" for form in ("onnx", "litert", "keras")} | {"find_faces.py"}
    for name in names:
        folder = downloaded(owner, run, tmp_path / name, name, examples[name])
        check(workbench, name, run_python(folder, name, LARGE, workbench.box(LARGE)), LARGE)
        check(workbench, name, run_python(zipped, name, SMALL, workbench.box(SMALL)), SMALL)


@pytest.mark.full_size
@pytest.mark.parametrize("recipe", ["quick", TUTORIAL], ids=["margin", "tight"])
@sqlite_only
@browser.MARKS[1]
def test_every_example_in_javascript_agrees_with_the_workbench(
    client: Client, db: Session, tmp_path: Path, recipe: str | dict[str, object]
) -> None:
    add_labelled_pictures(db, draw_pictures(60))
    run, owner = train_run(db, recipe), client("owner", "Grace")
    workbench, zipped = Workbench(db, run), unzipped(owner, run, tmp_path / "zip")
    examples = examples_of_page(get_page(owner, f"/runs/{run.id}/model"))
    names = {name for name in examples if not name.endswith(".py")}
    assert names == {"classify.html", "find_faces.html"}
    for name in names:
        folder = downloaded(owner, run, tmp_path / name, name, examples[name])
        check(workbench, name, run_in_browser(folder, name, LARGE, workbench.box(LARGE)), LARGE)
        check(workbench, name, run_in_browser(zipped, name, SMALL, workbench.box(SMALL)), SMALL)
