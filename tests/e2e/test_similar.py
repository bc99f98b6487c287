"""Similar faces in a whole workbench: by the API with its worker, and in the browser."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from db import predictions
from db.models import Embedding, Face, Photo
from db.session import session_scope
from db.storage import blobs
from tests.browser import DESKTOP, MARKS, PHONE, page
from tests.light_run import add_light_run
from tests.pictures import jpeg, portrait
from tests.web_server import add_person_link
from tests.workbench_process import Workbench, wait_until
from trainer.features import backbone, networks
from trainer.features.feature_store import undistorted_features

pytestmark = MARKS

SEEDS = range(1, 9)


def picture(seed: int) -> bytes:
    return jpeg(portrait(seed, seed % 2 == 1, (400, 400)))


def fill(bench: Workbench) -> list[int]:
    """Photos with a face each, found by the detector, and their real features; ids of the faces."""
    for seed in SEEDS:
        assert bench.call("POST", "/photos", file=picture(seed))[0] == 201
    wait_until(bench.photos_done, 120, "all photos are looked at")
    with session_scope() as session:
        run = add_light_run(session, features=backbone.litert())
        run.backbone = backbone.backbone_id()
        session.commit()
        ids = list(session.scalars(select(Face.id).order_by(Face.id)))
        undistorted_features(session, networks.shared(), ids)
        session.commit()
    return ids


def brute_force(face: int) -> list[int]:
    with session_scope() as session:
        shown = select(Embedding).join(Face).join(Photo).where(Photo.status == "ready")
        known = {
            one.face_id: np.frombuffer(one.vector, "<f2").astype(float) for one in session.scalars(shown)
        }
    asked = known.pop(face)
    cosine = {id: row @ asked / np.linalg.norm(row) / np.linalg.norm(asked) for id, row in known.items()}
    return sorted(cosine, key=lambda id: -cosine[id])


def similar(bench: Workbench, face: int) -> list[int]:
    status, found = bench.call("GET", f"/faces/{face}/similar?limit=20")
    assert status == 200, found
    return [one["face_id"] for one in found["items"]]


@pytest.mark.full_size
def test_the_worker_finds_what_brute_force_finds_and_follows_a_deletion(workbench: Workbench) -> None:
    first, *others = fill(workbench)
    assert similar(workbench, first) == brute_force(first)
    assert len(others) >= len(SEEDS) - 1
    gone = similar(workbench, first)[0]
    with session_scope() as session:
        photo = session.get_one(Face, gone).photo_id
    assert workbench.call("DELETE", f"/photos/{photo}")[0] == 204
    assert gone not in similar(workbench, first)
    _finds_a_known_picture_by_a_photo(workbench)
    _shows_similar_faces_and_sends_them_to_review(workbench)


def _finds_a_known_picture_by_a_photo(bench: Workbench) -> None:
    with session_scope() as session:
        kept = session.scalar(select(Photo.id).where(Photo.status == "ready").order_by(Photo.id).limit(1))
    status, found = bench.call("POST", "/similar?limit=3", file=picture(1))
    assert status == 200, found
    nearest = found["faces"][0]["items"][0]
    assert nearest["photo_id"] == kept
    assert nearest["similarity"] > 0.99
    assert blobs().list_named(predictions.FOLDER) == {}


def _shows_similar_faces_and_sends_them_to_review(bench: Workbench) -> None:
    link = add_person_link(bench, "owner", "Grace")
    for device in (DESKTOP, PHONE):
        with page(device) as browser:
            browser.goto(link)
            browser.get_by_role("button").first.click()
            browser.goto(f"{bench.url}/gallery")
            browser.get_by_role("link", name="More like this").first.click()
            dialog = browser.locator("#similar-dialog")
            expect(dialog.locator(".similar li")).to_have_count(len(SEEDS) - 2)
            expect(dialog.locator(".similar li a").first).to_have_text(re.compile(r"^0\.\d\d · to label$"))
            expect(dialog.get_by_role("button", name="Send to review")).to_be_disabled()
            dialog.locator(".similar input").first.check()
            dialog.get_by_role("button", name="Send 1 to review").click()
            expect(dialog.get_by_role("status")).to_contain_text("1 face goes to review.")
            dialog.get_by_role("button", name="Undo").click()
            expect(dialog.get_by_role("status")).to_contain_text("1 face removed from review.")
            browser.keyboard.press("Escape")
            expect(dialog).to_be_hidden()
            _on_the_bench_by_a_key(browser, bench)
            _by_a_photo(browser, bench)


def _on_the_bench_by_a_key(browser: Page, bench: Workbench) -> None:
    browser.goto(f"{bench.url}/label")
    browser.wait_for_selector("#bench:not(.idle)")
    browser.keyboard.press("l")
    expect(browser.locator("#similar-dialog .similar li")).to_have_count(len(SEEDS) - 2)
    browser.keyboard.press("1")
    browser.keyboard.press("Escape")
    expect(browser.locator("#strip li")).to_have_count(0)  # no answer was given behind the dialog


def _by_a_photo(browser: Page, bench: Workbench) -> None:
    browser.goto(f"{bench.url}/similar")
    file = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture(2)}
    browser.set_input_files("#file", [file])
    expect(browser.locator("#status")).to_have_text("1 face in this photo.")
    expect(browser.locator("#results .similar li a").first).to_have_text(re.compile(r"^(1\.00|0\.99) · "))
    expect(browser.locator("#results canvas")).to_be_visible()
