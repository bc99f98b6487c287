"""A workbench that a proxy serves under a prefix: pages, scripts, pictures and calls find one another."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from db.models import Photo, Pick
from db.session import session_scope
from tests.browser import DESKTOP, MARKS, face_on_bench, page
from tests.e2e.test_map import two_clouds
from tests.pictures import jpeg, portrait
from tests.proxy import serving_below
from tests.web_server import Server, add_person_link, read_decisions, running_server
from tests.workbench_process import wait_until

pytestmark = MARKS


@pytest.fixture
def server(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """One that believes its proxy."""
    monkeypatch.setenv("TRUSTED_PROXIES", "127.0.0.1")
    shutil.copy(migrated_sqlite, tmp_path)
    with running_server(tmp_path) as server:
        yield server


def count(model: type) -> int:
    with session_scope() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_labelling_sending_and_the_map_work_below_a_prefix(server: Server, tmp_path: Path) -> None:
    two_clouds()
    path = add_person_link(server, "owner", "Grace").removeprefix(server.url)
    photo = tmp_path / "a.jpg"
    photo.write_bytes(jpeg(portrait(99, True)))
    with serving_below("/look", server) as url, page(DESKTOP) as browser:
        missing: list[str] = []
        browser.on("response", lambda one: missing.append(one.url) if one.status == 404 else None)
        browser.goto(f"{url}{path}")
        browser.get_by_role("button").first.click()
        browser.goto(f"{url}/label")
        browser.wait_for_selector("#bench:not(.idle)")
        face = face_on_bench(browser)
        browser.keyboard.press("1")
        wait_until(lambda: face in read_decisions(), 10, "the answer has arrived")
        crop = browser.locator("#bench .crop").first
        assert crop.evaluate("image => image.decode().then(() => image.naturalWidth)")

        before = count(Photo)
        browser.goto(f"{url}/upload")
        browser.locator("#files").set_input_files(photo)
        wait_until(lambda: count(Photo) == before + 1, 20, "the photo has arrived")

        browser.goto(f"{url}/map")
        browser.wait_for_selector("#map[data-ready='45']")
        browser.get_by_role("button", name="Select visible").click()
        expect(browser.locator("#thumbs img").first).to_have_attribute("src", re.compile("^/look/faces/"))
        browser.locator("#send").click()
        wait_until(lambda: count(Pick) == 44, 10, "they are sent")
        browser.get_by_role("button", name="Undo").click()
        wait_until(lambda: count(Pick) == 0, 10, "they are taken back")
        assert not missing
