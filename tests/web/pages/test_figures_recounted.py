"""Every figure on a run's page, recounted from the stored outcomes.

Written from the definitions (recall, precision, ECE, the interval of docs/statistics.md) and not from the
code, with plain loops. Whatever figure is new on the page must be recounted here, too.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import pytest
from scipy.stats import beta
from sklearn.metrics import average_precision_score, roc_auc_score
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.models import Class, Face, Outcome, Photo, Run
from tests.clients import get_page
from tests.labelled import add_finished_run, add_labelled_pictures, draw_pictures, sqlite_only, train_run
from tests.web.conftest import Client
from web.drawing.stored import figures_of

pytestmark = [pytest.mark.slow, pytest.mark.full_size, pytest.mark.timeout(300), sqlite_only]
Z = 1.959964


@dataclass(frozen=True)
class Predicted:
    """A prediction for a face that was not learned from."""

    truth: str
    label: str
    probabilities: dict[str, float]
    group: int
    person: int | None
    photo: int
    source: str
    longest: float
    confidence: float | None
    tried: bool

    @property
    def right(self) -> bool:
        return self.truth == self.label


def predictions(db: Session, run: Run, part: str) -> list[Predicted]:
    names = {row.id: row.name for row in db.scalars(select(Class))}
    query = select(Outcome, Face, Photo).join(Face, Face.id == Outcome.face_id)
    query = query.join(Photo, Photo.id == Face.photo_id).where(Outcome.run_id == run.id, Outcome.part == part)
    return [
        Predicted(
            names[one.truth], names[one.label],
            dict(zip((names[id] for id in run.classes), one.probabilities, strict=True)),
            one.group_id, photo.person_id, photo.id, face.source, max(face.w, face.h), face.confidence,
            photo.tried_run_id is not None,
        )
        for one, face, photo in db.execute(query)
    ]  # fmt: skip


def interval(persons: dict[Any, dict[str, list[bool]]]) -> tuple[float, float, float]:
    """The value and the ends for right and wrong faces by person and class, as docs/statistics.md has it."""
    classes = sorted({c for of_one in persons.values() for c in of_one})
    k = len(classes)
    n = {c: sum(len(one.get(c, [])) for one in persons.values()) for c in classes}
    r = {c: sum(sum(one.get(c, [])) for one in persons.values()) for c in classes}
    p = {c: r[c] / n[c] for c in classes}
    q = {c: (r[c] + 1) / (n[c] + 2) for c in classes}
    b, big_q = sum(p.values()) / k, sum(q.values()) / k
    w = {g: sum(len(one.get(c, [])) / (k * n[c]) for c in classes) for g, one in persons.items()}
    count = 1 / sum(v * v for v in w.values())
    if count < 2:
        return b, 0.0, 1.0
    residuals = [
        sum((sum(one.get(c, [])) - p[c] * len(one.get(c, []))) / (k * n[c]) for c in classes)
        for one in persons.values()
    ]
    seen = count / (count - 1) * sum(d * d for d in residuals)

    def alone(v: dict[str, float]) -> float:
        return sum(v[c] / (k * k * n[c]) for c in classes)

    def alike(v: dict[str, float]) -> float:
        return sum(
            sum(sqrt(v[c]) * len(one.get(c, [])) / (k * n[c]) for c in classes) ** 2
            for one in persons.values()
        )

    spread = {c: p[c] * (1 - p[c]) for c in classes}
    a0, a1 = alone(spread), alike(spread)
    rho = min(1.0, max(0.0, (seen - a0) / (a1 - a0))) if a1 - a0 >= 1e-12 else 0.0
    failing = [w[g] for g, one in persons.items() if any(not all(faces) for faces in one.values())]
    e = sum(failing) ** 2 / sum(v * v for v in failing) if failing else 0.0
    rho = (e * rho + 6 * 0.5) / (e + 6)
    smooth = {c: q[c] * (1 - q[c]) for c in classes}
    variance = alone(smooth) + rho * max(0.0, alike(smooth) - alone(smooth))
    m = big_q * (1 - big_q) / variance
    f = Z * Z / m
    middle, half = (b + f / 2) / (1 + f), Z / (1 + f) * sqrt(b * (1 - b) / m + f / (4 * m))
    low, high = middle - half, middle + half
    if b >= 0.5:
        high = 1.0 if b == 1 else max(high, beta.ppf(0.975, b * m + 1, m - b * m))
    else:
        low = 0.0 if b == 0 else min(low, beta.ppf(0.025, b * m, m - b * m + 1))
    return b, max(0.0, low), min(1.0, high)


def figure(
    faces: Sequence[Predicted], by: str = "group", *, balanced: bool = False
) -> dict[str, float] | None:
    """The share of right faces, or the mean recall, with its interval and n."""
    if not faces:
        return None
    persons: dict[Any, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for number, face in enumerate(faces):
        unit = face.group if by == "group" else number
        persons[unit][face.truth if balanced else ""].append(face.right)
    value, low, high = interval(persons)
    return {"value": value, "low": low, "high": high, "n": len(faces)}


def recounted(faces: list[Predicted]) -> dict[str, Any]:
    """Every figure of a part of the metrics, by its path."""
    names = list(faces[0].probabilities)
    all_figures: dict[str, Any] = {"balanced_accuracy": figure(faces, balanced=True)}
    for name in names:
        truth = [face.truth == name for face in faces]
        scores = [face.probabilities[name] for face in faces]
        all_figures |= {
            f"per_class.{name}.recall": figure([face for face in faces if face.truth == name]),
            f"per_class.{name}.precision": figure([face for face in faces if face.label == name]),
            f"ranking.{name}.auc": {"value": roc_auc_score(truth, scores)},
            f"ranking.{name}.average_precision": {"value": average_precision_score(truth, scores)},
        }
    bins, error = reliability(faces)
    all_figures |= {f"calibration.bins.{i}.accuracy": one for i, one in enumerate(bins)}
    all_figures["calibration.after"] = {"value": error, "n": len(faces)}
    all_figures["calibration.before"] = {"n": len(faces)}  # the uncalibrated outputs are not stored
    for number, (by, inside) in enumerate(slices(faces)):
        of_one = by == "person" and inside[0].person is not None  # what it is about is their own faces
        all_figures[f"slices.{number}.accuracy"] = figure(inside, "face" if of_one else "group")
    return all_figures


def reliability(faces: list[Predicted]) -> tuple[list[dict[str, float] | None], float]:
    """The accuracy of each tenth of confidence that has faces, and the expected calibration error."""
    tenths: dict[int, list[Predicted]] = defaultdict(list)
    for face in faces:
        tenths[min(9, int(max(face.probabilities.values()) * 10))].append(face)
    error = 0.0
    for inside in tenths.values():
        confidence = sum(max(face.probabilities.values()) for face in inside)
        error += abs(sum(face.right for face in inside) - confidence) / len(faces)
    return [figure(tenths[tenth]) for tenth in sorted(tenths)], error


def slices(faces: list[Predicted]) -> Iterator[tuple[str, list[Predicted]]]:
    """Kinds of faces in the order of the page: by person, source, size, class and size, and confidence."""
    classes = list(faces[0].probabilities)

    def size(face: Predicted) -> str:
        return next((f"under {e} px" for e in (48, 96, 192) if face.longest < e), "192 px and more")

    def confidence(face: Predicted) -> str:
        if face.confidence is None:
            return "drawn"
        return next((f"under {e}" for e in (0.4, 0.6, 0.8) if face.confidence < e), "0.8 and more")

    kinds = {
        "person": lambda face: "nobody named" if face.person is None else str(face.person),
        "source": lambda face: face.source, "size": size,
        "class_size": lambda face: f"{classes.index(face.truth)} {size(face)}", "confidence": confidence,
    }  # fmt: skip
    for by, kind in kinds.items():
        found = sorted({kind(face) for face in faces})
        for name in found if len(found) > 1 else []:
            yield by, [face for face in faces if kind(face) == name]


def shown(part: Any, path: str = "") -> Iterator[tuple[str, dict[str, float] | None]]:
    """Every figure in a part of the metrics, with its path; a precision that is none is one, too."""
    if path.endswith("precision") or (isinstance(part, dict) and {"value", "low", "high"} <= set(part)):
        yield path, part
    elif isinstance(part, dict | list):
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            yield from shown(value, f"{path}.{key}".lstrip("."))


@pytest.fixture
def run(db: Session) -> Run:
    """A run on people with several faces of both classes, and on photos without a person."""
    pictures = draw_pictures(200)
    named = [replace(picture, person=f"Friend {n % 25}") for n, picture in enumerate(pictures[:100])]
    add_labelled_pictures(db, [*named, *pictures[100:]])
    for number, face in enumerate(db.scalars(select(Face))):
        face.source, face.confidence = (
            ("centerface", 0.35 + number % 3 * 0.15) if number % 2 else ("human", None)
        )
    db.execute(update(Photo).where(Photo.id % 3 == 0).values(tried_run_id=add_finished_run(db).id))
    db.commit()
    run = train_run(db)
    assert run.status == "done", run.error
    return run


def test_every_figure_is_what_the_outcomes_say(db: Session, run: Run, client: Client) -> None:
    metrics = figures_of(db, run)
    assert metrics is not None
    page = get_page(client("owner", "Grace"), f"/runs/{run.id}")
    for name, part in (("locked", "locked"), ("cross_validated", "fold")):
        faces, figures = predictions(db, run, part), metrics[name]
        assert figures["n"] == len(faces)
        assert figures["people"] == len({face.person for face in faces if face.person})
        assert figures["photos_without_person"] == len({face.photo for face in faces if not face.person})
        names = list(faces[0].probabilities)
        pairs = [[sum((f.truth, f.label) == (t, p) for f in faces) for p in names] for t in names]
        assert figures["confusion"] == pairs
        expected = recounted(faces)
        assert figures["ece"] == pytest.approx(expected["calibration.after"]["value"], abs=1e-5)
        found = dict(shown(figures))
        assert set(found) == set(expected)
        for path, figure_shown in found.items():
            if expected[path] is None:
                assert figure_shown is None, path
                continue
            assert figure_shown is not None
            for key, value in expected[path].items():
                assert figure_shown[key] == pytest.approx(value, abs=2e-5), (path, key)
            assert figure_shown["low"] <= figure_shown["value"] <= figure_shown["high"]
        whole = figures["balanced_accuracy"]
        text = f"{100 * whole['low']:.1f} % to {100 * whole['high']:.1f} %, n = {len(faces)}"
        assert text in page.replace("\xa0", " ").replace("%\u202f", "%"), "as the page has it"
    kept = [one for part in ("locked", "fold") for one in predictions(db, run, part) if one.tried]
    tried = metrics["tried"]
    assert (tried["n"], tried["people"]) == (len(kept), len({one.person for one in kept if one.person}))
    expected = {
        f"per_class.{name}.recall": figure([one for one in kept if one.truth == name]) for name in names
    }
    expected["balanced_accuracy"] = figure(kept, balanced=True)
    assert dict(shown(tried)) == {path: pytest.approx(value, abs=2e-5) for path, value in expected.items()}
    assert f"n = {len(kept)}" in page
