"""The model card (Mitchell et al. 2019, "Model Cards for Model Reporting") of a run, in Markdown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from db import classes
from db.base import now
from db.confidence_intervals import Interval
from db.messages import Message, sentence
from db.models import Run
from trainer.models.fit import FittedModel


@dataclass(frozen=True)
class Files:
    """Of the model's files, by form: SHA-256, and largest difference of a probability to the Keras model."""

    hashes: dict[str, str]
    differences: dict[str, float]


def render(session: Session, run: Run, fitted: FittedModel, metrics: dict[str, Any], files: Files) -> str:
    """The card in Markdown, with the names that classes have now."""
    names = classes.read(session).own_names

    def words(messages: list[Message] | None) -> list[str]:
        return [sentence(session, one) for one in messages or []]

    listed = ", ".join(names[id] for id in run.classes)
    sections = [
        f"# Second Look, run {run.id}\n\nMade {now():%Y-%m-%d %H:%M} UTC. Classes: {listed}.",
        _input(fitted.network.tight),
        f"## Data\n\nLearned from {_size(metrics['train'])}. Manifest `{run.manifest}`.",
        _figures(
            "Locked people, never learned from", metrics["locked"], words(metrics["locked_reason"]), names
        ),
        _figures(
            "Cross-validated on the people it learned from",
            metrics["cross_validated"],
            words(metrics["cross_validated_reason"]),
            names,
        ),
        _tried(metrics["tried"], words(metrics["tried_reason"]), names),
        _limits(words(metrics["warnings"])),
        "## Recipe\n\n" + "\n".join(f"- {name}: {value}" for name, value in run.recipe.items()),
        _files(fitted, files),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _input(tight: bool) -> str:
    cut = (
        "the face box without margin, squashed to"
        if tight
        else "the face box with 10 % margin on each side, where the photo has it, squashed to"
    )
    return (
        "## Input and output\n\n"
        f"RGB, {cut} 160 x 160, pixels scaled to [-1, 1] (value / 127.5 - 1), shape (n, 160, 160, 3). "
        "Out come calibrated probabilities in the order of the labels file."
    )


def _size(part: dict[str, int]) -> str:
    return (
        f"{part['n']} faces of {part['people']} people and of {part['photos_without_person']} photos without"
        " a person"
    )


def _figures(title: str, part: dict[str, Any] | None, obstacles: list[str], names: Mapping[int, str]) -> str:
    if part is None:
        return f"## {title}\n\n{' '.join(obstacles)}"
    lines = [
        f"## {title}",
        f"{_size(part)}. 95 % intervals in brackets.",
        f"Balanced accuracy {_interval(part['balanced_accuracy'])}; calibration error {part['ece']:.3f}.",
        "| class | recall | precision |\n|---|---|---|\n"
        + "\n".join(
            f"| {names[int(id)]} | {_interval(row['recall'])} | {_interval(row['precision'])} |"
            for id, row in part["per_class"].items()
        ),
    ]
    return "\n\n".join(lines)


def _tried(part: dict[str, Any] | None, reason: list[str], names: Mapping[int, str]) -> str:
    title = "## On photos kept after a try"
    if part is None:
        return f"{title}\n\n{' '.join(reason)}"
    lines = [
        title,
        f"{_size(part)}, by models that had not learned from them. They are chosen by hand, mostly because a"
        " model was wrong or to show something, so this says little about everyday use, which is usually"
        " easier.",
    ]
    if part["balanced_accuracy"]:
        lines.append(f"Balanced accuracy {_interval(part['balanced_accuracy'])}.")
    lines.append(
        "\n".join(
            f"- {names[int(id)]}: recall {_interval(row['recall'])}"
            for id, row in part["per_class"].items()
            if row["recall"]
        )
    )
    return "\n\n".join(lines)


def _limits(warnings: list[str]) -> str:
    limits = [f"- {warning}" for warning in warnings]
    limits.append(
        "- The figures hold for people and cameras like those in the data; elsewhere they can be far lower."
    )
    limits.append(
        "- It answers for any crop, also for one without a face; finding faces is the detector's part."
    )
    return "## Limits\n\n" + "\n".join(limits)


def _files(fitted: FittedModel, files: Files) -> str:
    lines = [
        f"- {form}: SHA-256 `{key}`" + _difference(files.differences.get(form))
        for form, key in files.hashes.items()
    ]
    return f"## Files\n\nBackbone `{fitted.network.id}`.\n\n" + "\n".join(lines)


def _difference(difference: float | None) -> str:
    return "" if difference is None else f", at most {difference:.1e} from the Keras model on checked crops"


def _interval(figure: Interval | None) -> str:
    if figure is None:
        return "no prediction"
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f}), n = {figure['n']}"
