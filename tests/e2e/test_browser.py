"""The whole loop in a real browser: on a phone by touch, on a desktop by keyboard."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import DESKTOP, MARKS, PHONE, all_sent, page
from tests.environment import PROVE
from tests.pictures import jpeg, portrait
from tests.workbench_process import Workbench, running_workbench, wait_until

pytestmark = MARKS
PHOTOS = 24


@pytest.fixture(params=["phone", "desktop"] if PROVE else ["phone"])
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path / "data") as made:
        made.sign_in()
        yield made


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Portraits, every second one masked; the name says which."""
    made = []
    for seed in range(PHOTOS):
        path = tmp_path / f"{seed:02}-{'mask' if seed % 2 else 'nomask'}.jpg"
        path.write_bytes(jpeg(portrait(seed, seed % 2 == 1)))
        made.append(path)
    return made


def press(browser: Page, size: str, key: str, button: str) -> None:
    """Answer as this device's user would."""
    if size == "phone":
        browser.get_by_role("button", name=button, exact=True).tap()
    else:
        browser.keyboard.press(key)


def face_shown(browser: Page) -> str | None:
    return browser.locator("#bench").get_attribute("data-face")


def label_what_is_shown(browser: Page, size: str, wears: dict[int, str], count: int) -> None:
    for _ in range(count):
        before = face_shown(browser)
        card = browser.locator("#stage article:not(.next)")
        photo = int(str(card.get_attribute("data-photo")))
        # MTCNN also takes a badge on the suit for a face; only the large box is one.
        if float(str(card.locator("rect").get_attribute("width"))) < 50:
            press(browser, size, "x", "Not a face")
        elif wears[photo] == "mask":
            press(browser, size, "1", "mask")
        else:
            press(browser, size, "2", "nomask")
        wait_until(
            lambda seen=before: face_shown(browser) != seen or browser.locator("#empty").is_visible(),
            10,
            "next",
        )
        if browser.locator("#empty").is_visible():
            return


def test_a_friend_sends_photos_and_the_owner_trains_on_them(
    bench: Workbench, size: str, photos: list[Path]
) -> None:
    friend_link = bench.flask("invite", "--role", "friend").split()[0]
    owner_link = bench.flask("invite", "--role", "owner").split()[0]
    broken = photos[0].with_name("notes.jpg")
    broken.write_text("not a photo at all")
    with page(PHONE) as browser:
        browser.goto(friend_link)
        browser.get_by_label("What should we call you?").fill("Ada")
        browser.get_by_label("My photos may be kept").check()
        browser.get_by_role("button", name="Start").tap()
        # The bad file is refused with words while the others go through; its 400 is no script error.
        browser.locator("#files").set_input_files([photos[0], photos[1]])
        expect(browser.locator("figure[data-status=ready]")).to_have_count(2, timeout=60_000)
        expect(browser.locator("rect.box").first).to_be_visible()
        assert browser.locator("nav a").all_inner_texts() == ["Send", "My photos"]

    with page(PHONE if size == "phone" else DESKTOP, ignore=("400 (Bad Request)",)) as browser:
        browser.goto(owner_link)
        browser.get_by_role("button", name="Sign in").click()
        browser.get_by_role("link", name="Photos", exact=True).click()
        browser.locator("#files").set_input_files([broken, *photos[2:]])
        expect(browser.locator(".sending .bad")).to_contain_text("not a photo", timeout=30_000)
        expect(browser.locator("figure[data-status=ready]")).to_have_count(PHOTOS - 2, timeout=120_000)
        # Uploads run two at a time, so ids need not follow the order of the names.
        wears = dict(photo_labels(bench, photos))

        browser.get_by_role("link", name="Label", exact=True).click()
        browser.wait_for_selector("#bench[data-face]")
        first = face_shown(browser)
        label_what_is_shown(browser, size, wears, 1)
        press(browser, size, "z", "Undo")
        wait_until(lambda: face_shown(browser) == first, 10, "the first face is back")
        label_what_is_shown(browser, size, wears, 18)
        retrain = browser.get_by_role("button", name="Retrain")
        for _ in range(5):  # who is locked is chance, and a badge or two may come before the faces
            wait_until(lambda: all_sent(browser), 20, "all are sent")
            browser.get_by_role("link", name="Runs", exact=True).click()
            if retrain.is_enabled():
                break
            browser.get_by_role("link", name="Label", exact=True).click()
            browser.wait_for_selector("#bench[data-face]")
            label_what_is_shown(browser, size, wears, 3)
        retrain.click()
        expect(browser.locator("#run[data-status=done]")).to_be_visible(timeout=120_000)
        expect(browser.locator(".state")).to_have_text("live")
        expect(browser.locator(".verdict")).to_contain_text("first model")
        expect(browser.locator(".curve polyline").first).to_be_attached()
        # A figure, or how many people are missing for one: who is locked is chance.
        expect(browser.locator("#run")).to_contain_text(re.compile("n = |more (person|people) with"))

        browser.get_by_role("link", name="Review", exact=True).click()
        browser.wait_for_selector("#bench[data-face]")
        expect(browser.locator("#opinion")).to_be_empty()
        press(browser, size, "m", "Show guess")
        expect(browser.locator("#opinion")).to_contain_text("The model guesses")
        label_what_is_shown(browser, size, wears, 2)
        wait_until(lambda: all_sent(browser), 20, "these too")
        width = browser.evaluate("document.documentElement.scrollWidth")
        assert width <= browser.viewport_size["width"], "nothing sticks out sideways"

    stats = bench.call("GET", "/stats")[1]
    assert stats["answers"] >= 20
    assert stats["labels"]["mask"] >= 4
    assert stats["labels"]["nomask"] >= 4
    assert stats["active_run"] == 1


def photo_labels(bench: Workbench, photos: list[Path]) -> Iterator[tuple[int, str]]:
    """(photo id, what is worn in it): the same bytes again answer with the photo's id."""
    for path in photos:
        status, body = bench.call("POST", "/photos", file=path.read_bytes())
        assert status == 200
        yield body["id"], path.stem.partition("-")[2]
