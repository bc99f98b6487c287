"""Chromium, driven by Playwright, at phone and desktop size."""

import atexit
import functools
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.web_server import Server

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}


def chromium() -> str | None:
    """The path of the installed browser, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


MARKS = [
    pytest.mark.slow,
    # .ci/run sets REQUIRE_BROWSER: there a missing browser is a failure, not a skip.
    pytest.mark.skipif(
        chromium() is None and not os.environ.get("REQUIRE_BROWSER"),
        reason="No Chromium: the browser tests are left out. To run them: apt-get install chromium",
    ),
]


@functools.cache
def _playwright() -> Playwright:
    playwright = sync_playwright().start()
    atexit.register(playwright.stop)
    return playwright


def _launch(*flags: str) -> Browser:
    return _playwright().chromium.launch(executable_path=chromium(), args=[*FLAGS, *flags])


@functools.cache
def _browser() -> Browser:
    """One browser for all tests of this process: starting it takes longer than many of them."""
    return _launch()


@contextmanager
def browser_with_camera(film: Path) -> Iterator[Browser]:
    """A browser whose camera shows a film (MJPEG) over and over."""
    browser = _launch("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}")
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def page(
    size: dict[str, Any], ignore: tuple[str, ...] = (), browser: Browser | None = None, **options: Any
) -> Iterator[Page]:
    """A page in a new profile. Fails on script errors and CSP violations whose text has none of `ignore`."""
    problems: list[str] = []

    def note(text: str) -> None:
        if not any(ignored in text for ignored in ignore):
            problems.append(text)

    context = (browser or _browser()).new_context(**size, **options)
    try:
        new_page = context.new_page()
        new_page.on("pageerror", lambda error: note(str(error)))
        new_page.on("console", lambda message: note(message.text) if message.type == "error" else None)
        yield new_page
    finally:
        context.close()
    assert not problems, problems


def all_sent(browser: Page) -> bool:
    """Whether no answer waits in IndexedDB to be sent."""
    count: int = browser.evaluate("""async () => {
      const [{name}] = (await indexedDB.databases()).filter((one) => one.name.startsWith("answers-"));
      const opening = indexedDB.open(name);
      const base = await new Promise((done) => { opening.onsuccess = () => done(opening.result); });
      const ask = base.transaction("entries").objectStore("entries").count();
      const left = await new Promise((done) => { ask.onsuccess = () => done(ask.result); });
      base.close();
      return left;
    }""")
    return count == 0


def open_bench(browser: Page, server: Server, url: str, path: str = "/label") -> None:
    """Sign in by a personal link, then open `path`."""
    browser.goto(url)
    browser.get_by_role("button").first.click()
    browser.goto(f"{server.url}{path}")


def tab_to(browser: Page, selector: str) -> None:
    """Press Tab until `selector` has the focus, and check that the focus is visible."""
    is_focused = f"document.activeElement.matches({selector!r})"
    for _ in range(80):
        browser.keyboard.press("Tab")
        if browser.evaluate(is_focused):
            assert browser.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'")
            return
    raise AssertionError(f"Tab never reaches {selector}")


def drag(cdp: Any, start: list[tuple[float, float]], end: list[tuple[float, float]], steps: int = 4) -> None:
    """Move one or two fingers from `start` to `end`.

    They rest before they lift: a fling would swallow the tap that follows.
    """

    def points(fraction: float) -> list[dict[str, float]]:
        return [
            {"x": a[0] + (b[0] - a[0]) * fraction, "y": a[1] + (b[1] - a[1]) * fraction, "id": number}
            for number, (a, b) in enumerate(zip(start, end, strict=True))
        ]

    cdp.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points(0)})
    for step in range(1, steps + 1):
        cdp.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": points(step / steps)})
    time.sleep(0.1)
    cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def face_on_bench(browser: Page) -> int:
    """The id of the face that the bench shows; 0 without one."""
    return int(browser.locator("#bench").get_attribute("data-face") or 0)
