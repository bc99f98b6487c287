"""While the server is busy the browser keeps what a person did, says so, and sends it once."""

import json
import sqlite3
from pathlib import Path

from playwright.sync_api import Route, expect

from tests.browser import DESKTOP, MARKS, PHONE, face_on_bench, open_bench, page
from tests.pictures import jpeg, portrait
from tests.web_server import Server, add_invite, add_person_link, add_waiting_faces, read_decisions
from tests.workbench_process import wait_until

pytestmark = MARKS
BUSY = {"error": {"code": "busy", "message": "The workbench is busy.", "hint": "Nothing was lost."}}
REFUSALS = ("status of 408", "status of 429", "status of 503")
"""What the browser reports in its console of each refused request."""


class Busy:
    """Refuses the first requests, each kind of refusal in turn; each tells when to come back."""

    def __init__(self) -> None:
        self.left = [503, 429, 408]

    def answer(self, route: Route) -> None:
        if not self.left:
            route.continue_()
            return
        status, headers = self.left.pop(0), {"Retry-After": "1"}
        route.fulfill(status=status, headers=headers, content_type="application/json", body=json.dumps(BUSY))


def test_answers_wait_for_a_busy_server_and_arrive_once(server: Server) -> None:
    faces = add_waiting_faces(1, 4)
    link = add_person_link(server)
    with page(DESKTOP, ignore=REFUSALS) as browser:
        open_bench(browser, server, link)
        browser.wait_for_selector("#bench:not(.idle)")
        busy = Busy()
        browser.route("**/api/v1/answers/many", busy.answer)
        for _ in range(3):
            face = face_on_bench(browser)
            browser.keyboard.press("1")
            wait_until(lambda before=face: face_on_bench(browser) != before, 10, "the next face")
        expect(browser.locator("#outbox")).to_contain_text("The workbench is busy.")
        expect(browser.locator("#outbox")).to_contain_text("will be sent")
        expect(browser.locator("#outbox")).to_have_text("", timeout=20_000)
        assert not busy.left
        assert len(read_decisions()) == 3
        expect(browser.locator("#trouble")).to_be_hidden()
    assert set(read_decisions()) < set(faces)


def test_answers_wait_for_a_locked_database(server: Server, tmp_path: Path) -> None:
    add_waiting_faces(1, 4)
    link = add_person_link(server)
    with page(DESKTOP, ignore=REFUSALS) as browser:
        open_bench(browser, server, link)
        browser.wait_for_selector("#bench:not(.idle)")
        holder = sqlite3.connect(tmp_path / "secondlook.db")
        holder.execute("BEGIN IMMEDIATE")
        browser.keyboard.press("1")
        expect(browser.locator("#outbox")).to_contain_text("database does not answer", timeout=15_000)
        holder.close()
        wait_until(lambda: len(read_decisions()) == 1, 20, "the answer arrives")


def test_photos_wait_for_a_busy_server_and_arrive_once(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg(portrait(1, True)))
    server.sign_in()
    with page(PHONE, ignore=REFUSALS) as browser:
        browser.goto(add_invite(server))
        browser.get_by_label("What should we call you?").fill("Ada")
        browser.get_by_label("My photos may be kept").check()
        browser.get_by_role("button", name="Start").tap()
        browser.wait_for_selector("#upload[data-ready]")
        busy = Busy()
        browser.route("**/api/v1/uploads/**", busy.answer)
        browser.locator("#files").set_input_files(path)
        expect(browser.locator("#transfer-said")).to_contain_text("The workbench is busy.")
        expect(browser.locator("#transfer-said")).to_contain_text("All photos arrived.", timeout=20_000)
        assert not busy.left
    assert sum(server.call("GET", "/stats")[1]["photos"].values()) == 1
