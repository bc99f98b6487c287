"""Forecast from the learning curve of the runs so far, and advice. Cheap enough for a page to call."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from db.models import Run
from trainer.label_efficiency.learning_curve import Advice, Forecast, advice, forecast

MAX_RUNS = 50
"""Newest runs that the curve is fitted to."""


@dataclass(frozen=True)
class Outlook:
    """Forecast and advice, and the labels saved as the newest run that counted them stored them."""

    forecast: Forecast | None
    advice: Advice
    saved: dict[str, Any] | None

    @property
    def significant_saving(self) -> dict[str, Any] | None:
        return significant_saving(self.saved)


def significant_saving(saved: dict[str, Any] | None) -> dict[str, Any] | None:
    """The labels saved if the whole interval lies on one side of 0; otherwise the value would mislead."""
    if not saved or "value" not in saved:
        return None
    return saved if saved["low"] > 0 or saved["high"] < 0 else None


def newest_saved(session: Session) -> dict[str, Any] | None:
    """Labels saved, or why there is no figure, as the newest run that counted them stored it."""
    return session.scalar(
        select(Run.labels_saved).where(Run.labels_saved.is_not(None)).order_by(Run.id.desc()).limit(1)
    )


def outlook(session: Session) -> Outlook:
    """From the runs comparable to the newest: same preset and classes, measured on the same part."""
    query = select(Run.metrics, Run.classes, Run.recipe)  # not the whole run, which takes 100 kB
    query = query.where(Run.status == "done", Run.metrics.is_not(None))
    runs = session.execute(query.order_by(Run.id.desc()).limit(MAX_RUNS)).all()
    points = [point for run in runs if (point := _point(run, runs[0])) is not None]
    curve = forecast([n for n, _ in points], [accuracy for _, accuracy in points])
    return Outlook(curve, advice(curve), newest_saved(session))


def _point(run: Row[Any], newest: Row[Any]) -> tuple[int, float] | None:
    """Labels the run learned from and its balanced accuracy; None where it is not comparable."""
    part = "locked" if newest.metrics["locked"] else "cross_validated"
    comparable = run.classes == newest.classes and run.recipe["preset"] == newest.recipe["preset"]
    figures = run.metrics[part] if comparable else None
    return (run.metrics["train"]["n"], figures["balanced_accuracy"]["value"]) if figures else None
