"""Beside the bench, in a real browser: confirming in bulk, settling a dispute, renaming a class."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from db.models import Face, Group
from db.session import session_scope
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.people import people
from labeller.queue import leases
from tests.browser import DESKTOP, MARKS, all_sent, open_bench, page, tab_to
from tests.web_server import Server, add_confident_run, add_person_link, add_waiting_faces, read_decisions
from tests.workbench_process import wait_until

pytestmark = MARKS


def test_the_pages_beside_the_bench_by_keyboard(server: Server) -> None:
    """In bulk, a dispute and a class; the boxes have a test of their own."""
    faces = add_waiting_faces(3, 8)
    with session_scope() as session:
        add_confident_run(session, faces)
        session.execute(update(Group).values(split="train"))
        ada, bob = (people.new_person(session, name, "labeller") for name in ("Ada", "Bob"))
        session.execute(update(Face).where(Face.id == faces[0]).values(opinions_wanted=2))
        for person, label in ((ada, "mask"), (bob, "nomask")):
            leases.take(session, person, [faces[0]], blind=True)
            record_answer(session, person, AnswerInput(f"of {person.name}", "label", faces[0], label))
        session.commit()
    with page(DESKTOP) as browser:
        press = browser.keyboard.press
        open_bench(browser, server, add_person_link(server, "owner", "Grace"), "/label/bulk")
        browser.wait_for_selector("#tiles button")
        tab_to(browser, "#tiles button")
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Space"):
            press(key)
        expect(browser.locator('#tiles [aria-pressed="true"]')).to_have_count(1)
        expect(browser.locator("#said")).to_have_text("Left out")
        taken_out = int(str(browser.evaluate("document.activeElement.dataset.face")))
        press("Enter")
        wait_until(lambda: len(read_decisions()) > 1, 10, "the screenful is confirmed")
        assert taken_out not in read_decisions()
        press("z")
        wait_until(lambda: set(read_decisions()) == {faces[0]}, 10, "and taken back")
        wait_until(lambda: all_sent(browser), 10, "all is sent")

        browser.goto(f"{server.url}/agreement")
        tab_to(browser, 'button[value="label:nomask"]')
        press("Enter")
        expect(browser.get_by_role("heading", name="0 faces that people disagree about")).to_be_visible()
        assert read_decisions()[faces[0]] == "nomask"

        browser.goto(f"{server.url}/classes")
        tab_to(browser, "summary")
        press("Enter")
        tab_to(browser, 'input[name="to"]')
        press("End")
        browser.keyboard.type("ed")
        press("Enter")
        expect(browser.get_by_role("heading", name="masked")).to_be_visible()


@pytest.mark.full_size
def test_two_hundred_agreed_faces_in_bulk(server: Server) -> None:
    faces = add_waiting_faces(26, 8)
    with session_scope() as session:
        add_confident_run(session, faces)
        session.execute(update(Group).values(split="train"))
        session.commit()
    actions = 0
    with page(DESKTOP) as browser:
        open_bench(browser, server, add_person_link(server), "/label/bulk")
        browser.wait_for_selector("#tiles button")
        wrong = int(str(browser.locator("#tiles button").nth(4).get_attribute("data-face")))
        browser.locator("#tiles button").nth(4).click()
        actions += 1
        while browser.wait_for_selector("#tiles button, #empty:not([hidden])") and actions < 20:
            if browser.locator("#empty").is_visible():
                break
            browser.keyboard.press("Enter")
            actions += 1
        wait_until(lambda: all_sent(browser), 30, "all is sent")
        kept = read_decisions()
        assert len(kept) >= 200
        assert actions < 20
        assert wrong not in kept, "what was taken out is answered one by one"
        assert kept == {face: ("mask", "nomask")[faces.index(face) % 2] for face in kept}
        browser.reload()
        browser.wait_for_selector("#undo:enabled")
        browser.keyboard.press("z")
        wait_until(lambda: len(read_decisions()) < len(kept), 10, "the last lot is taken back as one")
        wait_until(lambda: all_sent(browser), 10, "all is sent")
        assert len(kept) - len(read_decisions()) > 1
