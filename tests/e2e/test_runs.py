"""Runs in a real browser, with a real worker: watched live, cancelled, promoted, rolled back, compared."""

import os
import re
import signal

import pytest
from playwright.sync_api import Page, expect

from db.base import now
from db.models import Artifact, Run
from db.session import session_scope
from tests.browser import DESKTOP, MARKS, PHONE, open_bench, page
from tests.factories import fill_in_results
from tests.labelled import add_labelled_pictures, draw_pictures
from tests.web_server import Server, add_person_link
from tests.workbench_process import Workbench, wait_until

pytestmark = [*MARKS, pytest.mark.timeout(600)]

SLOW = {"preset": "tutorial", "views": "6", "epochs": "20"}
"""Long enough to be watched: about a minute."""


@pytest.fixture
def bench(workbench: Workbench) -> Workbench:
    """With 100 labelled faces."""
    with session_scope() as session:
        add_labelled_pictures(session, draw_pictures(100))
    return workbench


def retrain(browser: Page, bench: Workbench, **fields: str) -> None:
    """Start a run from the page of all runs, with some fields of its recipe filled in."""
    browser.goto(f"{bench.url}/runs")
    if fields:
        browser.locator("details.recipe > summary").click()
        browser.locator(f'input[name="preset"][value="{fields.pop("preset", "quick")}"]').check()
        browser.locator("details.recipe details > summary").click()
        for name, value in fields.items():
            browser.locator(f'[name="{name}"]').fill(value)
    browser.get_by_role("button", name="Retrain").click()


def ends(browser: Page, word: str = "live") -> None:
    """The page comes to that state by itself."""
    expect(browser.locator("#run .state")).to_have_text(word, timeout=90_000)


@pytest.mark.full_size
def test_a_run_is_watched_cancelled_promoted_rolled_back_and_compared(bench: Workbench) -> None:
    with page(DESKTOP) as browser:
        open_bench(browser, bench, add_person_link(bench, "owner", "Grace"), "/runs")  # type: ignore[arg-type]
        retrain(browser, bench)
        ends(browser)
        expect(browser.get_by_text("It is the first model.")).to_be_visible()
        for heading in ("By class", "Ranking and calibration", "Log", "Loss by epoch"):
            expect(browser.get_by_role("heading", name=heading)).to_be_visible()

        retrain(browser, bench, **SLOW)
        expect(browser.get_by_role("heading", name="Accuracy by epoch")).to_be_visible(timeout=60_000)
        expect(browser.get_by_text(re.compile("about .* s left"))).to_be_visible()
        other = browser.context.new_page()
        other.goto(browser.url)
        shares = []
        for watcher in (browser, other):  # both move on without being asked to
            share = watcher.locator("progress").get_attribute("value")
            expect(watcher.locator("progress")).not_to_have_attribute("value", str(share), timeout=15_000)
            shares.append(share)
        browser.get_by_role("button", name="Stop run").click()
        expect(browser.locator("#run .state")).to_have_text("stopped", timeout=30_000)
        expect(other.locator("#run .state")).to_have_text("stopped", timeout=30_000)
        other.close()

        retrain(browser, bench, seed="5")
        ends(browser)
        browser.goto(f"{bench.url}/runs/1")
        browser.get_by_label("Why this model").fill("the first was calmer")
        browser.get_by_role("button", name="Make this model live").click()
        expect(browser.locator("#run .state")).to_have_text("live")
        expect(browser.get_by_text("Chosen by Grace: the first was calmer")).to_be_visible()
        browser.goto(f"{bench.url}/runs")
        browser.get_by_role("button", name="Make run 3 live again").click()
        expect(browser.get_by_role("heading", name="Run 3")).to_be_visible()
        expect(browser.locator("#run .state")).to_have_text("live")

        browser.goto(f"{bench.url}/runs")
        browser.get_by_label("Run", exact=True).last.select_option("1")
        browser.get_by_role("button", name="Compare runs").click()
        expect(browser.get_by_role("heading", name="Run 3 against run 1")).to_be_visible()
        expect(browser.get_by_text(re.compile("points, .* n = 20 faces"))).to_be_visible()


@pytest.mark.parametrize(("role", "buttons"), [("owner", 1), ("labeller", 0)])
def test_who_watches_a_run_to_its_end_sees_what_they_may_do(server: Server, role: str, buttons: int) -> None:
    with session_scope() as session:
        run = Run(recipe={}, seed=0, classes=[1, 2], status="running")
        session.add(run)
        session.flush()
        session.add(Artifact(run_id=run.id, form="keras", blob="b" * 64, signature=""))
        session.commit()
        with page(DESKTOP) as browser:
            link = add_person_link(server, role, "Grace")
            with browser.expect_response("**/stream"):
                open_bench(browser, server, link, f"/runs/{run.id}")
            expect(browser.locator("#run .state")).to_have_text("running")
            with browser.expect_response("**/live"):
                fill_in_results(run)
                run.status, run.finished_at = "done", now()
                session.commit()
            expect(browser.locator("#run .state")).to_have_text("done")
            for name in ("Make this model live", "Keep the files"):
                expect(browser.get_by_role("button", name=name)).to_have_count(buttons)


@pytest.mark.full_size
def test_a_watcher_connects_again_and_polls_where_nothing_is_pushed(bench: Workbench) -> None:
    lost = ("Failed to load resource", "net::ERR")
    with page(PHONE, ignore=lost) as browser:
        open_bench(browser, bench, add_person_link(bench, "owner", "Grace"), "/runs")  # type: ignore[arg-type]
        with browser.expect_response("**/stream"):  # else the page may be without its script yet
            retrain(browser, bench, preset="tutorial", views="4", epochs="4")
        expect(browser.locator("progress")).to_be_visible()
        for pid in bench.pids("web.cli.serve"):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: bench.pids("web.cli.serve"), 20, "the supervisor starts the web process again")
        ends(browser)
        browser.route("**/stream", lambda route: route.fulfill(status=503, body="too many"))
        retrain(browser, bench)
        expect(browser.locator("#run .state")).to_have_text(re.compile("live|done"), timeout=60_000)
