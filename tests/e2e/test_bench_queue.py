"""What an empty bench asks and says, and skipped faces, in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.browser import DESKTOP, MARKS, face_on_bench, open_bench, page
from tests.web_server import Server, add_person_link, add_waiting_faces, read_decisions
from tests.workbench_process import wait_until

pytestmark = MARKS


@pytest.mark.full_size
def test_an_empty_bench_asks_seldom_shows_what_comes_and_says_what_others_hold(server: Server) -> None:
    """At most 15 calls a minute, counted over half of one."""
    watched = 30
    with page(DESKTOP) as browser, page(DESKTOP) as other:
        calls: list[str] = []
        browser.on("request", lambda request: calls.append(request.url) if "/queue" in request.url else None)
        open_bench(browser, server, add_person_link(server, name="Ada"))
        browser.wait_for_selector("#empty:not([hidden])")
        began = len(calls)
        browser.wait_for_timeout(watched * 1000)
        assert 1 <= len(calls) - began <= watched / 4
        bench = browser.url
        browser.goto("about:blank")  # else it may be the first to ask for what comes
        add_waiting_faces(1, 2)
        open_bench(other, server, add_person_link(server, name="Bob"))
        other.wait_for_selector("#bench:not(.idle)")
        browser.goto(bench)
        expect(browser.locator("#with-others")).to_have_text(
            "2 faces are with others; what they leave comes here."
        )
        expect(browser.get_by_text("Every face found so far is answered.")).to_be_hidden()
        other.goto("about:blank")  # a page that is left gives its faces back
        browser.wait_for_selector("#bench:not(.idle)", timeout=30_000)


def test_a_skipped_face_comes_again_after_all_others(server: Server) -> None:
    add_waiting_faces(1, 3)
    with page(DESKTOP) as browser:
        open_bench(browser, server, add_person_link(server))
        browser.wait_for_selector("#bench:not(.idle)")
        skipped = face_on_bench(browser)
        for key in ("ArrowDown", "1", "2"):
            browser.keyboard.press(key)
        wait_until(lambda: face_on_bench(browser) == skipped, 20, "the skipped face is back")
        browser.keyboard.press("1")
        browser.wait_for_selector("#empty:not([hidden])", timeout=20_000)
    assert len(read_decisions()) == 3
