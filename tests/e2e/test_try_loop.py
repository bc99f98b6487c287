"""Train, try, keep, say what is wrong, retrain, try again: a whole workbench, on a phone and on a desktop."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from db.models import Photo
from db.session import session_scope
from tests.browser import DESKTOP, MARKS, PHONE, page
from tests.labelled import draw_pictures
from tests.pictures import jpeg, portrait
from tests.web_server import add_person_link
from tests.workbench_process import Workbench

pytestmark = [*MARKS, pytest.mark.full_size, pytest.mark.timeout(600)]

ENOUGH = 120_000  # ms, for the networks' first answer


def import_faces(bench: Workbench, folder: Path) -> None:
    for number, picture in enumerate(draw_pictures(60)):
        path = folder / picture.label / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture.content)
    bench.flask("import", str(folder))


def try_photo(browser: Page, bench: Workbench, seed: int, run: int = 1) -> None:
    """Open the page as it is offered beside the run, and try a photo."""
    browser.goto(f"{bench.url}/runs/{run}")
    browser.get_by_role("link", name="Try it").first.click()
    browser.wait_for_url("**/try?run=*")
    photo: Any = {"name": "one.jpg", "mimeType": "image/jpeg", "buffer": jpeg(portrait(seed, masked=False))}
    browser.locator("#drop input").first.set_input_files(photo)
    expect(browser.locator("#faces li")).to_have_count(1, timeout=ENOUGH)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_model_is_tried_and_learns_from_what_it_got_wrong(
    workbench: Workbench, tmp_path: Path, size: dict[str, Any]
) -> None:
    import_faces(workbench, tmp_path / "faces")
    workbench.flask("retrain", "--wait")
    with page(size) as browser:
        browser.goto(add_person_link(workbench, "owner"))
        browser.get_by_role("button").first.click()
        try_photo(browser, workbench, 1)
        with session_scope() as session:
            kept_before = session.scalars(select(Photo.id).where(Photo.tried_run_id.is_not(None))).all()
        assert kept_before == [], "nothing is kept by itself"
        browser.get_by_role("button", name="Keep this one").click()
        expect(browser.locator("#said")).to_contain_text("Kept.")
        try_photo(browser, workbench, 2)
        browser.get_by_role("button", name="is wrong").click()
        browser.get_by_role("dialog").get_by_role("button", name="mask", exact=True).click()
        expect(browser.locator("#said")).to_contain_text("Kept with your answer.")
        workbench.flask("retrain", "--wait")
        try_photo(browser, workbench, 3, run=2)
        expect(browser.locator("#model option").first).to_contain_text("Run")
        expect(browser.locator("#model option")).to_have_count(2)
    with session_scope() as session:
        kept = session.scalars(select(Photo).where(Photo.tried_run_id == 1)).all()
        assert sorted(face.label or "" for photo in kept for face in photo.faces if face.label) == ["mask"]
