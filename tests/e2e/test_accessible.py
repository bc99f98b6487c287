"""Every page through axe, in light and dark, at phone and desktop size, none wider than its screen.

Also zoomed, and from right to left.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.base import now
from db.models import Export, Face, Group, Import, ImportLine, Spot, WebhookDelivery
from db.session import session_scope
from db.webhooks import hooks
from labeller.answers import class_edits
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.assignments import create
from labeller.comments import write
from labeller.datasets import saved_filters, tags, versions
from labeller.datasets.sources import EVERYTHING, with_tag
from labeller.people import credentials, people
from labeller.queue import leases
from tests.browser import DESKTOP, MARKS, PHONE, open_bench, page
from tests.browser_runs import add_browser_files
from tests.environment import PROVE
from tests.example_run import add_example_run
from tests.simulation_result import simulation_result
from tests.web_server import Server, add_confident_run, add_person_link, add_waiting_faces, running_server
from tests.workbench_process import ROOT
from web import create_app
from web.pages import simulations

pytestmark = MARKS
EXPECTED = ("404 (Not Found)", "503 (Service Unavailable)")
"""Of the page that is not there, and of similar faces, for which a worker would be needed."""
LONG = "a_very_long_name_that_" * 4
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
PAGES = (
    "/", "/upload", "/label", "/label/bulk", "/review", "/boxes", "/agreement", "/classes", "/gallery",
    "/gallery?view=photos", "/map", "/photos/1", "/runs", "/runs/1", "/runs/2", "/runs/2/model",
    "/runs/2/suspects", "/try", "/detector", "/runs/simulations", "/compare?one=2&other=2", "/people",
    "/people/1", "/people/tokens", "/profile", "/mine", "/export", "/versions", "/versions/2",
    "/versions/compare?one=1&other=2", "/tags", "/assignments", "/comments", "/faces/1", "/similar",
    "/webhooks", "/webhooks/1", "/operations", "/api/v1/docs#list_faces", "/nowhere",
)  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A workbench with something on every page: a model, answers, a disagreement, an edited class."""
    with running_server(tmp_path_factory.mktemp("axe")) as made:
        faces = add_waiting_faces(20, 4)
        with session_scope() as session:
            add_confident_run(session, faces)
            session.execute(update(Group).values(split="train"))
            session.execute(update(Face).where(Face.id == faces[0]).values(opinions_wanted=2))
            owner = people.owner(session)
            for name, label in (("Bob", "mask"), ("Eve", "nomask")):
                person = people.new_person(session, name, "labeller")
                leases.take(session, person, [faces[0]], blind=True)
                record_answer(session, person, AnswerInput(name, "label", faces[0], label, seconds=1.5))
            for n, id in enumerate(faces[40:]):
                label = ("mask", "nomask")[n % 2]
                values = {"label": label, "state": "confirmed", "decided_at": now(), "waiting": False}
                session.execute(update(Face).where(Face.id == id).values(values))
            session.add_all([Spot(face_id=id, x=float(n % 9), y=float(n)) for n, id in enumerate(faces)])
            add_browser_files(session, add_example_run(session, set(faces[40:60:5])))
            class_edits.add(session, "chin", owner)
            _fill_data_pages(session, faces)
            credentials.add_token(session, owner, owner, credentials.Terms("nightly import", "read"))
            session.commit()
        with create_app().app_context():
            simulations.save(simulation_result(), simulations.new_folder())
        yield made


def _fill_data_pages(session: Session, faces: list[int]) -> None:
    """A tag, a filter, two versions that differ, assignments, notes, transfers in each state, a webhook."""
    owner, tag = (
        people.owner(session),
        tags.find_or_add(session, "looked at twice by everybody in the kitchen"),
    )
    tags.put_on(session, tag, tags.Targets(faces=faces[:9]))
    saved_filters.save(session, "Twice", with_tag(tag.id))
    for name in ("First", "Second, once all disagreements were settled"):
        versions.make(session, name, EVERYTHING, owner)
        session.execute(update(Face).where(Face.id == faces[44]).values(label="nomask"))
    assigned = [create.assign_selection(session, owner, owner.id, LONG, with_tag(tag.id)) for _ in range(2)]
    create.withdraw(session, owner, assigned[0].assignment.id)
    write.add_comment(session, owner, faces[0], f"https://example.org/{LONG}")
    _add_transfers(session)
    hook, _ = hooks.add(session, hooks.Wish(f"https://example.org/{LONG}", ["run.done"]), owner)
    session.add_all(
        WebhookDelivery(
            webhook_id=hook.id, message="msg_1", event="run.done", subject="run:1", body=LONG, status=status,
            attempts=2, seconds=0.1, code=500, reply=LONG,
        )
        for status in ("waiting", "delivered", "failed")
    )  # fmt: skip


def _add_transfers(session: Session) -> None:
    """Imports and exports in each state, one with a report."""
    counts = {"new": 2, "known": 1, "faces": 3, "skipped": 1, "conflict": 1}
    for status in ("queued", "running", "failed", "cancelled", "done"):
        over = {"finished_at": now(), "counts": counts, "error": LONG} if status == "failed" else {}
        over = over or ({"finished_at": now(), "counts": counts} if status == "done" else {})
        session.add(Import(file_name=f"{LONG}.zip", size=9, status=status, format="coco", **over))
        session.add(Export(format="yolo", status=status, error=over.get("error")))
    session.flush()
    done = session.scalars(select(Import).where(Import.status == "done")).one()
    for remark in ("skipped", "conflict"):
        session.add(ImportLine(import_id=done.id, remark=remark, file=LONG, place="line 3", message="a box"))


def problems(browser: Page) -> list[str]:
    """What axe calls serious or critical on this page, all folded parts open, and if it is too wide."""
    browser.evaluate(
        "document.querySelectorAll('main details:not(.call)').forEach((one) => (one.open = true))"
    )
    browser.evaluate(AXE.read_text())  # as the browser's own, so that the page's CSP need not allow it
    found = browser.evaluate("axe.run().then((result) => result.violations)")
    too_wide = browser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{browser.url}: sticks out sideways by {too_wide} px"] * (too_wide > 0) + [
        f"{browser.url}: {one['id']} {one['help']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


# Contrast depends on the scheme, what is shown on the size: two of the four show everything, one most of it.
@pytest.mark.parametrize(("size", "scheme"), [("phone", "dark"), ("desktop", "light")][: 2 if PROVE else 1])
def test_axe_finds_nothing_serious_on_any_page(server: Server, size: str, scheme: str) -> None:
    found = []
    with page(PHONE if size == "phone" else DESKTOP, ignore=EXPECTED, color_scheme=scheme) as browser:
        for path in PAGES:
            if path == PAGES[0]:
                open_bench(browser, server, add_person_link(server, "owner", f"Olga {size} {scheme}"), path)
            else:
                browser.goto(f"{server.url}{path}")
            browser.wait_for_timeout(400)
            found += problems(browser)
    assert found == []


@pytest.mark.full_size
def test_nothing_is_lost_at_twice_the_zoom_or_from_right_to_left(server: Server) -> None:
    half = {"viewport": {"width": 720, "height": 450}, "device_scale_factor": 2}  # a desktop at 200 %
    with page(half, ignore=EXPECTED) as browser:
        open_bench(browser, server, add_person_link(server, "owner", "Olga"))
        for direction in ("ltr", "rtl"):
            for path in PAGES:
                browser.goto(f"{server.url}{path}")
                browser.evaluate(f"document.documentElement.dir = '{direction}'")
                browser.wait_for_timeout(200)
                width = browser.evaluate("document.documentElement.scrollWidth")
                assert width <= 720, f"{path} sticks out sideways ({direction})"
        browser.goto(f"{server.url}/label")
        browser.wait_for_selector("#bench:not(.idle)")
        for button in browser.locator("#keys button:visible").all():
            button.scroll_into_view_if_needed()
            assert button.bounding_box() is not None


def test_who_wants_no_motion_gets_none(server: Server) -> None:
    with page(PHONE, reduced_motion="reduce") as browser:
        open_bench(browser, server, add_person_link(server, "labeller", "Max"))
        browser.wait_for_selector("#bench:not(.idle)")
        moving = browser.evaluate("document.getAnimations().length")
        assert moving == 0


def test_a_menu_closes_by_a_tap_beside_it_and_by_escape(server: Server) -> None:
    with page(PHONE) as browser:
        open_bench(browser, server, add_person_link(server, "owner", "Mia"), "/gallery")
        menu = browser.locator("details.more")
        for close in (lambda: browser.mouse.click(10, 70), lambda: browser.keyboard.press("Escape")):
            menu.locator("summary").click()
            expect(menu.get_by_role("button", name="Put tag on")).to_be_in_viewport()
            close()
            expect(menu.get_by_role("button", name="Put tag on")).to_be_hidden()
