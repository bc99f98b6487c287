"""The tracker of the live camera and that of `flask watch` say the same of the same boxes."""

from typing import Any

import numpy as np

from inference.tracking import Tracker
from labeller.detection.detections import Detection
from tests.browser import DESKTOP, MARKS, page
from tests.web_server import Server

pytestmark = MARKS

TRACK = """async ([looks, probabilities]) => {
  const { Tracker } = await import("/static/try/tracker.js");
  const tracker = new Tracker();
  return looks.map((boxes, look) => {
    tracker.update(boxes.map((box) => ({ box, confidence: 0.9 })));
    const due = tracker.due;
    if (due) tracker.classified(due, 1, probabilities[look]);
    const row = ({ id, box, probabilities }) => [id, box, probabilities.get(1) ?? null];
    return [due?.id ?? 0, tracker.shown.map(row)];
  });
}"""


def made_looks(rng: np.random.Generator, count: int) -> list[list[list[float]]]:
    """Boxes of four faces that move and are missed now and then, and of what is no face."""
    places = rng.uniform(0, 200, (4, 2))
    looks = []
    for _ in range(count):
        places += rng.normal(0, 8, places.shape)
        found = [[*place, 50.0, 60.0] for place in places if rng.random() < 0.75]
        looks.append(found + [[*rng.uniform(0, 250, 2), 50.0, 60.0] for _ in range(rng.binomial(1, 0.3))])
    return looks


def test_both_follow_the_same_faces(server: Server) -> None:
    rng = np.random.default_rng(0)
    looks = made_looks(rng, 300)
    probabilities = rng.dirichlet((1, 1), len(looks)).tolist()
    ours, expected = Tracker(), list[Any]()
    for boxes, row in zip(looks, probabilities, strict=True):
        ours.update([Detection((x, y, w, h), 0.9, {}) for x, y, w, h in boxes])
        due = ours.due
        if due is not None:
            ours.classified(due, np.array(row))
        shown = [
            [one.id, list(one.box), None if one.probabilities is None else one.probabilities.tolist()]
            for one in ours.shown
        ]
        expected.append([due.id if due else 0, shown])
    with page(DESKTOP) as browser:
        browser.goto(f"{server.url}/hello")
        found = browser.evaluate(TRACK, [looks, probabilities])
    assert [due for due, _ in found] == [due for due, _ in expected]
    for (_, theirs), (_, wanted) in zip(found, expected, strict=True):
        assert [row[:2] for row in theirs] == [row[:2] for row in wanted]
        for (*_, one), (*_, other) in zip(theirs, wanted, strict=True):
            np.testing.assert_allclose(np.array(one, float), np.array(other, float), atol=1e-9)
