"""Many photographs in one selection, over a connection that is cut and a tab that is closed.

541 (`PROVE=1`) is the number on which a well-known labelling tool never finished.
"""

import base64
import hashlib
import io
import json
import time
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser import MARKS, PHONE, page
from tests.environment import PROVE
from tests.pictures import jpeg, portrait
from tests.web_server import Server, add_invite
from tests.workbench_process import wait_until

pytestmark = MARKS
PHOTOS = 541 if PROVE else 61
CUTS = (60, 180, 320) if PROVE else (10, 20, 45)
"""The connection is cut when so many have arrived; the tab is closed between the second and the third."""
CLOSED_AT = 250 if PROVE else 30
LOST = ("ERR_INTERNET_DISCONNECTED", "ERR_NETWORK", "ERR_FAILED", "ERR_CONNECTION")
"""What the browser reports on a lost connection, or on a page that is left while it sends."""


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """PHOTOS different files, which we keep as they are."""
    paths = [tmp_path / f"IMG_{seed:04}.jpg" for seed in range(PHOTOS)]
    for seed, path in enumerate(paths):
        path.write_bytes(jpeg(portrait(seed, seed % 2 == 1).resize((240, 180))))
    return paths


@pytest.fixture
def web(server: Server) -> Server:
    server.sign_in()
    return server


def pixels(content: bytes) -> str:
    """A hash of what is seen: the size and every pixel."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    return hashlib.sha256(str(picture.size).encode() + picture.tobytes()).hexdigest()


def arrived(web: Server) -> int:
    return sum(web.call("GET", "/stats")[1]["photos"].values())


def test_many_photos_arrive_whole_through_three_cuts_and_a_closed_tab(
    web: Server, photos: list[Path]
) -> None:
    with page(PHONE, ignore=LOST) as first:
        join(first, add_invite(web))
        first.locator("#files").set_input_files(photos)
        for number in CUTS[:2]:
            cut(first, web, number)
        wait_until(lambda: arrived(web) >= CLOSED_AT, 120, "on to the middle")
        first.close()  # the tab; the browser, and what it keeps, stays
        at_closing = arrived(web)
        time.sleep(1)
        assert arrived(web) <= at_closing + 3, "nobody sends while the tab is closed"

        again = first.context.new_page()
        puts: list[str] = []
        again.on("request", lambda sent: puts.append(sent.url) if sent.method == "PUT" else None)
        again.goto(f"{web.url}/upload")
        cut(again, web, CUTS[2])
        expect(again.locator("#transfer-said")).to_contain_text("All photos arrived.", timeout=240_000)
        assert arrived(web) == PHOTOS, "nothing is doubled"
        assert len(puts) < PHOTOS - at_closing + (40 if PROVE else 10), "what had arrived was not sent again"

        puts.clear()  # a second try of the whole selection sends nothing at all
        so_far = int(again.locator("#transfer-said").inner_text().split()[0])
        again.locator("#files").set_input_files(photos)
        said = f"{so_far + PHOTOS} photos sent."
        expect(again.locator("#transfer-said")).to_contain_text(said, timeout=120_000)
        assert puts == []
        assert arrived(web) == PHOTOS
    assert stored(web) == Counter(pixels(photo.read_bytes()) for photo in photos)


def join(browser: Page, link: str) -> None:
    browser.goto(link)
    browser.get_by_label("What should we call you?").fill("Ada")
    browser.get_by_label("My photos may be kept").check()
    browser.get_by_role("button", name="Start").tap()
    browser.wait_for_selector("#upload[data-ready]")


def cut(browser: Page, web: Server, number: int) -> None:
    """Cut the connection for two seconds once `number` photos are there."""
    wait_until(lambda: arrived(web) >= number, 120, f"{number} have arrived")
    browser.context.set_offline(True)
    expect(browser.locator("#transfer-said")).to_contain_text("resumes by itself", timeout=10_000)
    time.sleep(2)
    at_most = arrived(web)
    time.sleep(0.5)
    assert arrived(web) == at_most, "the connection is cut"
    browser.context.set_offline(False)


def stored(web: Server) -> Counter[str]:
    """Hashes of the pixels of everything that is kept of Ada's, as the owner's export gives it out."""
    import urllib.request

    people = web.call("GET", "/people")[1]["items"]
    ada = next(one for one in people if one["name"] == "Ada")
    request = urllib.request.Request(f"{web.url}/people/{ada['id']}/everything.zip")
    request.add_header("Authorization", f"Bearer {web.token}")
    with urllib.request.urlopen(request, timeout=60) as response:
        archive = zipfile.ZipFile(io.BytesIO(response.read()))
    assert archive.testzip() is None
    assert len(json.loads(archive.read("about.json"))["photos"]) == PHOTOS
    return Counter(pixels(archive.read(name)) for name in archive.namelist() if name != "about.json")


def large_photo(path: Path) -> Path:
    """A photo of 30 MB: noise does not compress."""
    noise = np.random.default_rng(0).integers(0, 255, (3100, 3300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, compress_level=0)
    assert path.stat().st_size > 30_000_000
    return path


def slow_down(browser: Page) -> None:
    """Let 6 MB a second through."""
    slow = browser.context.new_cdp_session(browser)
    slow.send("Network.enable")
    limits = {"offline": False, "latency": 20, "downloadThroughput": -1, "uploadThroughput": 6_000_000}
    slow.send("Network.emulateNetworkConditions", limits)


@pytest.mark.full_size
def test_a_large_photo_goes_on_after_a_pause_and_a_reload(web: Server, tmp_path: Path) -> None:
    large = large_photo(tmp_path / "large.png")
    with page(PHONE, ignore=LOST) as browser:
        join(browser, add_invite(web))
        slow_down(browser)
        puts: list[str] = []
        browser.on("request", lambda sent: puts.append(sent.url) if sent.method == "PUT" else None)
        browser.locator("#files").set_input_files(large)
        share = "document.getElementById('total').value"
        wait_until(lambda: browser.evaluate(share) > 0.3, 60, "a third of it is through")
        browser.get_by_role("button", name="Pause").tap()
        expect(browser.locator("#transfer-said")).to_contain_text("Paused.")
        before = len(puts)
        time.sleep(1)
        assert len(puts) == before, "nothing moves while it is paused"
        assert arrived(web) == 0

        puts.clear()
        browser.goto(f"{web.url}/upload")  # the pause ends with the page; the photo is still there
        expect(browser.locator("#transfer-said")).to_contain_text("All photos arrived.", timeout=120_000)
        assert len(puts) <= 31 - before + 3, "parts that had arrived were not sent again"
        assert arrived(web) == 1


def test_saving_data_pasting_and_what_is_no_photo(web: Server, tmp_path: Path) -> None:
    with page(PHONE, ignore=(*LOST, "status of 400")) as browser:
        join(browser, add_invite(web))
        browser.get_by_label("Save data").check()
        small = tmp_path / "selfie.jpg"
        small.write_bytes(jpeg(portrait(1, True).resize((3200, 2400))))
        browser.locator("#files").set_input_files(small)
        wait_until(lambda: arrived(web) == 1, 30, "the smaller copy is there")
        size = web.call("GET", "/photos")[1]["items"][0]
        assert (size["width"], size["height"]) == (1600, 1200)
        browser.get_by_label("Save data").uncheck()

        paste(browser, jpeg(portrait(2, False)))
        wait_until(lambda: arrived(web) == 2, 30, "what was pasted is there")

        report = tmp_path / "report.pdf"
        report.write_bytes(b"%PDF-1.7\n" + bytes(2000))
        browser.locator("#camera").set_input_files(report)
        said = "This is a PDF, not a photo. Send an ordinary photo"
        expect(browser.locator(".sending .bad")).to_contain_text(said)
        browser.goto(f"{web.url}/upload")
        expect(browser.locator(".sending .bad")).to_contain_text(said)  # until it has been read
        browser.get_by_role("button", name="Dismiss report.pdf").tap()
        browser.goto(f"{web.url}/upload")
        browser.wait_for_selector("#upload[data-ready]")
        expect(browser.locator(".sending .bad")).to_have_count(0)


def paste(browser: Page, content: bytes) -> None:
    script = """async (data) => {
      const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
      const clipboard = new DataTransfer();
      clipboard.items.add(new File([bytes], "pasted.jpg", { type: "image/jpeg" }));
      dispatchEvent(new ClipboardEvent("paste", { clipboardData: clipboard }));
    }"""
    browser.evaluate(script, base64.b64encode(content).decode())
