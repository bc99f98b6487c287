"""The page of the API's documentation sends calls, under the content security policy of every page."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import DESKTOP, MARKS, PHONE, page
from tests.pictures import jpeg, portrait
from tests.web_server import Server, add_person_link, add_waiting_faces, running_server

pytestmark = MARKS


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("docs")) as made:
        add_waiting_faces(2, 2)
        made.sign_in()
        yield made


def open_call(browser: Page, name: str) -> Locator:
    """The call's form, opened."""
    call = browser.locator(f"#{name}")
    call.locator("summary").first.click()
    return call.locator("form")


def send(form: Locator) -> str:
    form.get_by_role("button", name="Send").click()
    expect(form.locator("output")).to_contain_text("→", timeout=30_000)
    return form.locator("output").inner_text()


def body(form: Locator) -> object:
    return json.loads(form.locator("output pre").inner_text())


def test_with_a_pasted_token(server: Server) -> None:
    with page(DESKTOP, ignore=("status of 401", "status of 404")) as browser:
        browser.goto(f"{server.url}/api/v1/docs")
        assert "→ 401" in send(open_call(browser, "stats"))
        browser.locator("#token").fill(server.token)
        form = browser.locator("#stats form")
        assert "→ 200" in send(form)
        assert "ETag: W/" in form.locator("output").inner_text()
        faces = open_call(browser, "list_faces")
        faces.locator('[name="limit"]').fill("3")
        send(faces)
        answer = body(faces)
        assert isinstance(answer, dict)
        assert (len(answer["items"]), answer["next"]) == (3, 3)
        photo = open_call(browser, "get_photo")
        photo.locator('[name="photo_id"]').fill("99")
        assert "→ 404" in send(photo)


def test_as_who_is_signed_in_with_a_file_and_json(server: Server, tmp_path: Path) -> None:
    picture = tmp_path / "one.jpg"
    picture.write_bytes(jpeg(portrait(9, True)))
    with page(PHONE) as browser:
        browser.goto(add_person_link(server))
        browser.locator("main form button").first.click()
        browser.goto(f"{server.url}/api/v1/docs#send_photo")
        form = browser.locator("#send_photo form")
        expect(form).to_be_visible()
        form.locator('input[type="file"]').set_input_files(picture)
        assert "→ 201" in send(form)
        leases = open_call(browser, "renew_leases")
        leases.locator("textarea").fill('{"keep": [1], "drop": []}')
        assert "→ 200" in send(leases)
        browser.locator("#find").fill("leases")
        assert browser.locator(".call:visible").count() == 1
        width = browser.evaluate("document.documentElement.scrollWidth")
        assert width <= browser.evaluate("innerWidth"), "nothing is wider than the phone"
