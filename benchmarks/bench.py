"""Latency from a key or a swipe to the next face on the screen, in Chromium, with and without a slow network.

    .venv/bin/python -m benchmarks.bench [--minutes 5]

The page is the real one on a real server. An init script records when each key was pressed (the event's own
time) and when the next face's picture was painted (the browser's Element Timing API). For --minutes a
scripted labeller also gives 240 answers a minute, and the database is checked afterwards.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import CDPSession, Page
from sqlalchemy import select

import tests.environment  # noqa: F401 - before the settings are read
from benchmarks.report import report
from db.models import STANDING, Answer
from db.session import session_scope
from tests.browser import DESKTOP, PHONE, page
from tests.web_server import Server, add_person_link, add_waiting_faces, running_server

ANSWERS = 300
PER_MINUTE = 240
DELAY_MS = 200
WATCH = """
window.gestures = []; window.painted = {};
const bench = () => document.getElementById("bench");
const note = (event) => {
  if (bench()?.dataset.face) gestures.push({face: bench().dataset.face, at: event.timeStamp});
};
addEventListener("keydown", note, true);
addEventListener("pointerup", note, true);
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())  // by its URL: the element may be gone already
    painted[/faces\\/(\\d+)/.exec(entry.url)[1]] ??= entry.renderTime || entry.startTime;
}).observe({type: "element", buffered: true});
"""


def sign_in(browser: Page, url: str, server: Server) -> None:
    browser.add_init_script(WATCH)
    browser.goto(url)
    browser.get_by_role("button").first.click()
    browser.goto(f"{server.url}/label")
    browser.wait_for_selector("#bench:not(.idle)")
    browser.wait_for_timeout(1500)


def latencies(browser: Page) -> list[float]:
    """Milliseconds from each gesture to the painted picture of the next face."""
    gestures, painted = browser.evaluate("[gestures, painted]")
    order = [gesture["face"] for gesture in gestures]
    return [
        painted[after] - gesture["at"]
        for gesture, after in zip(gestures, order[1:], strict=False)
        if after in painted and painted[after] > gesture["at"]
    ]


def slow_network(browser: Page, delay: float) -> CDPSession:
    cdp = browser.context.new_cdp_session(browser)
    cdp.send("Network.enable")
    cdp.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": delay, "downloadThroughput": -1, "uploadThroughput": -1},
    )
    return cdp


def swipe(cdp: CDPSession, browser: Page, right: bool) -> None:
    x, y, distance = 195, 260, 110 if right else -110
    cdp.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in (0.4, 1.0):
        point = {"x": x + distance * step, "y": y}
        cdp.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def measure(gesture: str, delay: float) -> dict[str, Any]:
    """p50, p95 and p99 of ANSWERS gestures at 240 a minute."""
    with tempfile.TemporaryDirectory() as data, running_server(Path(data)) as server:
        add_waiting_faces(60, 6)
        with page(PHONE if gesture == "swipe" else DESKTOP) as browser:
            sign_in(browser, add_person_link(server), server)
            cdp = slow_network(browser, delay)
            began = time.monotonic()
            for number in range(ANSWERS):
                if gesture == "swipe":
                    swipe(cdp, browser, number % 2 == 1)
                else:
                    browser.keyboard.press("1" if number % 2 else "2")
                time.sleep(max(0, began + (number + 1) * 60 / PER_MINUTE - time.monotonic()))
            browser.wait_for_timeout(2000)
            measured = latencies(browser)
        with session_scope() as session:
            kept = len(session.scalars(select(Answer.id).where(STANDING)).all())
    p50, p95, p99 = np.percentile(measured, [50, 95, 99])
    return {
        "gesture": gesture, "delay_ms": delay, "answers": ANSWERS, "kept": kept, "measured": len(measured),
        "p50_ms": round(float(p50), 1), "p95_ms": round(float(p95), 1), "p99_ms": round(float(p99), 1),
    }  # fmt: skip


def steady_labeller(minutes: float) -> dict[str, Any]:
    """A labeller at 240 answers a minute: how many are lost, later than a second, or out of order."""
    count = round(minutes * PER_MINUTE)
    with tempfile.TemporaryDirectory() as data, running_server(Path(data)) as server:
        add_waiting_faces(-(-(count + 30) // 12), 12)
        with page(DESKTOP) as browser:
            sign_in(browser, add_person_link(server), server)
            intended, began = [], time.monotonic()
            for number in range(count):
                label = "mask" if (number * 7) % 3 else "nomask"
                intended.append((int(str(browser.locator("#bench").get_attribute("data-face"))), label))
                browser.keyboard.press("1" if label == "mask" else "2")
                time.sleep(max(0, began + (number + 1) * 60 / PER_MINUTE - time.monotonic()))
            seconds = time.monotonic() - began
            time.sleep(1)
            with session_scope() as session:
                answers = select(Answer.face_id, Answer.label).where(STANDING).order_by(Answer.id)
                kept = [tuple(row) for row in session.execute(answers)]
    return {
        "minutes": round(seconds / 60, 2), "answers": count, "kept": len(kept),
        "per_minute": round(count / seconds * 60, 1),
        "lost_or_late": len(set(intended) - set(kept)), "in_order": kept == intended,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=5)
    rows = [measure(gesture, delay) for gesture in ("key", "swipe") for delay in (0, DELAY_MS)]
    steady = steady_labeller(parser.parse_args().minutes)
    figures: dict[str, Any] = {}
    for row in rows:
        condition = f"{row.pop('gesture')}, network {row.pop('delay_ms')} ms slower"
        figures |= {f"{condition}: {name}": value for name, value in row.items()}
    figures |= {f"steady labeller: {name}": value for name, value in steady.items()}
    report(
        "bench", "Gesture to the next face painted: p95 under 50 ms; 240 answers a minute, none lost", figures
    )


if __name__ == "__main__":
    main()
