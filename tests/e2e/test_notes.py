"""Notes by a key on the bench, and the bench on faces that are assigned."""

from playwright.sync_api import expect
from sqlalchemy import select

from db.models import AssignedFace, Comment, Person
from db.session import session_scope
from labeller.assignments import create
from labeller.people import people
from tests.browser import DESKTOP, MARKS, PHONE, open_bench, page
from tests.web_server import Server, add_person_link, add_waiting_faces
from tests.workbench_process import wait_until

pytestmark = MARKS


def test_a_note_is_written_seen_answered_and_resolved(server: Server) -> None:
    add_waiting_faces(2, 1)
    with page(DESKTOP) as browser:
        open_bench(browser, server, add_person_link(server, "labeller", "Ada"))
        browser.wait_for_selector("#bench:not(.idle)")
        browser.keyboard.press("n")
        browser.keyboard.type("Is this a scarf? 1 or 2")
        browser.keyboard.press("Control+Enter")
        dialog = browser.locator("#notes-dialog")
        expect(dialog.locator(".notes li")).to_have_count(1)
        browser.keyboard.press("Escape")
        expect(browser.locator("#notes")).to_have_text("1 note")
        expect(browser.locator("#strip li")).to_have_count(0)  # what was typed answered nothing
    with page(PHONE) as browser:
        open_bench(browser, server, add_person_link(server, "owner", "Grace"), "/comments")
        browser.get_by_role("link", name="Answer or resolve").click()
        dialog = browser.locator("#notes-dialog")
        dialog.get_by_role("button", name="Answer").click()
        dialog.get_by_label("Your answer").fill("A mask")
        dialog.get_by_role("button", name="Answer").click()
        expect(dialog.locator(".said-by")).to_have_count(2)
        dialog.get_by_role("button", name="Resolve").click()
        expect(dialog.get_by_role("button", name="Reopen")).to_be_visible()
    with session_scope() as session:
        note, answer = session.scalars(select(Comment).order_by(Comment.id))
        assert note.resolved_at is not None
        assert answer.answers_id == note.id


def test_assigned_faces_are_answered_on_the_bench(server: Server) -> None:
    ids = add_waiting_faces(4, 1)
    link = add_person_link(server, "labeller", "Ada")
    with session_scope() as session:
        ada = session.scalars(select(Person).where(Person.name == "Ada")).one()
        create.assign_faces(session, people.owner(session), ada.id, "Scarves", [ids[2], ids[0]])
        session.commit()
    with page(DESKTOP) as browser:
        open_bench(browser, server, link, "/")
        browser.get_by_role("link", name="Answer these").click()
        browser.wait_for_selector("#bench:not(.idle)")
        expect(browser.locator("h1")).to_have_text("Scarves")
        expect(browser.locator("#why")).to_have_text("Assigned to you: Scarves.")
        assert browser.locator("#bench").get_attribute("data-face") == str(ids[2])
        browser.keyboard.press("1")
        browser.keyboard.press("2")
        expect(browser.locator("#empty h2")).to_have_text("All assigned faces are answered")
        wait_until(lambda: _open_faces() == 0, 10, "both answers are there")


def _open_faces() -> int:
    with session_scope() as session:
        return len(session.scalars(select(AssignedFace).where(AssignedFace.open)).all())
