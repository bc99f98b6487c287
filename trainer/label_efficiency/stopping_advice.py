"""The learning curve of the runs so far, its forecast and what is advised from it. Light: pages call this."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from db.models import Run
from trainer.label_efficiency.learning_curve import Advice, Forecast, advice, forecast

LOOKED_BACK = 50
"""Newest runs that the curve goes through."""


@dataclass(frozen=True)
class Outlook:
    """`saved`: what the newest run that counted found (`trainer.savings`), figures or why there are none."""

    forecast: Forecast | None
    advice: Advice
    saved: dict[str, Any] | None

    @property
    def known(self) -> dict[str, Any] | None:
        """Labels saved, where that is known."""
        return known(self.saved)


def known(saved: dict[str, Any] | None) -> dict[str, Any] | None:
    """The figures where their whole interval is on one side of 0: else the value alone would mislead."""
    told = saved if saved and "value" in saved else None
    return told if told and (told["low"] > 0 or told["high"] < 0) else None


def newest_saved(session: Session) -> dict[str, Any] | None:
    """What the newest run that counted labels saved found."""
    return session.scalar(select(Run.saved).where(Run.saved.is_not(None)).order_by(Run.id.desc()).limit(1))


def outlook(session: Session) -> Outlook:
    """Through the runs that are like the newest one: of its recipe, its classes, measured as it was."""
    query = select(Run.metrics, Run.classes, Run.recipe)  # a whole run is 100 kB
    query = query.where(Run.status == "done", Run.metrics.is_not(None))
    runs = session.execute(query.order_by(Run.id.desc()).limit(LOOKED_BACK)).all()
    points = [point for run in runs if (point := _point(run, runs[0])) is not None]
    found = forecast([n for n, _ in points], [accuracy for _, accuracy in points])
    return Outlook(found, advice(found), newest_saved(session))


def _point(run: Row[Any], newest: Row[Any]) -> tuple[int, float] | None:
    """Labels it learned from and its balanced accuracy; None where it does not compare."""
    part = "locked" if newest.metrics["locked"] else "cross_validated"
    alike = run.classes == newest.classes and run.recipe["preset"] == newest.recipe["preset"]
    figures = run.metrics[part] if alike else None
    return (run.metrics["train"]["n"], figures["balanced_accuracy"]["value"]) if figures else None
