"""The bench in a real browser: by keys, by thumb, through outages and power cuts, in two tabs."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect
from sqlalchemy import select

from db.models import STANDING, Answer, Person
from db.session import session_scope
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from tests.browser import DESKTOP, MARKS, PHONE, all_sent, drag, face_on_bench, open_bench, page, tab_to
from tests.environment import PROVE
from tests.web_server import Server, add_person_link, add_waiting_faces, read_decisions
from tests.workbench_process import wait_until

pytestmark = MARKS
OUTAGE_SECONDS = 120 if PROVE else 6
NETWORK = (
    "ERR_INTERNET_DISCONNECTED",
    "ERR_CONNECTION_REFUSED",
    "ERR_EMPTY_RESPONSE",
    "ERR_CONNECTION_RESET",
)


def test_the_whole_bench_by_keyboard(server: Server) -> None:
    faces = add_waiting_faces(3, 4)
    with page(DESKTOP) as browser:
        open_bench(browser, server, add_person_link(server))
        browser.wait_for_selector("#bench:not(.idle)")
        press = browser.keyboard.press
        said: dict[int, str] = {}
        for key, what in (
            ("1", "mask"),
            ("2", "nomask"),
            ("ArrowLeft", "mask"),
            ("x", "rejected"),
            ("u", "proposed"),
        ):
            said[face_on_bench(browser)] = what
            press(key)
        skipped = face_on_bench(browser)
        press("ArrowDown")
        assert face_on_bench(browser) != skipped
        last = face_on_bench(browser)
        press("1")
        press("z")
        assert face_on_bench(browser) == last, "undo shows the face again"
        expect(browser.locator("#said")).to_have_text("Undone")
        press("y")
        said[last] = "mask"
        expect(browser.locator("#strip li")).to_have_count(6)
        wait_until(lambda: read_decisions() == said, 10, "what was pressed is what is kept")

        # Back to an earlier one through the strip, and answer it otherwise.
        wrong = next(iter(said))
        tab_to(browser, f'[data-back="{wrong}"]')
        press("Enter")
        assert face_on_bench(browser) == wrong
        press("2")
        said[wrong] = "nomask"
        wait_until(lambda: read_decisions() == said, 10, "the newer answer counts")

        # Another key for a class, remembered over a reload; undo goes on where it was.
        press("?")
        tab_to(browser, '[aria-label="Change the key for mask"]')
        press("Enter")
        press("f")
        expect(browser.get_by_role("button", name="Change the key for mask", exact=True)).to_have_text("F")
        tab_to(browser, "dialog .primary")
        press("Enter")
        wait_until(lambda: all_sent(browser), 10, "all is sent")
        browser.reload()
        browser.wait_for_selector("#bench:not(.idle)")
        expect(browser.locator("#strip li")).to_have_count(6)
        said[face_on_bench(browser)] = "mask"
        press("f")
        press("z")
        press("z")
        assert face_on_bench(browser) == wrong, "also what was answered before the page was loaded"
        wait_until(lambda: read_decisions().get(wrong) == "mask", 10, "the first answer counts again")
        assert browser.locator("kbd", has_text="F").count() == 1
    assert set(read_decisions()) <= set(faces)


def test_swipes_and_buttons_on_a_phone(server: Server) -> None:
    add_waiting_faces(2, 4)
    with page(PHONE) as browser:
        open_bench(browser, server, add_person_link(server))
        browser.wait_for_selector("#bench:not(.idle)")
        cdp = browser.context.new_cdp_session(browser)
        said: dict[int, str] = {}
        stage = browser.locator("#stage").bounding_box()
        assert stage is not None
        x, y = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
        for dx, dy, what in ((-110, 5, "mask"), (110, -5, "nomask"), (0, -110, "rejected")):
            said[face_on_bench(browser)] = what
            drag(cdp, [(x, y)], [(x + dx, y + dy)])
        kept = face_on_bench(browser)
        drag(cdp, [(x, y)], [(x + 20, y)])
        assert face_on_bench(browser) == kept, "a trembling thumb is no answer"
        said[kept] = "nomask"
        browser.get_by_role("button", name="nomask", exact=True).tap()
        wait_until(lambda: read_decisions() == said, 10, "what was swiped is what is kept")
        for button in browser.locator("#keys button:visible, #strip button").all():
            size = button.bounding_box()
            assert size is not None
            assert min(size["width"], size["height"]) >= 44, "a thumb hits it"


def _settled(browser: Page) -> Callable[[], None]:
    """A function that waits until the page has asked for the next faces and has them.

    Keys pressed by a program, unlike a person's, run ahead of the page.
    """
    under_way: set[Request] = set()
    browser.on("request", lambda request: under_way.add(request))
    browser.on("requestfinished", lambda request: under_way.discard(request))
    browser.on("requestfailed", lambda request: under_way.discard(request))

    def wait() -> None:
        browser.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        browser.wait_for_timeout(100)
        while under_way:
            browser.wait_for_timeout(100)

    return wait


@pytest.mark.full_size
def test_five_hundred_answers_through_an_outage_a_closed_tab_and_a_power_cut(server: Server) -> None:
    add_waiting_faces(45, 12)
    intended: dict[int, str] = {}

    def go_on(browser: Page, until: int) -> None:
        """Answer by keys, with now and then a second thought, until so many faces have an intention."""
        end = time.monotonic() + 60
        while len(intended) < until:
            face = face_on_bench(browser)
            if not face:
                assert time.monotonic() < end, f"no next face: {browser.locator('#outbox').inner_text()}"
                browser.wait_for_timeout(100)
                continue
            label = "mask" if face % 3 else "nomask"
            if len(intended) % 10 == 7:  # a slip of the finger, taken back
                browser.keyboard.press("2" if label == "mask" else "1")
                browser.keyboard.press("z")
            browser.keyboard.press("1" if label == "mask" else "2")
            intended[face] = label

    url = add_person_link(server)
    with page(DESKTOP, ignore=NETWORK) as browser:
        open_bench(browser, server, url)
        browser.wait_for_selector("#bench:not(.idle)")
        settle = _settled(browser)
        go_on(browser, 120)
        settle()
        browser.context.set_offline(True)
        go_on(browser, 130)
        expect(browser.locator("#outbox")).to_contain_text("Offline")
        time.sleep(OUTAGE_SECONDS)
        browser.context.set_offline(False)
        go_on(browser, 250)
        settle()
        browser.context.set_offline(True)
        go_on(browser, 258)
        browser.wait_for_timeout(300)
        again = browser.context.new_page()
        browser.close()  # the tab, with answers that nobody has but the browser's store
        again.context.set_offline(False)
        again.goto(f"{server.url}/label")
        again.wait_for_selector("#bench:not(.idle)")
        settle = _settled(again)
        go_on(again, 380)
        settle()
        server.kill()
        go_on(again, 386)
        server.start()
        go_on(again, 500)
        wait_until(lambda: all_sent(again), 60, "all is sent")
        again.close()
    assert read_decisions() == intended
    with session_scope() as session:
        standing = session.scalars(select(Answer.face_id).where(STANDING)).all()
    assert sorted(standing) == sorted(intended), "each face has one answer that stands"


def test_who_answered_meanwhile_is_named_and_can_be_overruled_knowingly(server: Server) -> None:
    first, second, *_ = add_waiting_faces(1, 4)
    with session_scope() as session:
        bob = Person(name="Bob", role="labeller")
        session.add(bob)
        session.commit()
    with page(DESKTOP) as browser:
        open_bench(browser, server, add_person_link(server))
        browser.wait_for_selector("#bench:not(.idle)")
        with session_scope() as session:
            for face in (first, second):
                record_answer(
                    session,
                    session.get_one(Person, bob.id),
                    AnswerInput(f"bob {face}", "label", face, "nomask"),
                )
            session.commit()
        browser.keyboard.press("1")
        browser.keyboard.press("1")
        trouble = browser.locator("#trouble")
        expect(trouble).to_contain_text("Bob answered “nomask” meanwhile. Your “mask” was not applied.")
        assert read_decisions() == {first: "nomask", second: "nomask"}
        browser.reload()  # a refusal stays until somebody has read it
        trouble.get_by_role("button", name="Use my answer").click()
        wait_until(
            lambda: read_decisions() == {first: "mask", second: "nomask"}, 10, "the first is overruled"
        )
        trouble.get_by_role("button", name="Leave it").click()
        expect(trouble).to_be_hidden()
    assert read_decisions() == {first: "mask", second: "nomask"}


def test_two_tabs_never_show_what_the_other_answered(server: Server) -> None:
    faces = add_waiting_faces(2, 6)
    with page(DESKTOP) as browser:
        open_bench(browser, server, add_person_link(server))
        browser.wait_for_selector("#bench:not(.idle)")
        other = browser.context.new_page()
        other.goto(f"{server.url}/label")
        other.wait_for_selector("#bench:not(.idle)")
        for turn in range(len(faces)):
            tab, idle = (browser, other) if turn % 2 else (other, browser)
            face = face_on_bench(tab)
            tab.keyboard.press("1")
            wait_until(
                lambda face=face, idle=idle: face_on_bench(idle) != face,
                5,
                "the other tab moves on",
                every=0.02,
            )
        wait_until(lambda: len(read_decisions()) == len(faces), 10, "all are answered")
        other.close()
    with session_scope() as session:
        assert sorted(session.scalars(select(Answer.face_id))) == sorted(faces), "none of them twice"
