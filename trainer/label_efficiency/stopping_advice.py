"""Forecast from the learning curve of the runs so far, and advice. Cheap enough for a page to call."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.confidence_intervals import Interval
from db.messages import Message
from db.models import Run
from trainer.label_efficiency.learning_curve import Advice, Forecast, advice


@dataclass(frozen=True)
class Point:
    """The model of a run that learned from so many labels, measured on today's locked faces."""

    run: int
    labels: int
    balanced_accuracy: Interval


@dataclass(frozen=True)
class Outlook:
    """Learning curve, forecast and advice, and labels saved as the newest run that counted them stored them.

    `obstacles` say what is missing for a curve.
    """

    points: list[Point]
    forecast: Forecast | None
    advice: Advice
    obstacles: list[Message]
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
    """From the learning curve of the newest run that has one."""
    newest = (
        select(Run.learning_curve).where(Run.learning_curve.is_not(None)).order_by(Run.id.desc()).limit(1)
    )
    curve = session.scalar(newest) or {}
    saved = curve.get("forecast")
    found = Forecast.from_dict(saved) if saved else None
    points = [Point(one["run"], one["labels"], one["balanced_accuracy"]) for one in curve.get("points", [])]
    return Outlook(points, found, advice(found), curve.get("obstacles", []), newest_saved(session))
