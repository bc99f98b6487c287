"""The page Try it: a model on a photo and on the camera, in the browser."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from db.models import Face, Photo, Run
from db.session import session_scope
from db.wheel_files import YUNET, find_wheel_file
from labeller.photos.box import overlap
from tests.browser import DESKTOP, MARKS, PHONE, browser_with_camera, page
from tests.browser_runs import add_browser_run, small_classifier, write_film
from tests.pictures import portrait
from tests.web_server import Server, add_person_link
from tests.workbench_process import wait_until
from trainer.features.crops import crop

pytestmark = MARKS

FACES = "document.addEventListener('looked', ({detail}) => (window.looked ??= []).push(detail))"


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    film = write_film(tmp_path_factory.mktemp("film") / "one.mjpeg", 1)
    with browser_with_camera(film) as browser:
        yield browser


@pytest.fixture
def runs(server: Server) -> list[int]:
    with session_scope() as session:
        return [add_browser_run(session, seed).id for seed in (1, 2)]


def open_try(browser: Page, server: Server, role: str = "owner") -> None:
    browser.goto(add_person_link(server, role))
    browser.get_by_role("button").first.click()
    browser.add_init_script(FACES)
    browser.goto(f"{server.url}/try")


def start_camera(browser: Page) -> None:
    browser.get_by_role("tab", name="Camera").click()
    browser.get_by_role("button", name="Start camera").click()
    expect(browser.locator("#faces li")).to_have_count(1, timeout=60_000)


def wait_for(browser: Page, expression: str) -> None:
    """Wait until it is true; Playwright's own way needs `unsafe-eval`."""
    wait_until(lambda: browser.evaluate(expression), 30, expression, every=0.05)


def track_state(browser: Page) -> str:
    return str(browser.evaluate("window.track?.readyState ?? 'none'"))


def remember_track(browser: Page) -> None:
    browser.evaluate("window.track = document.querySelector('#first video').srcObject.getVideoTracks()[0]")


@pytest.mark.parametrize(
    "size",
    [pytest.param(DESKTOP, marks=pytest.mark.full_size, id="desktop"), pytest.param(PHONE, id="phone")],
)
def test_the_camera_finds_and_keeps_a_face_without_a_request(
    server: Server, runs: list[int], camera: Browser, size: dict[str, Any]
) -> None:
    with page(size, browser=camera, permissions=["camera"]) as browser:
        open_try(browser, server)
        start_camera(browser)
        requests: list[str] = []
        browser.on("request", lambda request: requests.append(request.url))
        wait_for(browser, "window.looked.length > 20")
        assert requests == []
        assert browser.locator("#faces b").last.inner_text().endswith("%")
        remember_track(browser)
        browser.get_by_role("button", name="Keep this one").click()
        expect(browser.locator("#said")).to_contain_text("Kept.")
        browser.get_by_role("button", name="Stop camera").click()
        expect(browser.locator("#stage")).to_be_hidden()
        assert track_state(browser) == "ended"
    with session_scope() as session:
        assert session.scalars(select(Photo.tried_run_id)).all() == [runs[1]]


def test_a_wrong_answer_is_kept_with_the_right_one(server: Server, runs: list[int], camera: Browser) -> None:
    with page(DESKTOP, browser=camera, permissions=["camera"]) as browser:
        open_try(browser, server)
        start_camera(browser)
        browser.get_by_role("button", name="is wrong").click()
        browser.get_by_role("dialog").get_by_role("button", name="nomask").click()
        expect(browser.locator("#said")).to_contain_text("Kept with your answer.")
    with session_scope() as session:
        assert [(face.label, face.state) for face in session.scalars(select(Face))] == [
            ("nomask", "confirmed")
        ]


@pytest.mark.full_size
def test_two_models_look_at_the_same_frames(server: Server, runs: list[int], camera: Browser) -> None:
    with page(DESKTOP, browser=camera, permissions=["camera"]) as browser:
        open_try(browser, server)
        start_camera(browser)
        browser.get_by_label("beside").select_option(str(runs[0]))
        wait_for(browser, "window.looked.at(-1).look.faces[0]?.probabilities.length === 2")
        expect(browser.locator("figure.view:visible figcaption")).to_have_text(
            [f"Run {runs[1]}, live", f"Run {runs[0]}"]
        )
        expect(browser.locator("#faces .guesses > span")).to_have_count(2)


@pytest.mark.full_size
def test_recording_gives_a_film(server: Server, runs: list[int], camera: Browser, tmp_path: Path) -> None:
    with page(DESKTOP, browser=camera, permissions=["camera"], accept_downloads=True) as browser:
        open_try(browser, server)
        start_camera(browser)
        browser.keyboard.press("r")
        expect(browser.get_by_role("button", name="Stop recording")).to_be_visible()
        seen = browser.evaluate("window.looked.length")
        wait_for(browser, f"window.looked.length > {seen + 20}")
        with browser.expect_download() as download:
            browser.keyboard.press("r")
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
    film = cv2.VideoCapture(str(path))
    is_read, frame = film.read()
    assert is_read
    assert frame.shape == (480, 640, 3)


@pytest.mark.full_size
def test_what_is_wrong_with_the_camera_is_said(server: Server, runs: list[int], camera: Browser) -> None:
    with page(DESKTOP, browser=camera) as browser:  # without the permission
        open_try(browser, server)
        browser.get_by_role("tab", name="Camera").click()
        browser.get_by_role("button", name="Start camera").click()
        expect(browser.locator("#said")).to_contain_text("not allowed", timeout=60_000)
    with page(DESKTOP, permissions=["camera"]) as browser:  # without a camera
        open_try(browser, server)
        browser.get_by_role("tab", name="Camera").click()
        browser.get_by_role("button", name="Start camera").click()
        expect(browser.locator("#said")).to_contain_text("no camera", timeout=60_000)
    with page(DESKTOP, browser=camera, permissions=["camera"]) as browser:
        open_try(browser, server)
        start_camera(browser)
        remember_track(browser)
        browser.evaluate("track.stop(); track.dispatchEvent(new Event('ended'))")  # as when it is unplugged
        expect(browser.locator("#said")).to_contain_text("unplugged")
        expect(browser.get_by_role("button", name="Start camera")).to_be_visible()


def test_the_second_visit_fetches_no_model_and_works_offline(
    server: Server, runs: list[int], camera: Browser
) -> None:
    with page(DESKTOP, browser=camera, permissions=["camera"], ignore=("ERR_INTERNET",)) as browser:
        open_try(browser, server)
        start_camera(browser)
        wanted = "JSON.parse(document.getElementById('page').text).kept_offline.length"
        kept = f"caches.open('try').then((cache) => cache.keys()).then((keys) => keys.length > {wanted})"
        wait_for(browser, kept)
        fetched: list[str] = []
        browser.on("request", lambda request: fetched.append(request.url))
        browser.reload()
        start_camera(browser)
        assert [url for url in fetched if "/try/files/" in url or ".wasm" in url] == []
        browser.context.set_offline(True)
        browser.reload()
        start_camera(browser)


@pytest.mark.full_size
def test_faces_and_probabilities_are_those_of_opencv(server: Server, runs: list[int]) -> None:
    """A photo that stays in this browser: enlarged and shrunk faces, from a PNG, so of the same pixels."""
    with session_scope() as session:
        assert session.get_one(Run, runs[1]).seed == 2
    for width in (150, 400, 1000):
        picture = portrait(3, masked=True).resize((width, width * 3 // 4))
        with page(DESKTOP) as browser:
            open_try(browser, server)
            browser.get_by_role("tab", name="Camera").click()
            file = io.BytesIO()
            picture.save(file, "PNG")
            png: Any = {"name": "photo.png", "mimeType": "image/png", "buffer": file.getvalue()}
            browser.locator("#no-camera input").set_input_files(png)
            expect(browser.locator("#faces li")).to_have_count(1, timeout=60_000)
            face = browser.evaluate("window.looked.at(-1).look.faces[0]")
        box, probabilities = expected(np.asarray(picture))
        assert overlap(tuple(face["box"]), box) > 0.99
        assert face["probabilities"][0][1] == pytest.approx(probabilities, abs=0.01)


def expected(picture: np.ndarray[Any, Any]) -> tuple[tuple[float, float, float, float], list[float]]:
    """The face that OpenCV's YuNet finds in RGB pixels, and the second run's probabilities for it."""
    import onnxruntime

    height, width = picture.shape[:2]
    path = find_wheel_file(*YUNET[:2])
    detector = cv2.FaceDetectorYN.create(str(path), "", (width, height), 0.6)
    _, found = detector.detect(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    x, y, w, h = map(float, found[0][:4])
    session = onnxruntime.InferenceSession(small_classifier(2))
    image = crop(picture, (x, y, w, h)).astype(np.float32)[None] / 127.5 - 1
    return (x, y, w, h), session.run(None, {"image": image})[0][0].tolist()


def test_friends_see_the_page_only_where_the_owner_allows_it(server: Server, runs: list[int]) -> None:
    with page(PHONE, ignore=("403",)) as browser:
        open_try(browser, server, "friend")
        expect(browser.get_by_text("Friends may not try the model here.")).to_be_visible()
        with page(DESKTOP) as owner:
            open_try(owner, server)
            owner.get_by_role("button", name="Let friends try it").click()
            expect(owner.get_by_text("Friends may try the model, too.")).to_be_visible()
        browser.goto(f"{server.url}/upload")
        browser.get_by_role("link", name="Try it").click()
        expect(browser.get_by_role("tab", name="Photo")).to_be_visible()
        expect(browser.get_by_text("Wrong?")).to_have_count(0)
