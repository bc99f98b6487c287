"""The second look in a real browser, with real workers: reasons, curve, advice, a lasso into review."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import Answer, Face, Run
from db.session import session_scope
from labeller.queue.picks import REASONS
from tests.browser import DESKTOP, MARKS, all_sent, open_bench, page
from tests.labelled import Picture, add_labelled_pictures, draw_pictures
from tests.web_server import add_person_link
from tests.workbench_process import Workbench, wait_until

pytestmark = [*MARKS, pytest.mark.timeout(600)]

LABELLED, WAITING, ANSWERED = 80, 120, 20
STEPS = (20, 28, 38)
"""Labels of the runs before the browser's; advice needs five runs, the last with twice the labels."""


def put(session: Session, pictures: list[Picture]) -> dict[int, str]:
    """The pictures as faces that wait; their true labels by id."""
    faces = add_labelled_pictures(session, pictures)
    session.execute(delete(Answer).where(Answer.face_id.in_([face.id for face in faces])))
    for face in faces:
        face.state, face.label, face.decided_at, face.decided_by = "proposed", None, None, None
        face.waiting, face.opinions, face.source, face.confidence = True, 0, "mtcnn", 0.99
    session.commit()
    return {face.id: picture.label for face, picture in zip(faces, pictures, strict=True)}


def train(bench: Workbench) -> None:
    """A run from request to end."""
    run = bench.call("POST", "/runs", {})[1]["id"]
    wait_until(lambda: bench.call("GET", f"/runs/{run}")[1]["status"] == "done", 60, "the run is done")


def shown(browser: Page) -> int:
    browser.wait_for_selector("#bench:not(.idle)")
    return int(browser.locator("#bench").get_attribute("data-face") or 0)


def answer(browser: Page, truth: dict[int, str], count: int) -> list[str]:
    """Answer so many faces of the batch by keys; the reasons that were given for them."""
    reasons = []
    for _ in range(count):
        face = shown(browser)
        reasons.append(browser.locator("#why").inner_text())
        browser.keyboard.press("1" if truth[face] == "mask" else "2")
        expect(browser.locator("#bench")).not_to_have_attribute("data-face", str(face))
    wait_until(lambda: all_sent(browser), 20, "all answers are sent")
    return reasons


def retrain(browser: Page, bench: Workbench, runs: int) -> None:
    """By the button; the curve then has so many points."""
    browser.goto(f"{bench.url}/runs")
    browser.get_by_role("button", name="Retrain", exact=True).click()
    expect(browser.locator("#run .state")).to_have_text(re.compile("live|done"), timeout=90_000)
    wait_for_curve(browser, bench, runs)


def wait_for_curve(browser: Page, bench: Workbench, points: int) -> None:
    """The page of runs, once every model so far has been measured on the locked faces of now."""

    def has_points() -> bool:
        browser.goto(f"{bench.url}/runs")
        return browser.locator(".learning circle").count() == points

    wait_until(has_points, 60, "the learning curve has a point for each run", every=1)


def lasso_everything(browser: Page) -> None:
    """By mouse, along the edge of the map."""
    box = browser.locator("#sky").bounding_box()
    assert box is not None
    left, top = box["x"] + 4, box["y"] + 4
    right, bottom = box["x"] + box["width"] - 4, box["y"] + box["height"] - 4
    browser.keyboard.down("Shift")
    browser.mouse.move(left, top)
    browser.mouse.down()
    for corner in ((right, top), (right, bottom), (left, bottom)):
        browser.mouse.move(*corner, steps=4)
    browser.mouse.up()
    browser.keyboard.up("Shift")


@pytest.mark.full_size
def test_from_a_batch_with_reasons_to_advice_and_a_lasso(workbench: Workbench) -> None:
    pictures = draw_pictures(LABELLED + WAITING)
    known, rest = pictures[:LABELLED], pictures[LABELLED:]
    with session_scope() as session:
        waiting = put(session, rest)
    truth = dict(waiting)
    for before, after in pairwise((0, *STEPS, len(known))):
        with session_scope() as session:
            truth |= {
                face.id: str(face.label) for face in add_labelled_pictures(session, known[before:after])
            }
        if after in STEPS:
            train(workbench)

    with page(DESKTOP) as browser:
        open_bench(browser, workbench, add_person_link(workbench, "owner", "Grace"), "/review")  # type: ignore[arg-type]
        reasons = answer(browser, truth, ANSWERED)
        kinds = {
            re.sub(r"^The model (cannot decide|is (not quite|fairly) sure).*", "The model is … sure", reason)
            for reason in reasons
        }
        assert "" not in kinds, "each says why it is there"
        assert {"The model is … sure", REASONS["novel"][1], REASONS["control"][1]} <= kinds, kinds

        missing = browser.get_by_text(re.compile(r"more (people|person) with “\w+” (are|is) needed"))

        def says_what_is_missing() -> bool:
            browser.goto(f"{workbench.url}/runs")
            return missing.count() > 0

        wait_until(says_what_is_missing, 60, "too few locked people for a learning curve", every=1)
        for row in ("the model is least sure", "drawn at random"):
            expect(browser.get_by_role("row", name=re.compile(rf"{row} \d+ \d+"))).to_be_visible()
        retrain(browser, workbench, len(STEPS) + 1)
        browser.goto(f"{workbench.url}/review")
        answer(browser, truth, ANSWERED)
        retrain(browser, workbench, len(STEPS) + 2)
        places = [float(one.get_attribute("cx") or 0) for one in browser.locator(".learning circle").all()]
        assert len(set(places)) == len(places), "every run learned from more"
        advice = browser.locator(".advice")
        expect(advice).to_contain_text("40 more answers are worth")
        assert "can be said after" not in advice.inner_text(), "there are runs enough"
        expect(browser.locator(".learning .ahead")).to_have_count(1)
        expect(browser.locator("p.saved")).to_contain_text("Labels saved")

        browser.goto(f"{workbench.url}/map")
        browser.wait_for_selector("#map[data-ready]:not([data-ready='0'])", timeout=90_000)
        lasso_everything(browser)
        browser.get_by_role("button", name=re.compile("Send .* to review")).click()
        expect(browser.locator("#sent")).to_contain_text("go to review")
        browser.goto(f"{workbench.url}/review")
        shown(browser)
        expect(browser.locator("#why")).to_have_text("Somebody picked it by hand.")

    with session_scope() as session:
        runs = session.scalars(select(Run).order_by(Run.id)).all()
        assert [run.status for run in runs] == ["done"] * 5
        assert runs[-1].labels_saved is not None
        answered = session.scalars(select(Face).where(Face.id.in_(waiting), Face.label.is_not(None))).all()
        assert len(answered) > ANSWERED, "some of the second batch were doubted labels"
        assert all(face.label == truth[face.id] for face in answered)
