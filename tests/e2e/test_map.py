"""The map in a real browser: drawn, zoomed, a region caught by mouse, finger or keys, and sent to review."""

from typing import Any

import numpy as np
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from db.models import Face, Group, Pick, Spot
from db.session import session_scope
from tests.browser import DESKTOP, MARKS, PHONE, drag, open_bench, page, tab_to
from tests.web_server import Server, add_confident_run, add_person_link, add_waiting_faces
from tests.workbench_process import wait_until

pytestmark = MARKS


def two_clouds() -> list[int]:
    """A live model and 48 faces: those of odd places to the right; one of the left ones is locked."""
    ids = add_waiting_faces(12, 4)
    chance = np.random.default_rng(0)
    with session_scope() as session:
        add_confident_run(session, ids)
        session.execute(update(Group).values(split="train"))
        locked = select(Face.photo_id).where(Face.id == ids[0]).scalar_subquery()
        session.execute(
            update(Face).where(Face.photo_id == locked, Face.id != ids[0]).values(state="rejected")
        )
        group = Group(split="locked")
        session.add(group)
        session.flush()
        session.get_one(Face, ids[0]).photo.group_id = group.id
        for place, id in enumerate(ids):
            x, y = chance.normal(size=2)
            session.add(Spot(face_id=id, x=float(x + 30 * (place % 2)), y=float(y)))
        session.commit()
    return [ids[0], *ids[4:]]


def picked() -> list[int]:
    with session_scope() as session:
        return list(session.scalars(select(Pick.face_id).order_by(Pick.rank)))


def open_map(browser: Page, server: Server, url: str) -> dict[str, float]:
    """The canvas' box, once the map is drawn."""
    open_bench(browser, server, url, "/map")
    browser.wait_for_selector("#map[data-ready='45']")
    browser.wait_for_timeout(100)
    box: Any = browser.locator("#sky").bounding_box()
    return dict(box)


def colours(browser: Page) -> int:
    """How many different colours the canvas shows."""
    count: int = browser.evaluate("""() => {
      const sky = document.getElementById("sky");
      const { data } = sky.getContext("2d").getImageData(0, 0, sky.width, sky.height);
      return new Set(new Uint32Array(data.buffer)).size;
    }""")
    return count


def test_lasso_by_mouse_send_and_take_back(server: Server) -> None:
    ids = two_clouds()
    with page(DESKTOP, device_scale_factor=2) as browser:
        box = open_map(browser, server, add_person_link(server))
        assert browser.evaluate("document.getElementById('sky').width") == round(box["width"] * 2), "sharp"
        assert colours(browser) > 3
        browser.select_option("#by", "uncertainty")
        expect(browser.locator("#legend")).to_contain_text("fairly sure 45")
        expect(browser.locator("#by option")).to_have_count(3)

        x, y = box["x"], box["y"]
        middle, bottom = x + box["width"] / 2, y + box["height"]
        browser.keyboard.down("Shift")
        browser.mouse.move(x + 5, y + 5)
        browser.mouse.down()
        for corner in ((middle, y + 5), (middle, bottom - 5), (x + 5, bottom - 5)):
            browser.mouse.move(*corner, steps=4)
        browser.mouse.up()
        browser.keyboard.up("Shift")
        expect(browser.locator("#count")).to_have_text("23 faces")
        expect(browser.locator("#left-out")).to_contain_text("1 stays out")
        expect(browser.locator("#thumbs img")).to_have_count(23)
        browser.get_by_role("button", name="Send 22 to review").click()
        expect(browser.locator("#sent")).to_contain_text("22 faces go to review.")
        assert set(picked()) == {id for place, id in enumerate(ids[1:], start=4) if place % 2 == 0}
        browser.get_by_role("button", name="Undo").click()
        expect(browser.locator("#sent")).to_contain_text("22 faces removed from review.")
        assert picked() == []


def test_pinch_tap_and_lasso_by_finger_on_a_phone(server: Server) -> None:
    two_clouds()
    with page(PHONE) as browser:
        box = open_map(browser, server, add_person_link(server))
        assert browser.evaluate("document.documentElement.scrollWidth") == 390
        cdp: Any = browser.context.new_cdp_session(browser)
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        browser.get_by_role("button", name="Lasso").tap()
        corners = [(box["x"] + 8, box["y"] + 8), (x, box["y"] + 8), (x, y + box["height"] / 2 - 8)]
        corners.append((box["x"] + 8, corners[-1][1]))
        cdp.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point(*corners[0])]})
        for corner in corners[1:]:
            cdp.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point(*corner)]})
        cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        expect(browser.locator("#count")).to_have_text("23 faces")
        browser.get_by_role("button", name="Clear selection").tap()
        browser.get_by_role("button", name="Lasso").tap()
        browser.evaluate("scrollTo(0, 0)")

        right = box["x"] + box["width"] - 60
        drag(cdp, [(right - 20, y), (right + 20, y)], [(right - 160, y), (right + 40, y)])
        browser.get_by_role("button", name="Select visible").tap()
        seen = int(browser.locator("#count").inner_text().split()[0])
        assert 0 < seen < 23, "two fingers zoomed in on the right cloud"


def point(x: float, y: float) -> dict[str, float]:
    return {"x": x, "y": y, "id": 0}


def test_by_keys_alone_without_a_lasso(server: Server) -> None:
    ids = two_clouds()
    with page(DESKTOP) as browser:
        open_map(browser, server, add_person_link(server))
        tab_to(browser, "#sky")
        for key in ("+", "+", "ArrowRight", "-", "0"):
            browser.keyboard.press(key)
        tab_to(browser, "#view")
        browser.keyboard.press("Enter")
        expect(browser.locator("#count")).to_have_text("45 faces")
        expect(browser.locator("#more")).to_have_text("and 21 more")
        tab_to(browser, "#send")
        browser.keyboard.press("Enter")
        wait_until(lambda: len(picked()) == 44, 10, "they are sent")
        assert set(picked()) == set(ids[1:])


def test_a_map_that_is_missing_is_waited_for(server: Server) -> None:
    ids = add_waiting_faces(3, 4)
    with page(DESKTOP) as browser:
        open_bench(browser, server, add_person_link(server), "/map")
        expect(browser.locator("#status")).to_have_text("The map is being drawn…")
        with session_scope() as session:  # as the worker would
            session.add_all([Spot(face_id=id, x=float(id), y=0.0) for id in ids])
            session.commit()
        browser.wait_for_selector("#map[data-ready='12']")
        expect(browser.locator("#status")).to_be_empty()
        expect(browser.locator("#peek")).to_be_hidden()
        browser.mouse.move(*middle_of(browser, 24))
        expect(browser.locator("#peek")).to_contain_text("to label")
        assert browser.locator("#peek img").evaluate("image => image.decode().then(() => image.naturalWidth)")
        browser.get_by_role("button", name="Zoom in").click()
        expect(browser.locator("#peek")).to_be_hidden()


def middle_of(browser: Page, x: float) -> tuple[float, float]:
    """So far from the left edge of the canvas, half-way down."""
    box = browser.locator("#sky").bounding_box()
    assert box is not None
    return box["x"] + x, box["y"] + box["height"] / 2
