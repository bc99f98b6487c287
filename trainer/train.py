"""One run, from answers to a model that is live or was kept back with its reason."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import jobs
from db.base import now
from db.models import Face, Run
from db.storage import blobs
from trainer import backbone, crops, dataset, evaluate, export, promote, score
from trainer.embed import Features, Key, Wanted, features_of
from trainer.head import Data, Head, fit, fit_for
from trainer.recipe import Recipe

log = structlog.get_logger()

LEASE_SECONDS = 30
CHECKED_CROPS = 8
# Where each phase ends on the progress bar, from its share of a cold run on 200 faces.
PHASES = {"collect": 0.02, "embed": 0.55, "fit": 0.75, "validate": 0.82, "save": 0.92, "score": 0.98}


def train(session: Session, run_id: int, attempt: int, owner: str) -> None:
    """Do the run if it is ours to do. Whatever ends it, its row says how; the live model stays until then."""
    if not jobs.claim(session, Run, run_id, attempt, owner, LEASE_SECONDS):
        return
    run = session.get_one(Run, run_id, populate_existing=True)
    try:
        _Training(session, run).do()
    except jobs.LostLease:
        session.rollback()
        log.info("run_stopped", run=run_id)
    except Exception as error:
        session.rollback()
        log.exception("run_failed", run=run_id)
        _fail(session, run, error)
        raise


def _fail(session: Session, run: Run, error: Exception) -> None:
    try:
        jobs.write(
            session, run, 0, status="failed", finished_at=now(), error=f"{type(error).__name__}: {error}"
        )
        session.commit()
    except jobs.LostLease:
        log.info("run_was_not_ours_any_more", run=run.id)


@dataclass
class _Training:
    """The steps of one run; each writes its progress, and learns there if the run was cancelled."""

    session: Session
    run: Run
    seconds: dict[str, float] = field(default_factory=dict)
    curve: list[dict[str, Any]] = field(default_factory=list)

    def do(self) -> None:
        recipe = Recipe.of(self.run.recipe)
        with self._phase("collect") as say:
            data = dataset.collect(self.session, tuple(self.run.classes))
            everyone = score.faces_to_score(self.session)
            manifest = blobs().put(data.manifest())
            say(
                1.0,
                manifest=manifest,
                backbone=backbone.backbone_id(),
                started_at=self.run.started_at or now(),
            )
        with self._phase("embed") as say:
            features = features_of(self.session, _wanted(data, everyone, recipe), say)
            data = replace(data, rows=tuple(row for row in data.rows if (row.face_id, 0) in features))
        with self._phase("fit") as say:
            head, epochs = self._fit(data, features, recipe, say)
        with self._phase("validate") as say:
            metrics, head = self._measure(data, features, head, recipe, epochs, say)
        with self._phase("save"):
            files = self._save(data, features, head)
        with self._phase("score"):
            self._publish(data, features, head, metrics, files, everyone)

    @contextmanager
    def _phase(self, name: str) -> Iterator[Callable[..., None]]:
        names = list(PHASES)
        start = PHASES[names[names.index(name) - 1]] if name != names[0] else 0.0

        def say(share: float, **values: Any) -> None:
            progress = start + share * (PHASES[name] - start)
            jobs.write(self.session, self.run, LEASE_SECONDS, phase=name, progress=progress, **values)
            self.session.commit()

        began = time.monotonic()
        say(0.0)
        yield say
        self.seconds[name] = round(time.monotonic() - began, 3)

    def _fit(
        self, data: dataset.Dataset, features: dict[Key, Features], recipe: Recipe, say: Callable[..., None]
    ) -> tuple[Head, int]:
        learned, held_out = data.where("train"), None
        if len(set(data.labels[learned])) < len(data.classes):  # so few people that a class is all held out
            learned = data.where("train", "validation")
        elif data.where("validation").any():
            held_out = _examples(data, features, data.where("validation"), 1)
        training = _examples(data, features, learned, recipe.views)

        def on_epoch(number: int, figures: dict[str, float | None]) -> None:
            self.curve.append({"epoch": number} | figures)
            say(number / recipe.epochs, curve=list(self.curve))

        return fit(training, held_out, len(data.classes), recipe, on_epoch)

    def _measure(
        self,
        data: dataset.Dataset,
        features: dict[Key, Features],
        head: Head,
        recipe: Recipe,
        epochs: int,
        say: Callable[..., None],
    ) -> tuple[dict[str, Any], Head]:
        """Metrics of the run, and the head with the temperature that held-out logits ask for."""
        open_rows = data.where("train", "validation")
        logits = _out_of_fold(data, features, open_rows, recipe, epochs, say)
        labels, groups = data.labels, data.groups
        crossed = None
        if logits is not None:
            warmth = evaluate.temperature(labels[open_rows], logits)
            head = replace(head, temperature=warmth)
            chances = evaluate.softmax(logits / warmth)
            crossed = evaluate.measure(labels[open_rows], chances, groups[open_rows], data.classes)
        locked, reason = locked_figures(data, features, head)
        metrics = {
            "locked": locked,
            "locked_reason": reason,
            "cross_validated": crossed,
            "train": {"n": int(open_rows.sum()), "people": len(np.unique(groups[open_rows]))},
        }
        return metrics, head

    def _save(self, data: dataset.Dataset, features: dict[Key, Features], head: Head) -> dict[str, str]:
        litert = export.litert_bytes(head)
        some = [row.face_id for row in data.rows[:: max(1, len(data.rows) // CHECKED_CROPS)]][:CHECKED_CROPS]
        expected = head.probabilities(np.stack([features[id, 0] for id in some]))
        export.check(litert, [_crop(self.session, id) for id in some], expected)
        return {"keras_blob": blobs().put(export.keras_bytes(head)), "litert_blob": blobs().put(litert)}

    def _publish(
        self,
        data: dataset.Dataset,
        features: dict[Key, Features],
        head: Head,
        metrics: dict[str, Any],
        files: dict[str, str],
        everyone: list[tuple[int, int]],
    ) -> None:
        """Scores, verdict and the switch of the live model in one commit: all of it or nothing."""
        live = promote.workbench(self.session).live_run
        rival = locked_figures(data, features, Head.of(live.head))[0] if live and live.head else None
        good, reason = promote.verdict(metrics["locked"], rival, first=live is None)
        if good:
            score.store_scores(self.session, self.run, head, everyone, features)
        metrics["seconds"] = self.seconds
        done = {"status": "done", "phase": "done", "progress": 1.0, "finished_at": now(), "reason": reason}
        jobs.write(self.session, self.run, 0, metrics=metrics, head=head.as_dict(), **done, **files)
        if good:
            promote.make_live(self.session, self.run, reason)
        self.session.commit()


def locked_figures(
    data: dataset.Dataset, features: dict[Key, Features], head: Head
) -> tuple[dict[str, Any] | None, str | None]:
    """The head's figures on the locked faces, or None and the reason in words."""
    rows = data.where("locked")
    labels, groups = data.labels[rows], data.groups[rows]
    reason = evaluate.too_small(labels, groups, data.classes)
    if reason is not None:
        return None, reason
    chances = head.probabilities(_examples(data, features, rows, 1).features)
    return evaluate.measure(labels, chances, groups, data.classes), None


def _wanted(data: dataset.Dataset, everyone: list[tuple[int, int]], recipe: Recipe) -> list[Wanted]:
    learned = {row.face_id for row in data.rows if row.split != "locked"}
    return [Wanted(id, recipe.views if id in learned else 1) for id, _ in everyone]


def _examples(
    data: dataset.Dataset, features: dict[Key, Features], rows: NDArray[np.bool_], views: int
) -> Data:
    """Features and labels of the chosen rows, each in its first `views` views."""
    labels = data.labels
    keys = [(data.rows[i].face_id, view, labels[i]) for i in np.flatnonzero(rows) for view in range(views)]
    present = [(features[id, view], label) for id, view, label in keys if (id, view) in features]
    stacked = (
        np.stack([one for one, _ in present]) if present else np.empty((0, backbone.FEATURES), np.float32)
    )
    return Data(stacked, np.array([label for _, label in present], np.int64))


def _out_of_fold(
    data: dataset.Dataset,
    features: dict[Key, Features],
    rows: NDArray[np.bool_],
    recipe: Recipe,
    epochs: int,
    say: Callable[..., None],
) -> NDArray[np.float32] | None:
    """Logits (n, classes) for each chosen row from a head that saw nobody of its group; None if one group."""
    index = np.flatnonzero(rows)
    labels, groups = data.labels[index], data.groups[index]
    folds = min(recipe.folds, len(np.unique(groups)))
    if folds < 2:
        return None
    logits = np.zeros((len(index), len(data.classes)), np.float32)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=recipe.seed)
    for number, (inside, outside) in enumerate(splitter.split(index, labels, groups), start=1):
        chosen = np.zeros(len(data.rows), bool)
        chosen[index[inside]] = True
        head = fit_for(_examples(data, features, chosen, recipe.views), len(data.classes), recipe, epochs)
        logits[outside] = head.logits(np.stack([features[data.rows[i].face_id, 0] for i in index[outside]]))
        say(number / folds)
    return logits


def _crop(session: Session, face_id: int) -> NDArray[np.uint8]:
    face = session.scalars(select(Face).where(Face.id == face_id)).one()
    return crops.crop(crops.decode(blobs().get(face.photo.blob)), face.box)
