"""Debian's Chromium, driven by Playwright, at phone and desktop size."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.serving import Server

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
    """The installed browser's path."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


MARKS = [
    pytest.mark.slow,
    # .ci/run sets REQUIRE_BROWSER: there a missing browser is a failure, not a skip.
    pytest.mark.skipif(
        chromium() is None and not os.environ.get("REQUIRE_BROWSER"),
        reason="no Chromium here: `apt-get install chromium` (make test does it where it may)",
    ),
]


@contextmanager
def page(size: dict[str, Any], ignore: tuple[str, ...] = (), **options: Any) -> Iterator[Page]:
    """A page of its own; it fails on any script error or refused content (CSP) but those to `ignore`."""
    problems: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        made = browser.new_context(**size, **options).new_page()

        def note(text: str) -> None:
            if not any(known in text for known in ignore):
                problems.append(text)

        made.on("pageerror", lambda error: note(str(error)))
        made.on("console", lambda said: note(said.text) if said.type == "error" else None)
        yield made
        browser.close()
    assert not problems, problems


def all_sent(browser: Page) -> bool:
    """Whether no answer waits in the browser's own store."""
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
    browser.goto(url)
    browser.get_by_role("button").first.click()
    browser.goto(f"{server.url}{path}")


def tab_to(browser: Page, selector: str) -> None:
    """Press Tab until that has the focus, and see that the focus can be seen."""
    wanted = f"document.activeElement.matches({selector!r})"
    for _ in range(80):
        browser.keyboard.press("Tab")
        if browser.evaluate(wanted):
            assert browser.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'")
            return
    raise AssertionError(f"Tab never comes to {selector}")


def drag(cdp: Any, start: list[tuple[float, float]], end: list[tuple[float, float]], steps: int = 4) -> None:
    """One or two fingers from here to there, where they rest: a fling would swallow the tap that follows."""

    def points(share: float) -> list[dict[str, float]]:
        return [
            {"x": a[0] + (b[0] - a[0]) * share, "y": a[1] + (b[1] - a[1]) * share, "id": number}
            for number, (a, b) in enumerate(zip(start, end, strict=True))
        ]

    cdp.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points(0)})
    for step in range(1, steps + 1):
        cdp.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": points(step / steps)})
    time.sleep(0.1)
    cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
