"""Boxes in a real browser: by touch at phone size, by keys alone on a desktop."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from db.models import Face, Photo
from db.session import session_scope
from tests.browser import DESKTOP, MARKS, PHONE, drag, open_bench, page
from tests.web_server import Server, add_person_link, add_waiting_faces
from tests.workbench_process import wait_until

pytestmark = MARKS


def stored() -> dict[int, Face]:
    with session_scope() as session:
        return {face.id: face for face in session.scalars(select(Face))}


def middle(browser: Page, selector: str, index: int = 0) -> tuple[float, float]:
    box = browser.locator(selector).nth(index).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_draw_move_and_resize_by_touch_on_a_phone(server: Server) -> None:
    first, *_ = add_waiting_faces(2, 4)
    with page(PHONE) as browser:
        open_bench(browser, server, add_person_link(server), "/boxes")
        browser.wait_for_selector(".grip")
        cdp: Any = browser.context.new_cdp_session(browser)
        before = stored()[first].box

        x, y = middle(browser, ".grip")
        drag(cdp, [(x, y)], [(x + 30, y + 20)])
        wait_until(lambda: stored()[first].box != before, 10, "it is moved")
        moved = stored()[first].box
        assert moved[2:] == before[2:], "moving keeps its size"
        scale = 480 / min(366, 480)  # photo pixels for one on the screen, about
        assert moved[0] - before[0] == pytest.approx(30 * scale, abs=6)

        handle = browser.locator('.handle[data-corner="se"]')
        size = handle.locator(".reach").bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 44, "a thumb hits it"
        x, y = middle(browser, '.handle[data-corner="se"] .knob')
        drag(cdp, [(x, y)], [(x + 25, y + 25)])
        wait_until(lambda: stored()[first].w > moved[2] + 10, 10, "it is larger")
        assert stored()[first].box[:2] == moved[:2], "the other corner stays"

        board = browser.locator("#board").bounding_box()
        assert board is not None
        x, y = board["x"] + board["width"] * 0.75, board["y"] + board["height"] * 0.35
        drag(cdp, [(x, y)], [(x + 60, y + 70)])
        wait_until(lambda: len(stored()) == 9, 10, "a face is drawn")
        drawn = stored()[9]
        assert (drawn.source, drawn.state) == ("human", "proposed")
        browser.get_by_role("button", name="mask", exact=True).tap()
        wait_until(lambda: stored()[9].label == "mask", 10, "and labelled")

        wide = browser.locator("#board").get_attribute("viewBox")
        x, y = board["x"] + board["width"] / 2, board["y"] + board["height"] / 2
        drag(cdp, [(x - 20, y), (x + 20, y)], [(x - 80, y), (x + 80, y)])
        assert browser.locator("#board").get_attribute("viewBox") != wide, "two fingers zoom"
        assert len(stored()) == 9, "and draw nothing"

        browser.get_by_role("button", name="Not a face", exact=True).tap()
        wait_until(lambda: stored()[9].state == "rejected", 10, "deleted")
        browser.get_by_role("button", name="Undo", exact=True).tap()
        wait_until(lambda: stored()[9].label == "mask", 10, "and back")
        browser.get_by_role("button", name="Mark photo complete").tap()
        expect(browser.locator("#left-question")).to_have_text("4 boxes are left: none of them a face?")
        browser.get_by_role("button", name="Not complete yet").tap()
        browser.get_by_role("button", name="Mark photo complete").tap()
        browser.get_by_role("button", name="None is a face").tap()
        browser.wait_for_url("**/boxes/2")
    with session_scope() as session:
        assert session.get_one(Photo, 1).completed_at is not None


def test_boxes_by_keyboard_alone(server: Server) -> None:
    first, *_ = add_waiting_faces(1, 4)
    with page(DESKTOP) as browser:
        open_bench(browser, server, add_person_link(server), "/boxes")
        browser.wait_for_selector(".grip")
        press = browser.keyboard.press
        before = stored()[first].box
        press("b")
        assert browser.evaluate("document.activeElement.dataset.focus") == "box 0"
        press("ArrowRight")
        press("Shift+ArrowDown")
        wait_until(lambda: stored()[first].box == (before[0] + 1, before[1] + 10, *before[2:]), 10, "nudged")
        press("Tab")
        press("Tab")  # past the first corner
        corner = browser.evaluate("document.activeElement.dataset.corner")
        assert corner == "ne"
        press("Shift+ArrowRight")
        wait_until(lambda: stored()[first].w == before[2] + 10, 10, "resized by its corner")
        press("s")
        wait_until(lambda: abs(stored()[first].w - stored()[first].h) < 0.2, 10, "snapped to a square")
        snapped = stored()[first].box
        press("z")
        wait_until(lambda: stored()[first].w == before[2] + 10, 10, "taken back")
        press("y")
        wait_until(lambda: stored()[first].box == snapped, 10, "and redone")
        press("n")
        press("ArrowLeft")
        press("2")
        wait_until(lambda: len(stored()) == 5 and stored()[5].label == "nomask", 10, "drawn and labelled")
        press("x")
        wait_until(lambda: stored()[5].state == "rejected", 10, "deleted")
        press("c")
        expect(browser.get_by_role("button", name="Not complete yet")).to_be_focused()
        press("Shift+Tab")
        press("Enter")
        expect(browser.get_by_text("Every photo is complete")).to_be_visible()
